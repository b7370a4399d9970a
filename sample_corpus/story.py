"""What one generated document is about: its people, things, times and numbers.

Everything is drawn once per document, so that a name, a colour or a price that was
mentioned stays the same to the end; only the wording changes from sentence to
sentence. The patterns of `grammar` read these attributes by name.
"""

import itertools
import random
from collections.abc import Sequence
from typing import TypeVar

from sample_corpus import lexicon
from sample_corpus.inflection import (
    PLURAL,
    SINGULAR,
    Phrase,
    number,
    phrase,
    proper,
    speaker,
)
from sample_corpus.lexicon import ANIMALS, NOUNS, Animal

T = TypeVar("T")

_THIS_YEAR = 2024
_PROFESSION_GROUPS = tuple(tuple(group) for group in lexicon.PROFESSIONS.values())
_ALL_PROFESSIONS = tuple(itertools.chain.from_iterable(_PROFESSION_GROUPS))
# Students and foxes come up more often: the demo's page opens with them.
_PROFESSIONS = _ALL_PROFESSIONS + 4 * tuple(
    job for job in _ALL_PROFESSIONS if job.one[0].word == "estudiante"
)
_ALL_ANIMALS = tuple(ANIMALS.values()) + 4 * (ANIMALS["zorro"],)
_NEIGHBOURS = {
    animal.home: tuple(a for a in _ALL_ANIMALS if a.home == animal.home)
    for animal in _ALL_ANIMALS
}
_SELLERS = tuple(
    profession.one[female]
    for profession in lexicon.PROFESSIONS["comida"]
    if profession.one[0].word == "frutero"
    for female in (0, 1)
)
_ANIMAL = phrase("animal", False, False, alive=True)
_ANIMALS = phrase("animales", False, True, alive=True)._replace(a="animales")
_SEASON_NAMES = {
    season.name: phrase(season.name, season.name == "primavera", False, alive=False)
    for season in lexicon.SEASONS
}
_YOU = (speaker("tú", False, 1), speaker("tú", True, 1))
_ME = (speaker("yo", False, 0), speaker("yo", True, 0))
_WE = proper("nosotros", False, plural=True)._replace(person=3)
_ONE = proper("uno", False)


def clock(hour: int, minutes: str = "") -> str:
    """Words an hour of the day: las ocho de la mañana, la una y media de la tarde."""
    hour %= 24
    parts = (
        (1, "de la noche"),
        (5, "de la madrugada"),
        (12, "de la mañana"),
        (13, "del mediodía"),
        (20, "de la tarde"),
        (24, "de la noche"),
    )
    part = next(name for end, name in parts if hour < end)
    twelve = (hour - 1) % 12 + 1
    words = "la una" if twelve == 1 else f"las {number(twelve)}"
    return f"{words}{minutes} {part}"


class Story:
    """The attributes that patterns refer to; see the draws below for their meaning."""

    one = _ONE
    we = _WE

    def __init__(self, rng: random.Random):
        """Draws all attributes from `rng`."""
        self.random = rng.random
        self._draw_people()
        self._draw_work()
        self._draw_times()
        self._draw_private_life()
        self._draw_animals()
        self._draw_house()
        self._draw_market()
        self._draw_journey()
        self._draw_recipe()

    def pick(self, options: Sequence[T]) -> T:
        """Draws one of the options."""
        return options[int(self.random() * len(options))]

    def between(self, low: int, high: int) -> int:
        """Draws a whole number from low to high, both included."""
        return low + int(self.random() * (high - low + 1))

    def two(self, options: Sequence[T]) -> tuple[T, T]:
        """Draws two different options."""
        first = int(self.random() * len(options))
        second = first + 1 + int(self.random() * (len(options) - 1))
        return options[first], options[second % len(options)]

    def _draw_people(self) -> None:
        self.female, self.friend_female = self.random() < 0.5, self.random() < 0.5
        self.name = self.pick(lexicon.NAMES[self.female])
        self.friendname = self.name
        while self.friendname == self.name:
            self.friendname = self.pick(lexicon.NAMES[self.friend_female])
        self.named = proper(self.name, self.female)
        self.friend_named = proper(self.friendname, self.friend_female)
        # How they may be called so far; an opening that tells the job adds it.
        self.hero_names, self.friend_names = [self.named], [self.friend_named]
        self.both = proper(
            f"{self.name} y {self.friendname}",
            self.female and self.friend_female,
            plural=True,
        )
        self.me, self.me2 = _ME[self.female], _ME[self.friend_female]
        self.you = _YOU[self.friend_female]
        self.tie = self.pick(lexicon.TIES)
        (self.town, self.sight), (self.town2, self.sight2) = self.two(lexicon.TOWNS)

    def _draw_work(self) -> None:
        group = self.pick(_PROFESSION_GROUPS)
        own, other = self.two(group)
        self.job, self.job2 = own.one[self.female], other.one[self.friend_female]
        self.place, self.place2 = own.place, other.place
        self.trait, self.trait2 = own.character, other.character
        self.tool = own.tool
        self.clothes, self.clothescolour = own.clothes
        self.hero_deeds = [
            (deed, self.pick(deed.noun.ser[1:]), self.pick(deed.noun.estar))
            for deed in self.two(own.deeds)
        ]
        self.friend_deeds = [
            (deed, self.pick(deed.noun.estar)) for deed in self.two(other.deeds)
        ]
        crowd = self.pick(group)
        self.crowd, self.cplace = crowd.many[self.random() < 0.3], crowd.place
        self.ctrait, self.crowd_deeds = crowd.character, crowd.deeds
        self.hour = own.hour

    def _draw_times(self) -> None:
        self.past, self.habit, self.future = self.pick(lexicon.TIMES)
        self.lately = "anoche" if self.past == "anoche" else "ayer"
        self.starts, self.ends = clock(self.hour), clock(self.hour + 8)
        one_o_clock = self.ends.startswith("la ")
        self.hours = _ONE._replace(person=SINGULAR if one_o_clock else PLURAL)
        season = self.pick(lexicon.SEASONS)
        self.season = _SEASON_NAMES[season.name]
        self.month = self.pick(season.months)
        self.weather, self.wrest = self.pick(season.weather)
        self.wear = self.pick(season.clothes)
        self.pastime, self.leisure = season.pastime.verb, season.pastime.object

    def _draw_private_life(self) -> None:
        age = self.between(36, 64)
        birth = _THIS_YEAR - age
        start_age, met_age = self.between(18, 22), self.between(22, 25)
        married_age, moved_age = self.between(25, 29), self.between(30, 35)
        self.age, self.age2 = number(age, True), number(self.between(36, 64))
        self.start_age, self.met_age = number(start_age, True), number(met_age)
        self.married_age, self.moved_age = number(married_age), number(moved_age, True)
        self.years = number(age - start_age, True)
        self.day, self.birth = str(self.between(1, 28)), str(birth)
        self.started, self.married = str(birth + start_age), str(birth + married_age)
        self.moved = str(birth + moved_age)
        self.recent = str(self.between(2015, _THIS_YEAR))
        self.children = number(self.between(2, 4))
        self.pet, self.petcolour, self.petname = self.pick(lexicon.PETS)
        self.mood, self.why, self.whyrest = self.pick(lexicon.MOODS)
        self.hobby, self.toy, _ = self.pick(lexicon.HOBBIES)
        self.hobby2, self.toy2, _ = self.pick(lexicon.HOBBIES)
        fruit = self.pick(lexicon.FRUITS)
        self.fruit, self.fruitcolour = fruit.many, fruit.ser[0]

    def _draw_animals(self) -> None:
        first = self.pick(_ALL_ANIMALS)
        near = _NEIGHBOURS[first.home]
        second = first
        while second.size == first.size or second.speed == first.speed:
            second = self.pick(near if self.random() < 0.6 else _ALL_ANIMALS)
        self.animals = (first, second)
        stranger = first
        while stranger.home in (first.home, second.home) or (
            stranger.colour in (first.colour, second.colour)
        ):
            stranger = self.pick(_ALL_ANIMALS)
        self.stranger = stranger
        self.count = number(self.between(2, 9))

    def _draw_house(self) -> None:
        (self.room, things), (self.room2, others) = self.two(lexicon.ROOMS)
        self.house_thing, self.other_thing = self.two(things)
        self.third_thing = self.pick([thing for thing in others if thing not in things])
        self.thingcolour = self._typical(self.house_thing)
        self.othercolour = self._typical(self.other_thing)
        self.thirdcolour = self._typical(self.third_thing)
        self.lost = self.pick(lexicon.EASILY_LOST)

    @staticmethod
    def _typical(thing: Phrase) -> lexicon.Adjective:
        """The adjective that a thing usually carries."""
        return NOUNS[thing.word].ser[0]

    def _draw_market(self) -> None:
        good, good2 = self.two(lexicon.FRUITS)
        while good.ser[0] == good2.ser[0]:
            good, good2 = self.two(lexicon.FRUITS)
        n1, n2, price = self.between(2, 9), self.between(2, 9), self.between(2, 5)
        self.good_one, self.good, self.good2 = good.one, good.many, good2.many
        self.goodcolour, self.good2colour = good.ser[0], good2.ser[0]
        self.n1, self.n2, self.price = number(n1), number(n2), number(price)
        self.total, self.sum = number(n1 * price, True), number(n1 + n2)
        self.costly = self.good2
        while self.costly in (self.good, self.good2):
            self.costly = self.pick(lexicon.PRODUCE).many
        self.seller = self.pick(_SELLERS)

    def _draw_journey(self) -> None:
        vehicle = self.pick(lexicon.VEHICLES)
        departs, hours = self.between(5, 17), self.between(2, 6)
        minutes = self.pick(("", " y media", " y cuarto"))
        self.vehicle, self.vehiclecolour = vehicle.one, vehicle.ser[0]
        self.departs = clock(departs, minutes)
        self.arrives = clock(departs + hours, minutes)
        self.hours_long = number(hours)
        self.museum, self.museum2 = self.two(lexicon.SIGHTS)

    def _draw_recipe(self) -> None:
        recipe = self.pick(lexicon.DISHES)
        self.dish = recipe.dish
        (self.ing1, steps1), (self.ing2, steps2), (self.ing3, steps3) = recipe.steps
        self.step11, self.step12, self.step13 = steps1
        self.step21, self.step22, self.step23 = steps2
        self.step31, self.step32, self.step33 = steps3

    def turn(self) -> None:
        """Chooses what the next sentence is about, and how it names the people."""
        pick = self.pick
        deed, self.look, self.state = pick(self.hero_deeds)
        self.do, self.it = deed.verb, deed.object
        deed, self.state2 = pick(self.friend_deeds)
        self.do2, self.it2 = deed.verb, deed.object
        deed = pick(self.crowd_deeds)
        self.cdo, self.cit = deed.verb, deed.object
        (folk, folk2), women = self.two(_PROFESSIONS), self.random() < 0.3
        while folk.place is folk2.place:
            folk, folk2 = self.two(_PROFESSIONS)
        self.folk, self.folk2 = folk.many[women], folk2.many[women]
        self.fplace, self.fplace2 = folk.place, folk2.place
        self.ftrait, self.ftrait2 = folk.character, folk2.character
        self.ftool, self.ftool2 = folk.tool, folk2.tool
        (self.fdo, self.fit, _), (self.fdo2, self.fit2, _) = (
            pick(folk.deeds),
            pick(folk2.deeds),
        )
        self.hero, self.friend = pick(self.hero_names), pick(self.friend_names)
        self._turn_animals(*self.animals)

    def _turn_animals(self, first: Animal, second: Animal) -> None:
        if self.random() < 0.4:
            first, second = second, first
        several = self.random() < 0.5
        self.beasts = first.noun.many
        self.beast = self.beasts if several else first.noun.one
        self.rival = second.noun.many if several else second.noun.one
        faster, bigger = first.speed > second.speed, first.size > second.size
        self.swift, self.slow = self.beast, self.rival
        if not faster:
            self.swift, self.slow = self.slow, self.swift
        self.large, self.small = self.beast, self.rival
        if not bigger:
            self.large, self.small = self.small, self.large
        self.kind = _ANIMALS if several else _ANIMAL
        self.prey = first.prey.many if first.prey else None
        self.colour = first.colour
        self.btrait = self.pick(first.character)
        self.food, self.food2 = first.foods
        self.act, self.act2 = first.doings
        self.home = first.home
        far = self.stranger
        self.farbeast = far.noun.many if several else far.noun.one
        self.farcolour = far.colour
        # A contrast needs a difference: without one, the attribute is missing.
        self.rtrait = self.pick(second.character)
        self.rcolour = second.colour if second.colour != first.colour else None
        self.rhome = second.home if second.home != first.home else None
        self.ract = second.doings[0] if second.doings[0] != self.act else None
        self.rfood = second.foods[0] if second.foods[0] != self.food else None

    def lacks(self, names: Sequence[str]) -> bool:
        """Whether one of these attributes is missing in this turn."""
        return any(getattr(self, name) is None for name in names)
