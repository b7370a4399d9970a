"""Spanish inflection, as far as the generated corpus needs it.

A verb is conjugated once, when the lexicon is built; a sentence only looks forms up.
Agreement is two small integers: `key` (0 masculine, 1 feminine, 2 masculine plural,
3 feminine plural) chooses among the four forms of an adjective, and `person`
(0 yo, 1 tú, 2 él, 3 nosotros, 4 vosotros, 5 ellos) among the six of a tense.
"""

from typing import NamedTuple

from sample_corpus import tables

SINGULAR, PLURAL = 2, 5  # third person

_PLAIN = str.maketrans("áéíóú", "aeiou")
_STRESSED_A = frozenset({"agua", "águila", "arpa", "aula", "hacha", "ave"})


class Phrase(NamedTuple):
    """A noun phrase in one number, with the forms a sentence may need.

    `to` is the dative or destination (al perro), `obj` the direct object, which
    takes a preposition when it is alive (al perro, but la carta), and `bare` the
    object of a general statement (leen libros, curan a los enfermos).
    """

    word: str
    key: int
    person: int
    the: str
    of: str
    to: str
    a: str
    obj: str
    bare: str


class Verb(NamedTuple):
    """All forms of a verb; six per tense, four of the participle."""

    infinitive: str
    gerund: str
    participle: tuple[str, ...]
    present: tuple[str, ...]
    preterite: tuple[str, ...]
    imperfect: tuple[str, ...]
    future: tuple[str, ...]
    conditional: tuple[str, ...]
    subjunctive: tuple[str, ...]


def pluralise(word: str) -> str:
    """The plural of a noun or adjective: luz, luces; ratón, ratones."""
    if word[-1] in "aeiouéáó":
        return word + "s"
    if word[-1] == "z":
        return word[:-1] + "ces"
    if word[-2:] in {"ón", "án", "ín", "én", "és", "ún", "ús"}:
        return word[:-2] + word[-2:].translate(_PLAIN) + "es"
    return word + "es"


def adjective(word: str) -> tuple[str, str, str, str]:
    """The four forms of an adjective, or of a noun of both genders (amigo)."""
    if word == "joven":
        return "joven", "joven", "jóvenes", "jóvenes"
    feminine = word
    if word[-1] == "o":
        feminine = word[:-1] + "a"
    elif word.endswith("dor") or word == "español":
        feminine = word + "a"
    elif word[-2:] in {"ón", "án", "és"} and word != "marrón":
        feminine = word[:-2] + word[-2:].translate(_PLAIN) + "a"
    return word, feminine, pluralise(word), pluralise(feminine)


def phrase(word: str, female: bool, plural: bool, alive: bool) -> Phrase:
    """A common noun with its articles: el agua, las aguas, del lobo, al lobo."""
    key = 2 * plural + female
    masculine_article = key == 0 or (key == 1 and word in _STRESSED_A)
    article = "el" if masculine_article else ("el", "la", "los", "las")[key]
    indefinite = "un" if masculine_article else ("un", "una", "unos", "unas")[key]
    the = f"{article} {word}"
    of = f"del {word}" if article == "el" else f"de {the}"
    to = f"al {word}" if article == "el" else f"a {the}"
    obj = to if alive else the
    bare = word if plural and not alive else obj
    person = PLURAL if plural else SINGULAR
    return Phrase(word, key, person, the, of, to, f"{indefinite} {word}", obj, bare)


def proper(name: str, female: bool, plural: bool = False) -> Phrase:
    """A name, or several joined: no article, always alive."""
    person = PLURAL if plural else SINGULAR
    key = 2 * plural + female
    to = f"a {name}"
    return Phrase(name, key, person, name, f"de {name}", to, name, to, to)


def speaker(pronoun: str, female: bool, person: int) -> Phrase:
    """The subject yo or tú, usually left out of the sentence."""
    return proper(pronoun, female)._replace(person=person)


# Present tense and past stems that no rule gives. Stem changes are "present, weak":
# dormir makes duerme in the present and durmió where the ending is weak.
_CHANGES = {
    "acostar": "ue", "almorzar": "ue", "atender": "ie", "calentar": "ie",
    "cerrar": "ie", "colgar": "ue", "contar": "ue", "costar": "ue",
    "decir": "i i", "defender": "ie", "despertar": "ie", "detener": "ie",
    "dormir": "ue u", "elegir": "i i", "envolver": "ue", "perseguir": "i i",
    "corregir": "i i", "tostar": "ue",
    "empezar": "ie", "encender": "ie", "encontrar": "ue", "entender": "ie",
    "enfriar": "í", "enviar": "í", "fotografiar": "í", "hervir": "ie i", "jugar": "ue",
    "llover": "ue", "morir": "ue u", "mostrar": "ue", "mover": "ue",
    "nevar": "ie", "pedir": "i i", "pensar": "ie", "perder": "ie",
    "poder": "ue", "preferir": "ie i", "probar": "ue", "querer": "ie",
    "recordar": "ue", "regar": "ie", "sembrar": "ie", "sentar": "ie",
    "sentir": "ie i", "seguir": "i i", "servir": "i i", "soñar": "ue",
    "tener": "ie", "venir": "ie i", "vestir": "i i", "volar": "ue",
    "volver": "ue", "aullar": "ú", "maullar": "ú",
}  # fmt: skip
_FIRST_PERSON = {
    "caer": "caigo", "decir": "digo", "detener": "detengo", "hacer": "hago",
    "poner": "pongo", "salir": "salgo", "tener": "tengo", "traer": "traigo",
    "venir": "vengo", "ver": "veo",
}  # fmt: skip
_STRONG_PRETERITE = {
    "andar": "anduv", "conducir": "conduj", "decir": "dij", "detener": "detuv",
    "estar": "estuv", "haber": "hub", "hacer": "hic", "poder": "pud", "poner": "pus",
    "querer": "quis", "saber": "sup", "tener": "tuv", "traer": "traj",
    "venir": "vin",
}  # fmt: skip
_FUTURE_STEM = {
    "decir": "dir", "detener": "detendr", "haber": "habr", "hacer": "har",
    "poder": "podr", "poner": "pondr", "querer": "querr", "saber": "sabr",
    "salir": "saldr", "tener": "tendr", "venir": "vendr",
}  # fmt: skip
_PARTICIPLE = {
    "abrir": "abierto", "cubrir": "cubierto", "decir": "dicho",
    "descubrir": "descubierto", "envolver": "envuelto", "escribir": "escrito",
    "hacer": "hecho", "ir": "ido", "morir": "muerto", "poner": "puesto",
    "romper": "roto", "ver": "visto", "volver": "vuelto",
}  # fmt: skip
_GERUND = {"ir": "yendo", "poder": "pudiendo"}
_WHOLE_TENSES = {
    ("dar", "present"): "doy das da damos dais dan",
    ("dar", "preterite"): "di diste dio dimos disteis dieron",
    ("dar", "subjunctive"): "dé des dé demos deis den",
    ("estar", "present"): "estoy estás está estamos estáis están",
    ("estar", "subjunctive"): "esté estés esté estemos estéis estén",
    ("haber", "present"): "he has ha hemos habéis han",
    ("haber", "subjunctive"): "haya hayas haya hayamos hayáis hayan",
    ("ir", "present"): "voy vas va vamos vais van",
    ("ir", "preterite"): "fui fuiste fue fuimos fuisteis fueron",
    ("ir", "imperfect"): "iba ibas iba íbamos ibais iban",
    ("ir", "subjunctive"): "vaya vayas vaya vayamos vayáis vayan",
    ("saber", "present"): "sé sabes sabe sabemos sabéis saben",
    ("saber", "subjunctive"): "sepa sepas sepa sepamos sepáis sepan",
    ("ser", "present"): "soy eres es somos sois son",
    ("ser", "preterite"): "fui fuiste fue fuimos fuisteis fueron",
    ("ser", "imperfect"): "era eras era éramos erais eran",
    ("ser", "subjunctive"): "sea seas sea seamos seáis sean",
    ("ver", "present"): "veo ves ve vemos veis ven",
    ("ver", "preterite"): "vi viste vio vimos visteis vieron",
    ("ver", "imperfect"): "veía veías veía veíamos veíais veían",
}

_PRESENT = {
    "a": "o as a amos áis an",
    "e": "o es e emos éis en",
    "i": "o es e imos ís en",
}
_SUBJUNCTIVE = {"a": "e es e emos éis en", "e": "a as a amos áis an"}
_PRETERITE = {
    "a": "é aste ó amos asteis aron",
    "e": "í iste ió imos isteis ieron",
    "vowel": "í íste yó ímos ísteis yeron",
    "uir": "í iste yó imos isteis yeron",
    "ñ": "í iste ó imos isteis eron",
}
_IMPERFECT = {
    "a": "aba abas aba ábamos abais aban",
    "e": "ía ías ía íamos íais ían",
}
_FUTURE = "é ás á emos éis án"
_CONDITIONAL = "ía ías ía íamos íais ían"


def _change(stem: str, vowels: str) -> str:
    """Replaces the last vowel that can change: pens, piens; dorm, duerm."""
    old = {"ie": "e", "ue": "ou", "i": "e", "u": "o", "í": "i", "ú": "u"}[vowels]
    at = max(stem.rfind(vowel) for vowel in old)
    return stem[:at] + vowels + stem[at + 1 :]


def _spell(stem: str, ending: str, theme: str) -> str:
    """Joins stem and ending and keeps the sound: busc-é, busqué; sigu-o, sigo."""
    front = ending[0] in "eéií"
    if theme == "a" and front:
        for final, written in (("c", "qu"), ("g", "gu"), ("z", "c")):
            if stem.endswith(final):
                return stem[: -len(final)] + written + ending
    if theme != "a" and not front:
        if stem.endswith("gu"):
            return stem[:-1] + ending
        if stem.endswith("g"):
            return stem[:-1] + "j" + ending
        if stem.endswith("c"):
            return stem[:-1] + ("zc" if stem[-2] in "aeou" else "z") + ending
    return stem + ending


def conjugate(infinitive: str) -> Verb:
    """All forms of a verb from its infinitive and the tables above."""
    stem, theme = infinitive[:-2], infinitive[-2]
    past_theme = "a" if theme == "a" else "e"
    changes = _CHANGES.get(infinitive, "").split()
    strong = _change(stem, changes[0]) if changes else stem
    weak = _change(stem, changes[1]) if len(changes) > 1 else stem
    glide = theme == "i" and stem.endswith("u") and not stem.endswith(("gu", "qu"))
    vowel_stem = theme != "a" and stem[-1:] in tuple("aeo")
    if glide:
        strong += "y"

    def tense(name: str, forms: list[str]) -> tuple[str, ...]:
        whole = _WHOLE_TENSES.get((infinitive, name))
        return tuple(whole.split() if whole else forms)

    # Stress falls on the ending in the first and second person plural.
    stems = [strong, strong, strong, stem, stem, strong]
    present = [
        _spell(s, e, theme) for s, e in zip(stems, _PRESENT[theme].split(), strict=True)
    ]
    present[0] = _FIRST_PERSON.get(infinitive, present[0])

    endings = _SUBJUNCTIVE[past_theme].split()
    if infinitive in _FIRST_PERSON or glide:
        subjunctive = [present[0][:-1] + e for e in endings]
    else:
        if theme == "i":
            stems = [strong, strong, strong, weak, weak, strong]
        subjunctive = [_spell(s, e, theme) for s, e in zip(stems, endings, strict=True)]

    if infinitive in _STRONG_PRETERITE:
        past = _STRONG_PRETERITE[infinitive]
        last = "eron" if past[-1] == "j" else "ieron"
        preterite = [past + e for e in ("e", "iste", "o", "imos", "isteis", last)]
        preterite[2] = "hizo" if infinitive == "hacer" else preterite[2]
    else:
        ending = past_theme
        if theme != "a" and stem[-1:] == "ñ":
            ending = "ñ"
        elif vowel_stem or glide:
            ending = "vowel" if vowel_stem else "uir"
        stems = [stem, stem, weak, stem, stem, weak]
        preterite = [
            _spell(s, e, theme)
            for s, e in zip(stems, _PRETERITE[ending].split(), strict=True)
        ]

    gerund = "ando" if theme == "a" else "yendo" if vowel_stem or glide else "iendo"
    gerund = "endo" if theme != "a" and stem[-1:] == "ñ" else gerund
    participle = "ado" if theme == "a" else "ído" if vowel_stem else "ido"
    future = _FUTURE_STEM.get(infinitive, infinitive)
    return Verb(
        infinitive=infinitive,
        gerund=_GERUND.get(infinitive, weak + gerund),
        participle=adjective(_PARTICIPLE.get(infinitive, stem + participle)),
        present=tense("present", present),
        preterite=tense("preterite", preterite),
        imperfect=tense(
            "imperfect", [stem + e for e in _IMPERFECT[past_theme].split()]
        ),
        future=tuple(future + e for e in _FUTURE.split()),
        conditional=tuple(future + e for e in _CONDITIONAL.split()),
        subjunctive=tense("subjunctive", subjunctive),
    )


_UNITS = tables.NUMBERS.split()
_TENS = tables.TENS.split()


def number(value: int, before_noun: bool = False) -> str:
    """A number below one hundred in words; un, veintiún, treinta y un before a noun."""
    if value < 30:
        words = _UNITS[value]
    else:
        tens, units = divmod(value, 10)
        words = _TENS[tens - 3] + (f" y {_UNITS[units]}" if units else "")
    if before_noun and words.endswith("uno"):
        return "veintiún" if value == 21 else words[:-1]
    return words
