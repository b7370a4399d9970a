"""The words of `tables` as typed, fully inflected entries."""

from collections.abc import Iterator
from typing import NamedTuple

from sample_corpus import tables
from sample_corpus.inflection import (
    Phrase,
    Verb,
    adjective,
    conjugate,
    phrase,
    pluralise,
    proper,
)

Adjective = tuple[str, str, str, str]


class Noun(NamedTuple):
    """A noun in both numbers, with what it is (ser) and how it may be (estar)."""

    one: Phrase
    many: Phrase
    ser: tuple[Adjective, ...]
    estar: tuple[Adjective, ...]


class Deed(NamedTuple):
    """Something people do: an action, its object, and the noun of that object."""

    verb: Verb
    object: Phrase
    noun: Noun


class Profession(NamedTuple):
    """A job for men (index 0) and women (1): its place, doings, tool and hours."""

    one: tuple[Phrase, Phrase]
    many: tuple[Phrase, Phrase]
    place: Phrase
    deeds: tuple[Deed, ...]
    tool: Phrase
    clothes: tuple[Phrase, Adjective]
    character: Adjective
    hour: int


class Animal(NamedTuple):
    """What a child knows about an animal."""

    noun: Noun
    colour: Adjective
    character: tuple[Adjective, ...]
    home: Phrase
    foods: tuple[Phrase, ...]
    prey: Noun | None
    doings: tuple[Verb, ...]
    size: int
    speed: int


class Season(NamedTuple):
    """A season, its weather as (verb, rest) pairs, its clothes and its pastime."""

    name: str
    months: tuple[str, ...]
    weather: tuple[tuple[Verb, str], ...]
    clothes: tuple[Phrase, ...]
    pastime: Deed


class Dish(NamedTuple):
    """A dish, and per ingredient the three verbs that prepare it."""

    dish: Phrase
    steps: tuple[tuple[Phrase, tuple[Verb, ...]], ...]


def _rows(table: str) -> Iterator[list[str]]:
    """Yields the cells of each line of a table."""
    for line in table.strip().splitlines():
        yield [cell.strip() for cell in line.split("|")]


def _adjectives(words: str) -> tuple[Adjective, ...]:
    return tuple(adjective(word) for word in words.split())


def _nouns(table: str, alive: bool) -> Iterator[tuple[str, Noun]]:
    """Reads blocks of "ser | estar | masculine | feminine", indented when wrapped."""
    for block in table.strip().replace("\n    ", " ").splitlines():
        ser, estar, *by_gender = block.split("|")
        for female, words in enumerate(by_gender):
            for entry in words.split():
                forms, _, typical = entry.partition(":")
                word, _, plural = forms.partition("=")
                looks = _adjectives(" ".join(dict.fromkeys([typical, *ser.split()])))
                yield (
                    word,
                    Noun(
                        phrase(word, bool(female), False, alive),
                        phrase(plural or pluralise(word), bool(female), True, alive),
                        looks,
                        _adjectives(estar),
                    ),
                )


VERBS: dict[str, Verb] = {word: conjugate(word) for word in tables.VERBS.split()}
NOUNS: dict[str, Noun] = {
    **dict(_nouns(tables.THINGS, alive=False)),
    **dict(_nouns(tables.PEOPLE, alive=True)),
    **dict(_nouns(tables.PLACES, alive=False)),
    **dict(_nouns(tables.FOOD_OF_ANIMALS, alive=False)),
}


def _phrase(reference: str) -> Phrase:
    """Looks up a phrase that a table names: libro, or libro* for the plural."""
    noun = NOUNS[reference.rstrip("*")]
    return noun.many if reference.endswith("*") else noun.one


def _deed(words: str) -> Deed:
    verb, reference = words.split()
    return Deed(VERBS[verb], _phrase(reference), NOUNS[reference.rstrip("*")])


def _animals() -> dict[str, Animal]:
    rows = list(_rows(tables.ANIMALS))
    for word, gender, colour, character, *_ in rows:
        female = gender == "f"
        ser = _adjectives(f"{colour} {character}")
        NOUNS[word] = Noun(
            phrase(word, female, False, alive=True),
            phrase(pluralise(word), female, True, alive=True),
            ser,
            _adjectives("tranquilo cansado"),
        )
    animals = {}
    for word, _, colour, character, home, foods, doings, size, speed in rows:
        eaten = [food.rstrip("*") for food in foods.split()]
        prey = [NOUNS[food] for food in eaten if NOUNS[food].one.obj[0] == "a"]
        animals[word] = Animal(
            noun=NOUNS[word],
            colour=adjective(colour),
            character=_adjectives(character),
            home=NOUNS[home].one,
            foods=tuple(_phrase(food) for food in foods.split()),
            prey=prey[0] if prey else None,
            doings=tuple(VERBS[verb] for verb in doings.split()),
            size=int(size),
            speed=int(speed),
        )
    return animals


def _professions() -> dict[str, list[Profession]]:
    groups: dict[str, list[Profession]] = {}
    members: list[Profession] = []
    for cells in _rows(tables.PROFESSIONS):
        if len(cells) == 1:
            members = groups.setdefault(cells[0], [])
            continue
        names, place, deeds, tool, clothes, character, hour = cells
        pair = names.split("/")
        worn = clothes.rstrip("*")
        members.append(
            Profession(
                one=(
                    phrase(pair[0], False, False, True),
                    phrase(pair[1], True, False, True),
                ),
                many=(
                    phrase(pluralise(pair[0]), False, True, True),
                    phrase(pluralise(pair[1]), True, True, True),
                ),
                place=NOUNS[place].one,
                deeds=tuple(_deed(deed) for deed in deeds.split(",")),
                tool=_phrase(tool),
                clothes=(_phrase(clothes), NOUNS[worn].ser[0]),
                character=adjective(character),
                hour=int(hour),
            )
        )
    return groups


def _seasons() -> Iterator[Season]:
    for name, months, weather, clothes, pastime in _rows(tables.SEASONS):
        pairs = (words.strip().partition(" ") for words in weather.split(","))
        yield Season(
            name,
            tuple(months.split()),
            tuple((VERBS[verb], rest) for verb, _, rest in pairs),
            tuple(_phrase(word) for word in clothes.split()),
            _deed(pastime),
        )


def _dishes() -> Iterator[Dish]:
    for dish, *ingredients in _rows(tables.DISHES):
        steps = (ingredient.split(":") for ingredient in ingredients)
        yield Dish(
            _phrase(dish),
            tuple(
                (_phrase(word), tuple(VERBS[verb] for verb in verbs.split()))
                for word, verbs in steps
            ),
        )


def _pets() -> Iterator[tuple[Phrase, Adjective, Phrase]]:
    for animal, colours, names in _rows(tables.PETS):
        pet = NOUNS[animal].one
        for colour in colours.split():
            for name in names.split():
                yield pet, adjective(colour), proper(name, pet.key == 1)


ANIMALS = _animals()
PROFESSIONS = _professions()
SEASONS = tuple(_seasons())
DISHES = tuple(_dishes())
PETS = tuple(_pets())
ROOMS = tuple(
    (NOUNS[room].one, tuple(NOUNS[thing].one for thing in things.split()))
    for room, things in _rows(tables.ROOMS)
)
NAMES = (tuple(tables.MEN.split()), tuple(tables.WOMEN.split()))
TOWNS = tuple(
    (town, _phrase(sight))
    for row in _rows(tables.TOWNS)
    for town, sight in (cell.split() for cell in row)
)
TIES = _adjectives(tables.TIES)
MOODS = tuple(
    (adjective(mood), VERBS[verb], rest)
    for mood, verb, rest in (
        line.split(maxsplit=2) for line in tables.MOODS.strip().splitlines()
    )
)
HOBBIES = tuple(_deed(words) for words in tables.HOBBIES.split(","))
TIMES = tuple(tuple(row) for row in _rows(tables.TIMES))
FRUITS = tuple(NOUNS[word] for word in tables.FRUITS.split())
PRODUCE = (*FRUITS, *(NOUNS[word] for word in tables.VEGETABLES.split()))
VEHICLES = tuple(NOUNS[word] for word in tables.VEHICLES.split())
EASILY_LOST = tuple(_phrase(word) for word in tables.EASILY_LOST.split())
SIGHTS = tuple(_phrase(word) for word in tables.SIGHTS.split())
