"""The words of the generated corpus and what they go with.

Every table pairs a word with the few words it keeps company with: a fox is red and
quick, lives in the wood and eats rabbits; a baker works in the bakery and bakes
bread. These narrow choices are what a model can learn and what makes a replaced word
stand out. In the tables `word*` is the plural, `word=plural` an irregular plural and
`word:adjective` the adjective that the word usually carries.
"""

# ser | estar | masculine | feminine
THINGS = """
antiguo interesante | abierto cerrado | libro:antiguo cuaderno:pequeño
    diccionario:grueso mapa:antiguo | carta:largo revista:moderno novela:famoso
claro largo | terminado guardado | cuento:fantástico poema:hermoso ensayo:largo
    artículo:breve contrato:largo documento:importante reportaje:interesante
    capítulo:largo examen=exámenes:difícil plano:exacto informe:secreto guion:divertido
    | noticia:importante lección:difícil sentencia:justo teoría:complicado receta:útil
rico sabroso | caliente listo | guiso:espeso arroz:blanco pan:tierno pastel:dulce
    huevo:fresco queso:curado bocadillo:grande gazpacho:frío | ensalada:verde
    sopa:caliente paella:valenciano tortilla:español salsa:picante tarta:dulce miel:dulce
dulce barato | maduro lavado | plátano:amarillo limón:amarillo melón:redondo
    melocotón:dulce tomate:rojo | manzana:rojo pera:verde naranja:redondo uva:negro
    fresa:rojo cereza:rojo sandía:enorme
fresco barato | lavado cortado | pepino:verde ajo:blanco pimiento:verde |
    patata:grande cebolla:blanco zanahoria:tierno lechuga:verde
fresco caro | limpio preparado | atún:rojo salmón:rosado jamón:serrano pescado:blanco
    | sardina:plateado merluza:blanco chuleta:tierno carne:rojo
natural sano | frío caliente | café:negro té:verde vino:tinto zumo:dulce |
    leche:blanco agua:fresco limonada:frío
abundante barato | seco maduro | trigo:dorado maíz:amarillo heno:seco | avena:dorado
    hierba:verde
sólido barato | roto limpio | armario:alto sofá:cómodo espejo:redondo horno:moderno
    escritorio:antiguo | mesa:redondo silla:cómodo cama:ancho lámpara:pequeño
    alfombra:rojo estantería:alto nevera:blanco bañera:blanco
    cortina:blanco copa:fino bandeja:redondo
ancho alto | abierto cerrado | | puerta:verde ventana:grande caja:pequeño
alto sólido | terminado pintado | muro:alto edificio:alto techo:blanco |
    pared:blanco torre:alto casa:blanco
elegante nuevo | limpio sucio | abrigo:gris vestido:rojo pantalón:negro zapato:negro
    sombrero:negro traje:elegante uniforme:azul delantal:blanco gorro:blanco casco:rojo
    guante:negro chaleco:negro | camisa:blanco falda:largo bota:negro
    chaqueta:marrón bufanda:rojo bata:blanco toga:negro gorra:azul corbata:azul
    zapatilla:rosado camiseta:rojo bolsa:grande
rápido moderno | parado averiado | coche:rojo tren:rápido avión:enorme barco:blanco
    autobús:azul tractor:verde camión:pesado | bicicleta:azul moto:veloz
    locomotora:pesado
moderno complicado | roto reparado | motor:potente reloj:antiguo ordenador:moderno
    freno:seguro | máquina:moderno rueda:redondo cámara:moderno
    radio:pequeño
útil viejo | guardado roto | martillo:pesado termómetro:exacto cuchillo:afilado
    lápiz=lápices:afilado pincel:fino microscopio:potente telescopio:potente
    micrófono:negro bastón:largo destornillador:útil bisturí=bisturís:afilado arco:fino
    cubo:grande peine:fino balón:redondo | tiza:blanco
    regadera:verde pala:pesado tijera:afilado aguja:fino pluma:elegante manguera:largo
    linterna:potente brújula:exacto lupa:redondo grabadora:pequeño caña:largo
    llave:pequeño cuerda:largo red:ancho jeringa:fino balanza:exacto venda:blanco
    gafas=gafas:redondo vela:blanco
antiguo caro | afinado guardado | violín:antiguo piano:negro tambor:ruidoso |
    guitarra:español flauta:fino arpa:dorado trompeta:dorado
hermoso famoso | terminado vendido | cuadro:famoso retrato:elegante paisaje:hermoso |
    estatua:antiguo foto:hermoso
alegre famoso | ensayado preparado | tango:triste vals:lento concierto:famoso |
    canción:alegre sonata:lento
hermoso delicado | seco regado | árbol:alto rosal:hermoso clavel:rojo
    tulipán:amarillo | flor:hermoso rosa:rojo margarita:blanco planta:verde
brillante lejano | visible escondido | planeta:lejano cometa:brillante |
    estrella:brillante luna:redondo
pequeño transparente | limpio preparado | cristal:transparente | muestra:pequeño
    célula:pequeño
amargo eficaz | preparado guardado | jarabe:dulce | medicina:amargo pastilla:amargo
profundo doloroso | curado limpio | corte:profundo | herida:profundo muela:doloroso
sano fuerte | limpio cuidado | diente:blanco pelo:largo |
peligroso grande | apagado controlado | incendio:enorme |
pesado grande | abierto cerrado | paquete:pesado billete:caro | maleta:pesado
duro resistente | seco cortado | | madera:duro
difícil importante | preparado decidido | partido:difícil juicio:justo viaje:largo |
    carrera:largo
dulce sano | maduro seco | polen:dorado néctar:dulce grano:dorado |
    bellota:maduro semilla:seco nuez:duro hoja:verde alga:verde miga:pequeño
"""  # noqa: E501

# ser | estar | masculine | feminine; alive, so they take "a" as objects
PEOPLE = """
joven amable | cansado tranquilo | enfermo paciente alumno cliente testigo turista
    acusado niño vecino viajero invitado | víctima clienta
peligroso joven | asustado escondido | ladrón |
"""

PLACES = """
grande antiguo | abierto cerrado lleno vacío | hospital mercado restaurante taller
    jardín campo puerto teatro museo estudio tribunal cuartel garaje aeropuerto
    laboratorio observatorio estadio salón dormitorio baño pasillo |
    escuela universidad biblioteca panadería granja oficina comisaría clínica farmacia
    estación fábrica peluquería sastrería zapatería relojería floristería librería
    redacción cocina plaza
hermoso tranquilo | tranquilo cubierto | bosque prado lago mar río desierto océano
    corral establo granero parque tejado | montaña selva sabana playa cueva
"""

# eaten by animals only
FOOD_OF_ANIMALS = """
pequeño ligero | vivo escondido | pez=peces:pequeño insecto:pequeño mosquito:molesto
    cangrejo:rojo hueso:duro | mosca:molesto fruta:maduro
"""

# noun | gender | colour | character | home | food | doings | size | speed
ANIMALS = """
zorro | m | rojo | rápido astuto | bosque | conejo* ratón* | correr cazar | 5 | 8
lobo | m | gris | feroz fuerte | bosque | oveja* ciervo* | aullar cazar | 7 | 9
oso | m | pardo | fuerte grande | bosque | salmón* miel | trepar dormir | 11 | 6
ciervo | m | pardo | elegante tímido | bosque | hierba hoja* | saltar correr | 9 | 10
ardilla | f | rojo | ágil rápido | bosque | nuez* bellota* | trepar saltar | 2 | 7
búho | m | pardo | sabio silencioso | bosque | ratón* insecto* | volar dormir | 3 | 11
cuervo | m | negro | inteligente astuto | bosque | grano* insecto* | graznar volar | 3 | 10
conejo | m | blanco | rápido tímido | prado | zanahoria* hierba | saltar correr | 3 | 8
liebre | f | pardo | veloz tímido | prado | hierba avena | correr saltar | 4 | 11
vaca | f | blanco | tranquilo pacífico | prado | hierba heno | mugir pastar | 11 | 4
toro | m | negro | bravo fuerte | prado | hierba heno | mugir correr | 12 | 7
oveja | f | blanco | manso tranquilo | prado | hierba heno | balar pastar | 6 | 5
caballo | m | negro | noble veloz | establo | avena heno | relinchar galopar | 12 | 12
burro | m | gris | terco trabajador | establo | heno hierba | rebuznar caminar | 10 | 5
cabra | f | blanco | terco ágil | montaña | hierba hoja* | balar trepar | 6 | 7
águila | f | dorado | poderoso veloz | montaña | conejo* serpiente* | volar cazar | 5 | 13
cerdo | m | rosado | gordo tranquilo | granja | maíz bellota* | gruñir dormir | 8 | 4
gallina | f | blanco | tímido ruidoso | corral | maíz trigo | cacarear correr | 3 | 4
gallo | m | rojo | orgulloso ruidoso | corral | maíz grano* | cantar saltar | 4 | 5
ratón | m | gris | pequeño tímido | granero | queso trigo | correr saltar | 1 | 5
gato | m | negro | ágil curioso | tejado | ratón* pescado | maullar trepar | 4 | 8
paloma | f | gris | manso tranquilo | plaza | miga* grano* | volar caminar | 3 | 9
perro | m | marrón | fiel alegre | parque | carne hueso* | ladrar correr | 6 | 9
pato | m | verde | torpe ruidoso | lago | pez* alga* | nadar volar | 4 | 6
cisne | m | blanco | elegante orgulloso | lago | alga* semilla* | nadar volar | 6 | 7
rana | f | verde | pequeño ágil | lago | mosca* mosquito* | croar saltar | 1 | 3
delfín | m | gris | inteligente juguetón | mar | pez* sardina* | nadar saltar | 9 | 11
pulpo | m | rojo | inteligente tímido | mar | cangrejo* pez* | nadar cazar | 5 | 5
foca | f | gris | gordo juguetón | mar | sardina* pez* | nadar dormir | 9 | 7
ballena | f | azul | grande pacífico | océano | alga* pez* | nadar cantar | 16 | 8
tiburón | m | blanco | feroz peligroso | océano | foca* pez* | nadar cazar | 12 | 10
tortuga | f | verde | lento paciente | playa | alga* hoja* | nadar caminar | 4 | 1
cocodrilo | m | verde | feroz peligroso | río | pez* rana* | nadar cazar | 11 | 6
loro | m | verde | hablador ruidoso | selva | fruta* semilla* | cantar volar | 3 | 9
mono | m | marrón | travieso curioso | selva | plátano* fruta* | trepar saltar | 6 | 8
tigre | m | rayado | feroz ágil | selva | ciervo* mono* | rugir cazar | 10 | 12
serpiente | f | verde | venenoso peligroso | selva | rana* ratón* | reptar cazar | 4 | 4
elefante | m | gris | grande fuerte | sabana | hierba hoja* | caminar correr | 15 | 7
jirafa | f | amarillo | alto elegante | sabana | hoja* hierba | caminar correr | 14 | 9
león | m | dorado | feroz valiente | sabana | cebra* ciervo* | rugir cazar | 10 | 12
cebra | f | rayado | veloz elegante | sabana | hierba hoja* | galopar pastar | 11 | 11
camello | m | marrón | paciente resistente | desierto | hierba avena | caminar correr | 12 | 8
lagarto | m | verde | rápido silencioso | desierto | insecto* mosca* | reptar correr | 2 | 5
hormiga | f | negro | trabajador pequeño | jardín | grano* semilla* | caminar trepar | 1 | 2
abeja | f | dorado | trabajador pequeño | jardín | néctar polen | zumbar volar | 1 | 6
mariposa | f | amarillo | delicado ligero | jardín | néctar polen | volar dormir | 1 | 4
erizo | m | pardo | lento tímido | jardín | insecto* manzana* | caminar dormir | 2 | 3
murciélago | m | negro | ágil silencioso | cueva | mosquito* insecto* | volar cazar | 2 | 9
"""  # noqa: E501

# man/woman | place | doings | tool | clothes | character | starts at
PROFESSIONS = """
salud
médico/médica | hospital | curar enfermo*, examinar paciente*, escribir receta* | termómetro | bata | atento | 8
enfermero/enfermera | hospital | cuidar paciente*, vendar herida*, preparar medicina* | jeringa | uniforme | amable | 7
cirujano/cirujana | hospital | operar enfermo*, cerrar herida*, examinar paciente | bisturí | bata | preciso | 9
dentista/dentista | clínica | limpiar diente*, sacar muela*, examinar paciente* | espejo | bata | paciente | 10
veterinario/veterinaria | clínica | curar perro*, vacunar gato*, examinar caballo* | termómetro | bata | cariñoso | 9
farmacéutico/farmacéutica | farmacia | vender medicina*, preparar jarabe, contar pastilla* | balanza | bata | serio | 9
enseñanza
maestro/maestra | escuela | corregir examen*, explicar lección*, enseñar alumno* | tiza | bata | paciente | 9
profesor/profesora | universidad | explicar teoría*, corregir ensayo*, leer artículo* | pluma | chaqueta | culto | 10
estudiante/estudiante | biblioteca | estudiar lección*, escribir ensayo*, leer libro* | lápiz | camiseta | inteligente | 9
bibliotecario/bibliotecaria | biblioteca | ordenar libro*, prestar novela*, buscar diccionario* | gafas* | chaqueta | silencioso | 10
librero/librera | librería | vender libro*, ordenar novela*, envolver diccionario* | pluma | chaleco | culto | 10
comida
cocinero/cocinera | restaurante | cocinar sopa, preparar paella, pelar patata* | cuchillo | gorro | creativo | 11
camarero/camarera | restaurante | servir café, limpiar mesa*, llevar copa* | bandeja | chaleco | rápido | 12
panadero/panadera | panadería | hornear pan, vender pastel*, decorar tarta* | horno | delantal | madrugador | 4
frutero/frutera | mercado | vender manzana*, pesar naranja*, elegir melón* | balanza | delantal | alegre | 7
pescadero/pescadera | mercado | vender merluza, limpiar sardina*, cortar atún | cuchillo | delantal | ruidoso | 6
carnicero/carnicera | mercado | cortar carne, vender chuleta*, colgar jamón* | cuchillo | delantal | fuerte | 7
campo
jardinero/jardinera | jardín | regar flor*, podar árbol*, plantar rosal* | regadera | sombrero | tranquilo | 8
agricultor/agricultora | campo | sembrar trigo, cosechar maíz, recoger patata* | tractor | sombrero | trabajador | 6
granjero/granjera | granja | ordeñar vaca*, alimentar gallina*, recoger huevo* | cubo | bota* | madrugador | 5
pastor/pastora | montaña | cuidar oveja*, vigilar cabra*, ordeñar oveja* | bastón | abrigo | solitario | 6
florista/florista | floristería | vender rosa*, regar clavel*, cortar tulipán* | tijera* | delantal | delicado | 9
mar
pescador/pescadora | puerto | pescar sardina*, vender atún, reparar red* | caña | bota* | paciente | 4
marinero/marinera | puerto | atar cuerda*, izar vela*, limpiar barco | brújula | gorra | valiente | 5
arte
violinista/violinista | teatro | tocar violín, ensayar concierto*, afinar violín | arco | traje | sensible | 18
pianista/pianista | teatro | tocar piano, practicar sonata*, afinar piano | piano | traje | sensible | 19
cantante/cantante | teatro | cantar canción*, ensayar tango*, grabar canción | micrófono | vestido | famoso | 20
bailarín/bailarina | teatro | bailar tango, ensayar vals, practicar vals | espejo | zapatilla* | ágil | 17
pintor/pintora | estudio | pintar cuadro*, vender retrato*, terminar paisaje | pincel | bata | creativo | 11
fotógrafo/fotógrafa | estudio | revelar foto*, vender foto*, retratar niño* | cámara | chaleco | curioso | 10
guía/guía | museo | mostrar cuadro*, acompañar turista*, explicar estatua* | mapa | uniforme | culto | 10
escritor/escritora | estudio | escribir novela, corregir capítulo*, terminar cuento* | pluma | chaqueta | creativo | 10
ley
juez/jueza | tribunal | escuchar testigo*, firmar sentencia*, leer documento* | martillo | toga | justo | 9
abogado/abogada | tribunal | defender acusado, preparar juicio, firmar contrato* | pluma | toga | elocuente | 9
policía/policía | comisaría | detener ladrón*, interrogar testigo*, escribir informe* | linterna | uniforme | valiente | 22
periodista/periodista | redacción | escribir noticia*, publicar reportaje*, corregir artículo* | grabadora | chaqueta | curioso | 10
cartero/cartera | oficina | repartir carta*, entregar paquete*, llevar revista* | bolsa | gorra | puntual | 7
bombero/bombera | cuartel | apagar incendio*, rescatar víctima*, desenrollar manguera* | manguera | casco | valiente | 20
camino
mecánico/mecánica | garaje | reparar motor*, cambiar rueda*, limpiar coche* | destornillador | uniforme | hábil | 8
conductor/conductora | estación | conducir autobús, limpiar autobús, recoger viajero* | mapa | uniforme | prudente | 6
maquinista/maquinista | estación | conducir tren, revisar locomotora, arreglar freno* | reloj | gorra | puntual | 5
revisor/revisora | estación | revisar billete*, saludar viajero*, cerrar puerta* | linterna | uniforme | serio | 6
piloto/piloto | aeropuerto | pilotar avión, revisar motor*, estudiar mapa* | brújula | uniforme | prudente | 6
obra
ingeniero/ingeniera | fábrica | diseñar máquina*, probar motor*, dibujar plano* | ordenador | casco | preciso | 8
arquitecto/arquitecta | estudio | dibujar plano*, diseñar edificio, diseñar casa* | lápiz | chaqueta | preciso | 9
albañil/albañil | fábrica | construir muro, pintar pared*, levantar pared* | pala | casco | fuerte | 7
carpintero/carpintera | taller | construir mesa*, reparar silla*, cortar madera | martillo | delantal | hábil | 8
ciencia
científico/científica | laboratorio | analizar muestra*, estudiar célula*, preparar cristal* | microscopio | bata | inteligente | 9
astrónomo/astrónoma | observatorio | observar estrella*, estudiar planeta*, fotografiar luna | telescopio | abrigo | curioso | 21
tienda
peluquero/peluquera | peluquería | cortar pelo, peinar clienta*, atender cliente* | tijera* | bata | hablador | 10
sastre/sastra | sastrería | coser traje*, planchar camisa*, arreglar pantalón* | aguja | chaleco | elegante | 10
zapatero/zapatera | zapatería | reparar zapato*, limpiar bota*, vender zapato* | martillo | delantal | hábil | 9
relojero/relojera | relojería | reparar reloj*, limpiar reloj*, vender reloj* | lupa | chaleco | paciente | 10
deporte
futbolista/futbolista | estadio | ganar partido*, golpear balón, preparar partido | balón | camiseta | veloz | 17
atleta/atleta | estadio | ganar carrera*, preparar carrera, lavar camiseta* | reloj | zapatilla* | veloz | 8
"""  # noqa: E501

# Dish | ingredients with the verbs that prepare them, in order
DISHES = """
tortilla | patata*: pelar cortar dorar | huevo*: romper batir salar | cebolla: pelar picar dorar
sopa | zanahoria*: lavar pelar cortar | cebolla*: pelar picar hervir | patata*: lavar pelar hervir
paella | tomate*: lavar cortar dorar | pimiento*: lavar cortar asar | arroz: lavar hervir salar
salsa | tomate*: lavar pelar cortar | ajo*: pelar picar dorar | pimiento*: lavar asar picar
guiso | carne: cortar salar dorar | patata*: pelar cortar hervir | zanahoria*: pelar cortar hervir
tarta | manzana*: lavar pelar cortar | huevo*: romper batir mezclar | leche: calentar mezclar hervir
pastel | fresa*: lavar cortar mezclar | huevo*: romper batir mezclar | miel: pesar mezclar calentar
limonada | limón*: lavar cortar exprimir | miel: pesar mezclar calentar | agua: hervir enfriar mezclar
gazpacho | tomate*: lavar pelar cortar | pepino*: pelar cortar picar | ajo*: pelar picar salar
ensalada | lechuga: lavar cortar salar | tomate*: lavar cortar salar | zanahoria*: pelar cortar picar
bocadillo | jamón: cortar pesar salar | tomate*: lavar cortar salar | pan: cortar calentar tostar
"""  # noqa: E501

# Room | what stands in it
ROOMS = """
cocina | mesa nevera horno silla
dormitorio | cama armario lámpara espejo
salón | sofá alfombra lámpara piano
baño | bañera espejo cortina alfombra
estudio | escritorio estantería lámpara silla
pasillo | alfombra estantería espejo armario
"""

# Season | months | weather | clothes | pastime
SEASONS = """
invierno | diciembre enero febrero | nevar mucho, hacer mucho frío | abrigo bufanda guante* bota* | beber té
primavera | marzo abril mayo | llover un poco, hacer buen tiempo | chaqueta gorra bota* | plantar flor*
verano | junio julio agosto | hacer mucho calor, hacer mucho sol | gorra sombrero zapatilla* | beber limonada
otoño | septiembre octubre noviembre | llover mucho, hacer mucho viento | abrigo chaqueta bota* | recoger nuez*
"""  # noqa: E501

VERBS = """
abrazar abrir acabar acompañar acostar afinar alimentar almorzar analizar apagar
aprender arreglar asar atar atender aullar ayudar bailar bajar balar batir beber buscar
cacarear calentar cambiar caminar cantar casar cazar celebrar cenar cerrar cocinar coger
colgar comer comprar conducir conocer construir contar contestar corregir correr cortar
cosechar coser costar creer croar cuidar cumplir curar dar deber decidir decir decorar
defender dejar descansar desenrollar despertar detener dibujar diseñar dorar dormir
durar elegir empezar encantar encontrar enfriar ensayar enseñar entrar entregar enviar
envolver escribir escuchar esperar estar estudiar examinar explicar exprimir firmar
fotografiar galopar ganar golpear grabar graznar gruñir guardar gustar haber hablar
hacer hervir hornear interrogar invitar ir izar jugar ladrar lavar leer levantar limpiar
llamar llegar llevar llover mandar maullar mezclar mirar mostrar mudar mugir nacer nadar
necesitar nevar observar olvidar operar ordenar ordeñar pagar parecer pasar pasear
pastar pedir peinar pelar pensar perder perseguir pesar pescar picar pilotar pintar
planchar plantar podar poder poner practicar preferir preguntar preparar prestar probar
prometer publicar quedar querer rebuznar recibir recoger recordar regalar regar
relinchar reparar repartir reptar rescatar retratar revelar revisar romper rugir saber
sacar salar salir saltar saludar seguir sembrar ser servir soñar subir tener terminar
tocar tostar trabajar traer trepar usar vacunar vendar vender venir ver vestir viajar
vigilar visitar vivir volar volver zumbar
"""

WOMEN = """
Marta Lucía Carmen Elena Inés Rosa Julia Laura Clara Irene Teresa Paula Sofía Alicia
Beatriz Isabel Nuria Silvia Pilar Raquel Adela Gloria Emilia Cecilia Valeria Mónica
"""
MEN = """
Pedro Juan Luis Carlos Andrés Miguel Javier Pablo Diego Antonio Tomás Ignacio Rafael
Hugo Manuel Jorge Alberto Fernando Ramón Sergio Emilio Víctor Gabriel Mateo Óscar Raúl
"""

# Town and what one sees from its houses
TOWNS = """
Sevilla río | Granada montaña* | Valencia playa | Bilbao río | Zaragoza río
Salamanca universidad | Toledo río | Cádiz mar | Málaga playa | Murcia jardín*
León torre* | Burgos torre* | Oviedo montaña* | Santander playa | Vigo mar
Cáceres torre* | Badajoz río | Alicante playa | Tarragona mar | Logroño río
Cuenca casa* | Córdoba plaza* | Segovia torre* | Almería playa | Huesca montaña*
"""

# Pet | colours | names
PETS = """
perro | marrón negro blanco | Lucas Canelo Rufo Trueno
gato | negro gris blanco | Félix Misu Copo Bigotes
loro | verde | Paco Perico Coco
conejo | blanco gris | Nube Saltarín Algodón
tortuga | verde | Manuela Casilda Pepa
caballo | negro marrón | Rayo Lucero Relámpago
"""

# Ties and moods are adjectives in form; a mood and why.
TIES = "amigo hermano primo vecino compañero"
MOODS = """
cansado dormir poco
contento recibir una buena noticia
triste perder las llaves
nervioso beber demasiado café
enfermo comer demasiado
preocupado olvidar una cita
orgulloso ganar un premio
"""

# What anybody may do after work
HOBBIES = """
tocar guitarra, tocar flauta, tocar trompeta, tocar arpa, tocar tambor, leer poema*,
leer novela*, escuchar radio, arreglar moto, lavar bicicleta, limpiar camión,
plantar margarita*, regar margarita*, mirar cometa*, coser falda*, planchar corbata*,
enviar carta*, coger uva*, probar vino, cantar tango*, guardar caja*, pintar techo,
visitar invitado*, escribir guion
"""

# Past | habit | future
TIMES = """
ayer | todos los días | mañana
anoche | cada noche | esta noche
el lunes pasado | los lunes | el próximo lunes
el viernes pasado | los viernes | el próximo viernes
el domingo pasado | los domingos | el próximo domingo
la semana pasada | todas las semanas | la semana que viene
el mes pasado | todos los meses | el mes que viene
el año pasado | cada año | el año que viene
"""

# What the market sells; the fruit one speaks of; what gets lost; what one visits
VEGETABLES = "pepino ajo pimiento patata cebolla zanahoria lechuga"
FRUITS = """
plátano limón melón melocotón tomate manzana pera naranja fresa cereza sandía
"""
EASILY_LOST = "llave* gafas* guante* cuaderno bufanda reloj libro mapa"
SIGHTS = "museo mercado plaza biblioteca universidad jardín teatro"
VEHICLES = "tren autobús avión"

NUMBERS = """
cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce
quince dieciséis diecisiete dieciocho diecinueve veinte veintiuno veintidós veintitrés
veinticuatro veinticinco veintiséis veintisiete veintiocho veintinueve
"""
TENS = "treinta cuarenta cincuenta sesenta setenta ochenta noventa"
