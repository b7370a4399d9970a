"""The sentences of the generated corpus, as patterns over a story.

A slot is written `{role}`, `{role.form}`, `{word@role}` or `{verb@role.tense}`:

* a role is a phrase of the story (hero, friend, it: what the hero works on, beast...);
  its forms are the, of, to, a, obj, bare and word, and plain `{hero}` is the subject;
* `word@role` agrees with the role: an adjective, article or pronoun in gender and
  number, a verb in person; the word is either Spanish (`ser`, `cansado`, `lo`) or the
  story's own (`do`: the hero's action, `state`: how it is now);
* tenses are past, imp, fut, cond, subj and part; without one, the present;
* `^` writes a capital; `~` opens a sentence that may be reported (Ana dice que...).

A sentence that begins with `{hero}` may drop it if the one before began with it too.
"""

from typing import NamedTuple

from sample_corpus import scenes


class Kind(NamedTuple):
    """A kind of document: an opening from each group, then own and extra sentences."""

    share: int
    openings: tuple[str, ...]
    own: str
    extra: str
    closing: str


_PERSON = """
{name} {ser@hero} {job.word} y {trabajar@hero} en {place} de {town}.
{name} {tener@hero} {age} años, {ser@hero} {job.word} y {vivir@hero} en {town}.
{name} {vivir@hero} en {town} y {trabajar@hero} como {job.word} en {place}.
En {town} {vivir@hero} {job.a} muy {trait@hero} que se {llamar@hero} {name}.
{job} más {trait@hero} de {town} se {llamar@hero} {name} y {tener@hero} {age} años.
"""
_COMPANION = """
Su {tie@friend} {friendname} {ser@friend} {job2.word} y {ser@friend} muy {trait2@friend}.
{^tener@hero} {un@friend} {tie@friend} que se {llamar@friend} {friendname} y {ser@friend} {job2.word}.
Cada noche {name} {cenar@hero} con su {tie@friend} {friendname}, que {ser@friend} {job2.word}.
Su {tie@friend} {friendname}, que también {vivir@friend} en {town}, {trabajar@friend} en {place2}.
"""  # noqa: E501
_WORK = """
{hero} {do@hero} {it.obj} {habit}.
{hero} {do@hero} {it.obj} en {place}.
{^habit} {hero} {do@hero} {it.obj} con mucho cuidado.
{^past} {hero} {do@hero.past} {it.obj} en {place}.
{hero} {do@hero.past} {it.obj} {past} y {volver@hero.past} a casa {cansado@hero}.
{^it} que {hero} {do@hero.past} {past} {estar@it} {state@it}.
{^it} que {hero} {do@hero} en {place} {ser@it} muy {look@it}.
{hero} {do@hero} {it.obj} que {estar@it} {state@it}.
{^it} {ser@it} {look@it} y ahora {estar@it} {state@it}.
{hero} {do@hero} {it.obj}, que {ser@it} {look@it} y {estar@it} {state@it}.
Ahora {hero} {estar@hero} {do.ger} {it.obj} en {place}.
En este momento {hero} {estar@hero} {do.ger} {it.obj} y {friend} {estar@friend} {do2.ger} {it2.obj}.
{^future} {hero} {do@hero.fut} {it.obj} y {friend} {do2@friend.fut} {it2.obj}.
Mientras {hero} {do@hero.imp} {it.obj}, {friend} {do2@friend.imp} {it2.obj}.
Cuando {friend} {llegar@friend.past}, {hero} ya {haber@hero.imp} {do.part} {it.obj}.
{hero} {querer@hero} que {friend} {do2@friend.subj} {it2.obj} {future}.
{friend} {esperar@friend} que {hero} {do@hero.subj} {it.obj} antes de cenar.
¿Quién {do@one.past} {it.obj} {past}? {^lo@it} {do@hero.past} {hero}.
¿Qué {hacer@hero} {hero} {habit}? {^do@hero} {it.obj} en {place}.
¿Dónde {estar@hero} {hero}? {^estar@hero} en {place} y {do@hero} {it.obj}.
{^it} {ser@it.past} {do@it.part} por {hero} {past}.
{hero} no {do@hero.past} {it.obj} {past}; {lo@it} {do@hero.fut} {future}.
{hero} {tener@hero} que {do.inf} {it.obj} y {friend} {tener@friend} que {do2.inf} {it2.obj}.
{hero} no {poder@hero.past} {do.inf} {it.obj} {past}, porque {estar@hero.imp} {enfermo@hero}.
{friend} {decir@friend} que {hero} {do@hero} {it.obj} mejor que nadie.
{friend} {decir@friend.past} que {hero} ya {haber@hero.imp} {do.part} {it.obj}.
{hero} {creer@hero} que {friend} {do2@friend.fut} {it2.obj} {future}.
{friend} {prometer@friend.past} {past} que {do2@friend.cond} {it2.obj} con {hero}.
{hero} {decir@hero.past} que {do@hero.cond} {it.obj} en {place}, pero {estar@hero} {cansado@hero}.
{hero} ya {haber@hero} {do.part} {it.obj}, pero {friend} todavía no {haber@friend} {do2.part} {it2.obj}.
{^todo@it} {it} {place.of} {estar@it} {state@it}.
—{^este@it} {it.word} {ser@it} {look@it} —{decir@friend} {friend}.
{hero} {dejar@hero.past} de {do.inf} {it.obj} cuando {friend} {entrar@friend.past} en {place}.
{hero} {saber@hero} que {it} {estar@it} {state@it}.
Nadie en {town} {do@one} {it.obj} tan bien como {hero}.
{hero} {empezar@hero} a trabajar a {starts} y {terminar@hero} a {ends}.
{hero} se {levantar@hero} temprano, porque {empezar@hero} a trabajar a {starts}.
{hero} {llevar@hero} {clothes.a} {clothescolour@clothes} y {usar@hero} {tool.a}.
{hero} nunca {trabajar@hero} sin {su@tool} {tool.word}.
{^tool} {hero.of} {estar@tool} en {place}, donde {hero} {lo@tool} {dejar@hero.past} {past}.
{hero} le {pedir@hero.past} {tool} {friend.to} y {friend} se {lo@tool} {dar@friend.past}.
Aunque {estar@hero} {cansado@hero}, {hero} {do@hero} {it.obj}.
{^it2} que {friend} {do2@friend.past} {past} ya {estar@it2} {state2@it2}.
{friend} {do2@friend} {it2.obj} en {place2} y {hero} {do@hero} {it.obj} en {place}.
{^both} {hablar@both} {it.of} que {hero} {do@hero.past} {past}.
{name} {ser@hero} {un@hero} {job.word} muy {trait@hero}, y {friend} también {trabajar@friend} mucho.
{hero} {ser@hero} más {trait@hero} que {friend}, pero {friend} {trabajar@friend} más.
Después de {do.inf} {it.obj}, {hero} {volver@hero} a casa.
Antes de {do.inf} {it.obj}, {hero} {saludar@hero} {friend.to}.
{hero} {salir@hero.past} {place.of} sin {do.inf} {it.obj}.
{hero} {acabar@hero} de {do.inf} {it.obj} y {estar@hero} {mood@hero}.
{hero} {seguir@hero} {do.ger} {it.obj}, aunque ya {ser@hours} {ends}.
{hero} {ir@hero} a {do.inf} {it.obj} {future} en {place}.
¡Qué {look@it} {ser@it} {it} que {do@hero} {hero}!
"""  # noqa: E501
_PRIVATE = """
{hero} {estar@hero} {mood@hero} porque {lately} {why@hero.past} {whyrest}.
{^lately} {hero} {why@hero.past} {whyrest} y por eso {estar@hero} {mood@hero}.
{hero} {tener@hero} {pet.a} {petcolour@pet} que se {llamar@pet} {petname}.
{petname}, {pet} {petcolour@pet} {hero.of}, {estar@pet} muy {contento@pet} en {town}.
Cuando {hero} {volver@hero} a casa, {petname} {estar@pet} {contento@pet}.
{^pet} {hero.of} se {llamar@pet} {petname} y {ser@pet} {petcolour@pet}.
{friend} le {regalar@friend.past} {pet.a} {petcolour@pet} {hero.to} y {hero} {lo@pet} {llamar@hero.past} {petname}.
{hero} {pasear@hero} con {petname} y con {friend} por {town}.
Desde la casa {hero.of} se {ver@sight} {sight} de {town}.
De {niño@hero}, {hero} {querer@hero.imp} ser {job.word}.
Cuando {ser@hero.imp} {niño@hero}, {hero} {vivir@hero.imp} en {town2}.
Hace {years} años que {hero} {trabajar@hero} en {place} de {town}.
{hero} {tener@hero} {age} años y {friend} {tener@friend} {age2}.
{^hero.to} le {gustar@fruit} {fruit} {fruitcolour@fruit}.
{hero} {hobby@hero} {toy.obj} {habit}.
A {name} le encanta {hobby.inf} {toy.obj}, y a {friendname}, {hobby2.inf} {toy2.obj}.
{hero} {decidir@hero.past} {hobby.inf} {toy.obj} {past}, porque no {tener@hero.imp} que trabajar.
Cuando no {trabajar@hero}, {hero} {hobby@hero} {toy.obj}.
{friend} {pensar@friend} que {hero} {hobby@hero} {toy.obj} con mucho cuidado.
{hero} {deber@hero} descansar, pero {preferir@hero} {hobby.inf} {toy.obj}.
{hero} {hobby@hero.past} {toy.obj} {past} y {friend} {hobby2@friend.past} {toy2.obj}.
{hero} {parecer@hero} {mood@hero}, porque {lately} {why@hero.past} {whyrest}.
{hero} {pasar@hero.past} {season} en {town2} con {friend}.
{hero} se {despertar@hero} temprano y se {acostar@hero} tarde, porque {trabajar@hero} mucho.
{hero} {almorzar@hero} en {town} con {friend} y {volver@hero} {place.to}.
{hero} se {vestir@hero} con {clothes.a} {clothescolour@clothes} para trabajar.
{hero} {invitar@hero.past} {friend.to} a probar {dish} {past}.
{hero} {celebrar@hero} su cumpleaños en {month}, y {friend} siempre le {enviar@friend} una carta.
{both} {jugar@both} al ajedrez {habit} y después {hablar@both} de {petname}.
{hero} {guardar@hero} {tool} en una caja y {friend} {lo@tool} {encontrar@friend}.
A {both} les {encantar@fruit} {fruit}, sobre todo cuando {estar@fruit} {maduro@fruit}.
En {month} {weather@one} {wrest} y {hero} se {poner@hero} {wear}.
{hero} {ser@hero} {un@hero} {buen@hero} {tie@hero}: siempre {ayudar@hero} {friend.to}.
{folk} {fdo@folk} {fit.bare} en {fplace}.
En {fplace} de {town}, {folk} {fdo@folk} {fit.bare}.
{crowd} de {town} {ser@crowd} muy {ctrait@crowd} y {cdo@crowd} {cit.bare}.
{crowd} que {trabajar@crowd} en {cplace} {cdo@crowd} {cit.bare} {habit}.
"""  # noqa: E501
_WORK_END = """
Por la noche, {hero} y {friend} {cenar@both} {junto@both} y {hablar@both} {it.of}.
A {ends}, {hero} {cerrar@hero} la puerta y {volver@hero} a casa con {petname}.
{^future}, {hero} {do@hero.fut} {it.obj} otra vez.
Por eso todos en {town} {querer@crowd} mucho a {name}.
"""

_END = """
Por la noche, {hero} y {friend} {cenar@both} {junto@both} en {town}.
Por eso todos en {town} {querer@crowd} mucho a {name} y a {friendname}.
Al final {hero} y {friend} {volver@both.past} {contento@both} a casa.
{^future}, {hero} {llamar@hero.fut} otra vez {friend.to}.
"""
_GREETING = """
{^querido@friend} {friendname}:
{^querido@friend} {tie@friend}:
"""
_NEWS = """
Te {escribir@me} desde {town}, donde {trabajar@me} como {job.word} en {place}.
¿Cómo {estar@you}, {friendname}? Yo {estar@me} {mood@me}, porque {lately} {why@me.past} {whyrest}.
{^past} {recibir@me.past} tu carta y ahora te {escribir@me} desde {town}.
"""  # noqa: E501
_LETTER = """
{^past} {do@me.past} {it.obj} en {place}.
Hoy {haber@me} {do.part} {it.obj} y {estar@me} {cansado@me}.
{^habit} {do@me} {it.obj} y después {volver@me} a casa.
{^it} que {do@me.past} {past} {estar@it} {state@it}.
No {poder@me.past} {do.inf} {it.obj} {past}, pero {lo@it} {do@me.fut} {future}.
{^future} {tener@me.fut} que {do.inf} {it.obj}.
{^me} {do@me} {it.obj} y tú {do2@you} {it2.obj}.
¿{do2@you.past} {it2.obj} {past} en {place2}?
¿Ya {haber@you} {do2.part} {it2.obj} que {do2@you.imp} en {place2}?
{^querer@me} que {venir@you.subj} a {town} en {month}, {friendname}.
Si {venir@you} a {town} en {month}, {ver@we.fut} {sight} y {comer@we.fut} {fruit.word}.
¿Cuándo {venir@you.fut} a {town}? Aquí en {month} {weather@one} {wrest}, {friendname}.
Mi {pet.word} {petname} {estar@pet} muy {contento@pet} en {town}.
Cuando {volver@me} de trabajar en {place}, {petname} me {esperar@pet} en la puerta.
¿Te {gustar@fruit} {fruit}? A mí me {gustar@fruit} mucho, y a {petname} también.
¿{recordar@you} {house_thing} {thingcolour@house_thing} de {town2}? Ahora {estar@house_thing} en {room}, con {lost}.
Cuando {ser@we.imp} {niño@both}, {vivir@we.imp} en {town2} y {comer@we.imp} {fruit.word}.
{^trabajar@me} en {place}: {empezar@me} a {starts} y {terminar@me} a {ends}, y después {volver@me} con {petname}.
{^llevar@me} {clothes.a} {clothescolour@clothes}, {usar@me} {tool.a} y {do@me} {it.obj}.
{^mi@tool} {tool.word} {estar@tool} en {place}: sin {él@tool} no {poder@me} {do.inf} {it.obj}.
Aunque {estar@me} {cansado@me}, {do@me} {it.obj} {habit}.
Ya {tener@me} {age} años, y tú {tener@you} {age2}.
Aquí en {town} {estar@me} {mood@me}, porque {lately} {why@me.past} {whyrest}.
{^ir@me} a {do.inf} {it.obj} {future}.
"""  # noqa: E501
_GOODBYE = """
Te {mandar@me} un abrazo muy fuerte desde {town}.
Escríbeme pronto, {querido@friend} {friendname}.
Muchos besos de tu {tie@hero} {name}.
"""
_TALK = """
—¿Dónde {estar@tool} {tool}? —{preguntar@hero.past} {hero}. —{^estar@tool} en {place} —{contestar@friend.past} {friend}.
—¿{haber@you} {do.part} ya {it.obj}? —{preguntar@friend.past} {friend}. —Sí, {lo@it} {do@me.past} {past} —{contestar@hero.past} {hero}.
—¿{do@you.past} {it.obj} {past}? —{preguntar@friend.past} {friend}. —No, {lo@it} {do@me.fut} {future} —{contestar@hero.past} {hero}.
—¿Quién {do2@one.past} {it2.obj}? —{preguntar@hero.past} {hero}. —{^lo@it2} {do2@me2.past} yo —{contestar@friend.past} {friend}.
—¿Qué {hacer@you} aquí, {friendname}? —{preguntar@hero.past} {hero}. —{^tener@me2} que {do2.inf} {it2.obj} —{contestar@friend.past} {friend}.
—{^future} {do2@me2.fut} {it2.obj} —{decir@friend.past} {friend}.
—{^future} {do@me.fut} {it.obj} en {place} —{decir@hero.past} {hero}.
—{^it} {estar@it} {state@it} —{decir@hero.past} {hero}, y {friend} {ir@friend.past} {place.to}.
—¡Qué {look@it} {ser@it} {it}! —{decir@friend.past} {friend}.
—¿Por qué {estar@you} {mood@hero}, {name}? —{preguntar@friend.past} {friend}. —Porque {lately} {why@me.past} {whyrest} —{contestar@hero.past} {hero}.
—¿Te {gustar@fruit} {fruit}? —{preguntar@hero.past} {hero}. —Sí, me {gustar@fruit}, porque {ser@fruit} {fruitcolour@fruit} —{contestar@friend.past} {friend}.
—¿Dónde {estar@pet} {petname}? —{preguntar@hero.past} {hero}. —Tu {pet.word} {estar@pet} en {room} —{contestar@friend.past} {friend}.
—¿A qué hora {empezar@you} a trabajar, {name}? —{preguntar@friend.past} {friend}. —{^empezar@me} a {starts} y {terminar@me} a {ends} —{contestar@hero.past} {hero}.
—¿{querer@you} {do.inf} {it.obj} con {él@friend}? —le {preguntar@one.past} un amigo {hero.to}.
—En {month} {weather@one} {wrest} —{decir@hero.past} {hero}, y se {poner@hero.past} {wear}.
—{^tener@me} {age} años —{decir@hero.past} {hero}—, y {friend} {tener@friend} {age2}.
—{^estar@me} {mood@hero} —{decir@hero.past} {hero}—, y hoy {ir@me} a {do.inf} {it.obj}.
—¿Me {dar@you} {tool}, por favor? —{preguntar@hero.past} {hero}, y {friend} se {lo@tool} {dar@friend.past}.
{friend} {querer@friend.imp} saber dónde {estar@tool.imp} {tool} y se lo {preguntar@friend.past} {hero.to}.
{hero} {contestar@hero.past} que {tool} {estar@tool.imp} en {place}.
{hero} le {decir@hero.past} {friend.to} que {past} {haber@hero.imp} {do.part} {it.obj}.
{friend} le {preguntar@friend.past} {hero.to} cuándo {ir@hero.imp} a {do.inf} {it.obj}.
"""  # noqa: E501
_MEET = """
{^past} {name} {encontrar@hero.past} a su {tie@friend} {friendname} en {place}.
{name} y {friendname} {hablar@both.past} mucho {past} en {place2}.
"""

# Shares in percent.
KINDS = (
    Kind(27, (_PERSON, _COMPANION), _WORK, _PRIVATE, _WORK_END),
    Kind(18, (scenes.VISIT,), scenes.BEASTS, scenes.HUNT, scenes.VISIT_END),
    Kind(7, (scenes.FACTS_OPEN,), scenes.FACTS, scenes.BEASTS, _END),
    Kind(8, (_GREETING, _NEWS), _LETTER, "", _GOODBYE),
    Kind(8, (_PERSON, _COMPANION, _MEET), _TALK, _WORK, _WORK_END),
    Kind(8, (scenes.HOUSE_OPEN,), scenes.HOUSE, _PRIVATE, _END),
    Kind(6, (scenes.SHOP_OPEN,), scenes.SHOP, _PRIVATE, _END),
    Kind(6, (scenes.TRIP_OPEN,), scenes.TRIP, _PRIVATE, _END),
    Kind(5, (scenes.LIFE_OPEN,), scenes.LIFE, _PRIVATE, _END),
    Kind(5, (scenes.SEASON_OPEN, _COMPANION), scenes.SEASON, _WORK, _END),
    Kind(5, (scenes.RECIPE_OPEN,), scenes.RECIPE, _PRIVATE, _END),
)
