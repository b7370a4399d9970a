"""Compiles the sentence patterns of `grammar` into functions of a story.

`grammar` explains the notation. A slot becomes a function from a story to a string, a
pattern a format string with its slots: nothing is parsed while text is generated.
"""

import itertools
import random
import re
from collections.abc import Callable
from operator import attrgetter
from typing import NamedTuple

from sample_corpus.inflection import Verb, adjective
from sample_corpus.lexicon import VERBS
from sample_corpus.story import Story

# A sentence ends where a capital or the end of the line follows.
SENTENCE_END = re.compile(r"[.?!](?= —?[A-ZÁÉÍÓÚÑ¿¡]|$)")

_SLOT = re.compile(r"{(\^?)(\w+)(?:@(\w+))?(?:\.(\w+))?}")
_TENSES = {
    "": "present",
    "past": "preterite",
    "imp": "imperfect",
    "fut": "future",
    "cond": "conditional",
    "subj": "subjunctive",
}
# Words that agree but are neither verbs nor regular adjectives.
AGREEING = {
    "el": ("el", "la", "los", "las"),
    "un": ("un", "una", "unos", "unas"),
    "lo": ("lo", "la", "los", "las"),
    "le": ("le", "le", "les", "les"),
    "él": ("él", "ella", "ellos", "ellas"),
    "este": ("este", "esta", "estos", "estas"),
    "su": ("su", "su", "sus", "sus"),
    "mi": ("mi", "mi", "mis", "mis"),
    "tu": ("tu", "tu", "tus", "tus"),
    "buen": ("buen", "buena", "buenos", "buenas"),
}

_Slot = Callable[[Story], str]

# Attributes that a story may lack. A story that has them all shows which names in a
# pattern are verbs, adjectives or texts.
_MAY_LACK = ("prey", "rcolour", "rhome", "ract", "rfood")


def _complete_story() -> Story:
    """Finds a story that has every attribute."""
    for seed in itertools.count():
        story = Story(random.Random(seed))
        story.turn()
        if not story.lacks(_MAY_LACK):
            return story
    raise AssertionError("unreachable")


_COMPLETE = vars(_complete_story())


class Pattern(NamedTuple):
    """A compiled pattern: a format string, its slots, and when it can be used.

    `needs` names attributes that the story must have, and `without_subject` is the same
    pattern without its subject, if that may be dropped.
    """

    template: str
    slots: tuple[_Slot, ...]
    sentences: int
    tells_job: bool
    tells_friends_job: bool
    needs: tuple[str, ...]
    can_be_reported: bool
    without_subject: "Pattern | None"

    def __call__(self, story: Story) -> str:
        """Words the sentence for a story."""
        return self.template % tuple([slot(story) for slot in self.slots])


def _agreeing_slot(word: str, role: str, form: str) -> _Slot:
    """Compiles the slot `{word@role.form}`."""
    if word in VERBS and form != "part":
        forms = getattr(VERBS[word], _TENSES[form])
        get_person = attrgetter(f"{role}.person")
        return lambda story: forms[get_person(story)]
    own = _COMPLETE.get(word)
    if isinstance(own, Verb) and form != "part":
        get_forms = attrgetter(f"{word}.{_TENSES[form]}")
        get_person = attrgetter(f"{role}.person")
        return lambda story: get_forms(story)[get_person(story)]
    get_key = attrgetter(f"{role}.key")
    if own is not None:
        get_forms = attrgetter(f"{word}.participle" if form else word)
        return lambda story: get_forms(story)[get_key(story)]
    if word in VERBS:
        forms = VERBS[word].participle
    else:
        assert not word.endswith(("ar", "er", "ir")), f"{word} is not in the lexicon"
        forms = AGREEING.get(word) or adjective(word)
    return lambda story: forms[get_key(story)]


def _plain_slot(name: str, form: str) -> _Slot:
    """Compiles the slot `{role.form}`, a text or a verb without a person."""
    if isinstance(_COMPLETE.get(name), str):
        return attrgetter(name)
    if isinstance(_COMPLETE.get(name), Verb):
        if form == "part":
            get_participle = attrgetter(f"{name}.participle")
            return lambda story: get_participle(story)[0]
        return attrgetter(f"{name}.{'infinitive' if form == 'inf' else 'gerund'}")
    return attrgetter(f"{name}.{form or 'the'}")


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _compile(pattern: str) -> Pattern:
    """Compiles one pattern."""
    can_be_reported = pattern.startswith("~")
    pattern = pattern.removeprefix("~")
    slots = []
    for capital, word, role, form in _SLOT.findall(pattern):
        slot = _agreeing_slot(word, role, form) if role else _plain_slot(word, form)
        if capital:
            slot = (lambda inner: lambda story: _capital(inner(story)))(slot)
        slots.append(slot)
    droppable = pattern.startswith("{hero} ") and not pattern.startswith("{hero} y ")
    return Pattern(
        template=_SLOT.sub("%s", pattern),
        slots=tuple(slots),
        sentences=len(SENTENCE_END.findall(pattern.replace("{^", "A"))),
        tells_job=re.search(r"{\^?job\b", pattern) is not None,
        tells_friends_job="{job2" in pattern,
        needs=tuple(name for name in _MAY_LACK if re.search(rf"{{{name}\b", pattern)),
        can_be_reported=can_be_reported,
        without_subject=_compile(pattern[7:]) if droppable else None,
    )


def compile_block(block: str) -> tuple[Pattern, ...]:
    """Compiles a block of patterns, one per line."""
    return tuple(_compile(line) for line in block.strip().splitlines())
