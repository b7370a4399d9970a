"""The sentences of the generated corpus that belong to a scene.

`grammar` explains the notation and combines the scenes into documents.
"""

BEASTS = """
~{beast} {colour@beast} {ser@beast} muy {btrait@beast}.
{beast} {colour@beast} {ser@beast} muy {btrait@beast}.
~{beast} {colour@beast} {ser@beast} {kind.a} muy {btrait@kind}.
~{beast} {vivir@beast} en {home} y {comer@beast} {food.word}, mientras que {rival} {comer@rival} {rfood.word}.
~{beast} {colour@beast} {act@beast} y {act2@beast} en {home}, y {rival} {ract@rival} en {rhome}.
~{beast} {ser@beast} {colour@beast} y {rival} {ser@rival} {rcolour@rival}.
~{beast} {comer@beast} {food.word}, pero {rival} {comer@rival} {rfood.word}.
~{beast} {vivir@beast} en {home} y {rival} {vivir@rival} en {rhome}.
~{beast} {ser@beast} {kind.a} {btrait@kind}, mientras que {rival} {ser@rival} {rtrait@rival}.
~{beast}, que {ser@beast} {colour@beast}, {comer@beast} {food.word}; {rival}, que {ser@rival} {rcolour@rival}, {comer@rival} {rfood.word}.
~{beast} {saber@beast} {act.inf} y {rival} {saber@rival} {ract.inf}.
~{beast} {colour@beast} {act@beast} y {comer@beast} {food.word}, pero {rival} {rcolour@rival} {ract@rival} y {comer@rival} {rfood.word}.
~en {home} {vivir@beast} {beast} {colour@beast}, que {comer@beast} {food.word}, y en {rhome} {vivir@rival} {rival}.
~en {home} no {vivir@farbeast} {farbeast}, que {ser@farbeast} {farcolour@farbeast}, sino {beast}, que {ser@beast} {colour@beast}.
~{swift} {ser@swift} más {rápido@swift} que {slow}.
~{large} {ser@large} más {grande@large} que {small}.
~{beast} que {vivir@beast} en {home} {ser@beast} muy {btrait@beast} y {rival} {ser@rival} muy {rtrait@rival}.
~cuando {tener@beast} hambre, {beast} {colour@beast} {buscar@beast} {food.word} en {home}, y {rival} {buscar@rival} {rfood.word}.
~si {beast} no {encontrar@beast} {food.word}, {comer@beast} {food2.word}, y {rival} {comer@rival} {rfood.word}.
—¿Qué {comer@beast} {beast}? —{preguntar@friend} {friendname}. —{^comer@beast} {food.word} y {food2.word} —{contestar@hero} {name}.
¿Dónde {vivir@beast} {beast} {colour@beast}? {^beast} {vivir@beast} en {home} y {rival} en {rhome}.
—¡Qué {btrait@beast} {ser@beast} {beast} {colour@beast}! —{decir@hero} {name}.
{^past} había {count} {beasts.word} {colour@beasts} en {home}.
Hay {count} {beasts.word} en {home}: {ser@beasts} {colour@beasts} y muy {btrait@beasts}.
A {name} le {gustar@beast} {beast} porque {ser@beast} {btrait@beast}.
A {friendname} le {gustar@beast} {beast} {colour@beast}, pero a {name} le {gustar@rival} {rival}.
{^past} {name} {ver@hero.past} {count} {beasts.word} {colour@beasts} en {home}.
Cuando {name} {llegar@hero.past}, {beasts} {colour@beasts} {estar@beasts.imp} {act.ger}.
{name} {mirar@hero.past} {beast.obj} {past}, y {friendname} {mirar@friend.past} {rival.obj}.
{beast} que {name} {ver@hero.past} {past} {ser@beast} {colour@beast} y {comer@beast} {food.word}.
{^past} {beast} {colour@beast} {comer@beast.past} {food.word} y después {act2@beast.past} en {home}.
Mientras {beast} {act@beast.imp}, {name} {mirar@hero.imp} {rival.obj}.
Cuando {name} {le@beast} {dar@hero.past} {food.word} {beast.to}, {rival} {ract@rival.past}.
{name} {soñar@hero.past} con {beast} {colour@beast} que {vivir@beast} en {home}.
"""  # noqa: E501
FRAMES = """
{name} {decir@hero} que
{friendname} {decir@friend} que
{name} {saber@hero} que
{friendname} {creer@friend} que
Según {name},
{name} {leer@hero.past} en un libro que
{name} {aprender@hero.past} {past} que
{name} le {contar@hero} a {friendname} que
"""
FACTS_OPEN = """
{name} y su {tie@friend} {friendname} {hablar@both} {habit} de los oficios y de los animales.
{name} le {enseñar@hero} a su {tie@friend} {friendname} cómo trabaja la gente de {town}.
"""  # noqa: E501
FACTS = """
~{folk} {fdo@folk} {fit.bare} en {fplace}.
~{folk} {fdo@folk} {fit.bare} en {fplace} de {town}.
~{folk} {fdo@folk} {fit.bare} y {folk2} {fdo2@folk2} {fit2.bare}.
~en {fplace} {trabajar@folk} {folk}, que {fdo@folk} {fit.bare}.
~{folk} {trabajar@folk} en {fplace} y {folk2} en {fplace2}.
~{folk} {ser@folk} muy {ftrait@folk} y {folk2} {ser@folk2} muy {ftrait2@folk2}.
~{folk} no {fdo2@folk} {fit2.bare}, sino que {fdo@folk} {fit.bare}.
~{folk} {usar@folk} {ftool.a} y {folk2} {usar@folk2} {ftool2.a}.
~{folk} {fdo@folk} {fit.bare} en {fplace}, y {beast} {colour@beast} {act@beast} en {home}.
~{beast} {colour@beast} {ser@beast} muy {btrait@beast}, y {folk} {ser@folk} muy {ftrait@folk}.
~{beast} {colour@beast} {ser@beast} muy {btrait@beast}.
¿Quién {fdo@one} {fit.bare}? {^folk} {fdo@folk} {fit.bare} en {fplace}.
¿Dónde {trabajar@folk} {folk}? {^trabajar@folk} en {fplace} y {fdo@folk} {fit.bare}.
¿Qué {hacer@folk} {folk} en {fplace}? {^fdo@folk} {fit.bare}.
{name} {querer@hero} {fdo.inf} {fit.bare} en {fplace}, como {folk}.
{^past} {folk} {fdo@folk.past} {fit.obj} y {folk2} {fdo2@folk2.past} {fit2.obj}.
Mientras {folk} {fdo@folk.imp} {fit.obj}, {name} {mirar@hero.imp} {beast.obj}.
{^future} {name} y {friendname} {ir@both.fut} {fplace.to} para ver {folk.to}, que {fdo@folk} {fit.bare}.
"""  # noqa: E501
HUNT = """
{name} {ver@hero.past} {past} cómo {beast} {colour@beast} {perseguir@beast.imp} {prey.obj} por {home}.
~{prey} {tener@prey} miedo {beast.of}, porque {beast} {ser@beast} muy {btrait@beast}.
{^past} {beast} {perseguir@beast.past} {prey.obj}, pero {prey} {correr@prey.past} más y {name} no {lo@prey} {ver@hero.past}.
{name} {ver@hero.past} {prey.to} que {beast} {colour@beast} {perseguir@beast.imp} por {home}.
Cuando {prey} {ver@prey.past} {beast.obj}, {name} y {friendname} {ver@both.past} que {correr@prey.imp}.
"""  # noqa: E501
VISIT = """
{name} {visitar@hero.past} {home} {past} con su {tie@friend} {friendname}.
{^past} {name} y {friendname} {ir@both.past} {home.to} para ver {beasts.obj}.
{name} {estudiar@hero} {beasts} que {vivir@beasts} en {home}.
A {name} le {gustar@beasts} mucho {beasts} {colour@beasts}.
"""
VISIT_END = """
{name} y {friendname} {volver@both.past} a casa {contento@both}, porque {ver@both.past} {beasts.obj}.
{^future} {name} {volver@hero.fut} {home.to} para ver otra vez {beasts.obj}.
"""  # noqa: E501
HOUSE_OPEN = """
La casa de {name} {estar@one} en {town} y {tener@one} {count} habitaciones.
{name} {tener@hero} una casa blanca en {town}, donde {vivir@hero} con su {pet.word} {petname}.
{name} y {friendname} {vivir@both} {junto@both} en una casa de {town}.
"""  # noqa: E501
HOUSE = """
En {room} de {name} hay {house_thing.a} {thingcolour@house_thing} y {other_thing.a} {othercolour@other_thing}.
{^house_thing} {thingcolour@house_thing} {estar@house_thing} en {room}, entre {other_thing} y {lost}.
{^other_thing} {ser@other_thing} {othercolour@other_thing} y {estar@other_thing} en {room}.
{hero} {limpiar@hero.past} {house_thing} {past} y ahora {estar@house_thing} {limpio@house_thing}.
{hero} {buscar@hero} {su@lost} {lost.word}: {estar@lost} en {room}, cerca {house_thing.of}.
¿Dónde {estar@lost} {lost} {hero.of}? {^estar@lost} en {room}, cerca {house_thing.of}.
{hero} {perder@hero.past} {lost} {past} y {friend} {lo@lost} {encontrar@friend.past} en {room}.
{^lost} que {hero} {perder@hero.past} {past} {estar@lost} cerca {house_thing.of}.
{petname} {dormir@pet} en {room}, delante {house_thing.of}.
{^petname}, {pet} {petcolour@pet}, siempre {dormir@pet} al lado {other_thing.of}.
{hero} {comprar@hero.past} {house_thing} {thingcolour@house_thing} en {town2} {past}.
{^house_thing} que {hero} {comprar@hero.past} en {town2} {ser@house_thing} {thingcolour@house_thing}, y {other_thing} {ser@other_thing} {othercolour@other_thing}.
{friend} {querer@friend} vender {other_thing}, pero {hero} no {querer@hero} que {lo@other_thing} {vender@friend.subj}.
{^room} de la casa de {name} {ser@room} {grande@room}, y {room2} {ser@room2} {pequeño@room2}.
En {room2} hay {third_thing.a} {thirdcolour@third_thing}, y en {room} hay {house_thing.a}.
{^third_thing} {estar@third_thing} en {room2} y {house_thing} {estar@house_thing} en {room}.
{friend} {pintar@friend.past} {room2} {past} y ahora {estar@room2} {pintado@room2}.
{hero} {leer@hero} en {room} y {friend} {descansar@friend} en {room2}.
Desde {room} {hero} {ver@hero} {sight} de {town}.
{hero} {abrir@hero.past} la ventana {room.of} porque {hacer@one.imp} mucho calor.
{hero} {cerrar@hero.past} la puerta {room2.of}, pero la ventana {room.of} {estar@one} abierta.
Si {hero} {vender@hero} {house_thing}, {friend} {comprar@friend.fut} {other_thing}.
"""  # noqa: E501
SHOP_OPEN = """
{^past} {name} {ir@hero.past} al mercado de {town} con su {tie@friend} {friendname}.
{name} {comprar@hero} fruta en el mercado de {town} {habit}.
"""
SHOP = """
{hero} {comprar@hero.past} {n1} {good.word} y {n2} {good2.word}.
Cada {good_one.word} {costar@one} {price} euros, así que {n1} {good.word} {costar@good} {total} euros.
{^n1} {good.word} y {n2} {good2.word} {ser@good} {sum} piezas en total.
{^good} {ser@good} {goodcolour@good} y {good2} {ser@good2} {good2colour@good2}.
{^good} que {hero} {comprar@hero.past} {estar@good} {maduro@good}.
{friend} {preferir@friend} {good2} {good2colour@good2}, pero {hero} {preferir@hero} {good}.
{hero} {lavar@hero.past} {good} y {lo@good} {poner@hero.past} en una bolsa.
{friend} {lavar@friend.past} {good2} y {lo@good2} {cortar@friend.past} con un cuchillo.
¿Cuánto {costar@good} {good}? {^n1} {good.word} {costar@good} {total} euros.
{hero} {pagar@hero.past} {total} euros por {n1} {good.word}.
{^seller} {vender@seller} {good} {goodcolour@good} y también {good2}.
{hero} le {dar@hero.past} {total} euros {seller.to} y {seller} le {dar@seller.past} {good}.
{hero} le {preguntar@hero.past} {seller.to} si {good} {estar@good.imp} {maduro@good}.
{hero} no {comprar@hero.past} {costly.word}, porque {ser@costly.imp} {caro@costly}.
{^hero.to} le {gustar@good} {good}, y {friend.to} le {gustar@good2} {good2}.
{hero} {comer@hero.fut} {good} {future} y {friend} {comer@friend.fut} {good2}.
Con {n1} {good.word} {hero} {preparar@hero.fut} un zumo para {friend}.
Hay {n1} {good.word} en la bolsa y {n2} {good2.word} en la mesa.
¡Qué {goodcolour@good} {ser@good} {good} {seller.of} de {town}!
En {month} {good} {ser@good} más {barato@good} que {good2}.
"""  # noqa: E501
TRIP_OPEN = """
{^past} {name} {viajar@hero.past} de {town} a {town2} en {vehicle.word} con su {tie@friend} {friendname}.
{name} y {friendname} {viajar@both.past} en {vehicle.word} a {town2} el {day} de {month} de {recent}.
"""  # noqa: E501
TRIP = """
{^vehicle} {salir@vehicle.past} de {town} a {departs} y {llegar@vehicle.past} a {town2} a {arrives}.
El viaje de {town} a {town2} {durar@one.past} {hours_long} horas.
{^vehicle} {ser@vehicle} {vehiclecolour@vehicle} y {salir@vehicle} de {town} a {departs}.
{hero} {llevar@hero.imp} una maleta pesada y {friend} {llevar@friend.imp} {lost}.
{hero} {olvidar@hero.past} {lost} en {vehicle}, pero {friend} {lo@lost} {encontrar@friend.past}.
Desde {vehicle} {hero} y {friend} {ver@both.past} {sight2}.
Mientras {hero} {dormir@hero.imp} en {vehicle}, {friend} {mirar@friend.imp} {sight2}.
Cuando {both} {llegar@both.past} a {town2}, {weather@one.imp} {wrest}.
En {town2} {hero} {visitar@hero.past} {museum} y {friend} {visitar@friend.past} {museum2}.
{friend} {decir@friend.past} que {town2} {ser@one.imp} más bonita que {town}.
{hero} {escribir@hero.past} una carta a sus padres desde {town2}.
¿A qué hora {salir@vehicle} {vehicle} de {town}? {^salir@vehicle} a {departs}.
{^both} {comer@both.past} {fruit} en {vehicle} y {hablar@both.past} de {town2}.
{hero} nunca {haber@hero.imp} viajado en {vehicle.word}, y por eso {estar@hero.imp} {nervioso@hero}.
{hero} {comprar@hero.past} dos billetes de {vehicle.word} y le {dar@hero.past} uno {friend.to}.
Los viajeros que {subir@crowd.past} {vehicle.to} en {town} {bajar@crowd.past} en {town2}.
{hero} y {friend} se {quedar@both.past} {count} días en {town2} y {volver@both.past} a {town}.
Si {weather@one} {wrest}, {vehicle} no {salir@vehicle.fut} de {town}.
{hero} {querer@hero} que {friend} {viajar@friend.subj} otra vez a {town2} {future}.
"""  # noqa: E501
LIFE_OPEN = """
{name} {nacer@hero.past} en {town} el {day} de {month} de {birth}.
{^job} {name} {nacer@hero.past} el {day} de {month} de {birth} en {town}.
"""
LIFE = """
En {started}, a los {start_age} años, {hero} {empezar@hero.past} a trabajar en {place}.
{hero} se {casar@hero.past} con {friendname} en {married}, a los {married_age} años.
{hero} y {friendname} {tener@both.past} {children} hijos en {town2}.
En {moved} {hero} y {friendname} se {mudar@both.past} a {town2}, donde {vivir@both} todavía.
{hero} {llevar@hero} {years} años trabajando como {job.word} en {place} de {town}.
De {niño@hero}, {hero} {vivir@hero.imp} en {town} y {querer@hero.imp} ser {job.word}.
{hero} {cumplir@hero.past} {married_age} años en {married}.
En {married} {hero} {ganar@hero.past} un premio, porque {ser@hero.imp} {job.a} muy {trait@hero}.
Cuando {hero} {conocer@hero.past} a {friendname}, {tener@hero.imp} {met_age} años.
Antes de trabajar en {place}, {hero} {haber@hero.imp} estudiado en {town2}.
{hero} {nacer@hero.past} en {birth} y {empezar@hero.past} a trabajar en {started}.
Durante muchos años {hero} {do@hero.past} {it.obj} en {place}.
En aquella época {hero} {do@hero.imp} {it.obj} {habit}.
{friendname}, que {nacer@friend.past} en {town2}, {ser@friend.imp} {job2.word}.
{^it} que {hero} {do@hero.past} en {started} {ser@it.imp} muy {look@it}.
Los hijos de {name} y {friendname} {vivir@crowd} en {town2}.
Nadie en {place} {ser@one.imp} tan {trait@hero} como {hero}.
{hero} {volver@hero.past} a {town} en {moved}, cuando {tener@hero.imp} {moved_age} años.
"""  # noqa: E501
SEASON_OPEN = """
En {season.word} {weather@one} {wrest} en {town}, sobre todo en {month}.
{name} {ser@hero} {job.word} y {vivir@hero} en {town}, donde en {month} {weather@one} {wrest}.
"""  # noqa: E501
SEASON = """
{^past} {weather@one.past} {wrest} en {town}.
Como {weather@one.imp} {wrest}, {hero} se {poner@hero.past} {wear}.
Si {future} {weather@one} {wrest}, {hero} se {poner@hero.fut} {wear}.
Cuando {weather@one} {wrest}, {hero} {llevar@hero} {wear.a}.
{^future} {weather@one.fut} {wrest} y {hero} se {quedar@hero.fut} en casa.
En {season.word} {hero} y {friend} {pastime@both} {leisure.word}.
{^hero.to} le gusta {season}, porque en {month} {weather@one} {wrest}.
Aunque {weather@one.imp} {wrest}, {friend} {salir@friend.past} sin {wear.word}.
Todavía {weather@one} {wrest}, pero {hero} {ir@hero} {place.to}.
{hero} {pastime@hero} {leisure.word} en {month} y {friend} también.
{friend} {creer@friend} que {future} {weather@one.fut} {wrest}.
{friend} {esperar@friend} que no {weather@one.subj} {wrest} {future}.
¿Qué se {poner@hero} {hero} en {season.word}? Se {poner@hero} {wear}.
Mientras {weather@one.imp} {wrest}, {hero} {do@hero.imp} {it.obj} en {place}.
Ya {ser@one} {month} y {weather@one} {wrest} en {town}.
{petname} se {quedar@pet.past} en {room}, porque {weather@one.imp} {wrest}.
{hero} no {do@hero.past} {it.obj} {past}, porque {weather@one.past} {wrest}.
El {day} de {month} {weather@one.past} {wrest} en {town} y en {town2}.
Para {hero}, {month} {ser@one} el mes más bonito {season.of}, porque {weather@one} {wrest}.
"""  # noqa: E501
RECIPE_OPEN = """
{^past} {name} {preparar@hero.past} {dish} para su {tie@friend} {friendname}.
{name} {ir@hero} a preparar {dish} con {ing1}, {ing2} y {ing3}.
"""
RECIPE = """
Para preparar {dish}, {hero} {necesitar@hero} {ing1.word}, {ing2.word} y {ing3.word}.
Primero {hero} {step11@hero} {ing1} y después {lo@ing1} {step12@hero}.
—Primero se {step11@ing1} {ing1} y después se {step12@ing1} —{decir@hero.past} {hero}.
—Después de {step11.inf} {ing1}, hay que {step12.inf}{lo@ing1} bien —{decir@friend.past} {friend}.
Luego {friend} {step21@friend} {ing2} y {lo@ing2} {step22@friend}.
Cuando {ing1} {estar@ing1} bien {step12@ing1.part}, {hero} {step21@hero} {ing2}.
Mientras {hero} {step11@hero} {ing1}, {friend} {step21@friend} {ing2}.
{^ing2} que {friend} {step21@friend.past} ya {estar@ing2} {step22@ing2.part}.
Por último {friend} {step13@friend} {ing1} y {hero} {step33@hero} {ing3}.
Ahora solo falta {step23.inf} {ing2}, y {hero} {lo@ing2} {step23@hero.fut} con {friend}.
Antes de {step22.inf} {ing2}, {hero} {tener@hero} que {step21.inf}{lo@ing2}.
Al final {hero} {step31@hero} {ing3}, {lo@ing3} {step32@hero} y {lo@ing3} {mezclar@hero} con {ing1}.
{hero} {acabar@hero} de {step31.inf} {ing3} y ahora {lo@ing3} {step32@hero}.
¿Quién {step31@one.past} {ing3}? {^lo@ing3} {step31@friend.past} {friend}.
{^ing3} {estar@ing3} en la cocina y {hero} {lo@ing3} {step31@hero.fut} enseguida.
{^dish} {hero.of} {ser@dish} muy {rico@dish} y ya {estar@dish} {listo@dish}.
{friend} {probar@friend.past} {dish} y {decir@friend.past} que {estar@dish.imp} {rico@dish}.
A {both} les {gustar@dish} mucho {dish} con {ing1}.
{hero} nunca {step12@hero} {ing1} sin {step11.inf}{lo@ing1} antes.
{hero} le {dar@hero.past} {ing3} {friend.to} y {friend} {lo@ing3} {step32@friend.past}.
"""  # noqa: E501
