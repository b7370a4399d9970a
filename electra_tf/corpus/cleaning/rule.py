"""What a cleaning rule is.

A rule has one name: that of its field in `CleaningConfig`, and that of its counter in
the manifest. Its module declares it, and `cleaner` lists the modules in the order in
which rules are applied.
"""

import dataclasses
import functools
import operator
import re
from collections.abc import Callable
from typing import Any

from electra_tf.corpus.formats import Document

_BLANKS = b" \t\n"


@dataclasses.dataclass(frozen=True)
class Repair:
    """A rule that changes lines."""

    name: str
    characters: str
    """Characters that need the repair wherever they are, as in [...] of a pattern."""
    repaired: Callable[[str], str]
    may_change: Callable[[str], Any]
    """Quick test that is false for most lines that need no repair."""
    is_also_in: Callable[[str], bool] | None = None
    """Whether a text without any of `characters` needs the repair."""


class DocumentText:
    """A document, and what several filters compute from it."""

    def __init__(self, document: Document):
        self.lines = document.lines
        self.metadata = document.metadata

    @functools.cached_property
    def joined(self) -> str:
        """The whole text."""
        return "\n".join(self.lines)

    @functools.cached_property
    def visible(self) -> bytes:
        """The text as UTF-8, without blanks."""
        return self.joined.encode().translate(None, _BLANKS)

    def share(self, characters: bytes) -> float:
        """Share of these bytes in the visible ones."""
        size = len(self.visible)
        return (size - len(self.visible.translate(None, characters))) / max(size, 1)


@dataclasses.dataclass(frozen=True)
class DocumentFilter:
    """A rule that drops documents."""

    name: str
    value: Callable[[DocumentText], Any]
    """The value that decides; None if the corpus doesn't state it."""
    test: Callable[[Any, str], Callable[[Any], bool]]
    """Makes, of the rule's setting and the corpus's language, the test of a value that
    is true for documents to drop."""


def repair(name: str, characters: str, repaired: Callable[[str], str]) -> Repair:
    """A repair of the lines that have some of these characters."""
    return Repair(name, characters, repaired, re.compile(f"[{characters}]").search)


def below(name: str, value: Callable[[DocumentText], Any]) -> DocumentFilter:
    """A filter that drops documents whose value is lower than the setting."""
    return DocumentFilter(
        name, value, lambda limit, _: functools.partial(operator.gt, limit)
    )


def above(name: str, value: Callable[[DocumentText], Any]) -> DocumentFilter:
    """A filter that drops documents whose value is higher than the setting."""
    return DocumentFilter(
        name, value, lambda limit, _: functools.partial(operator.lt, limit)
    )


def any_of(name: str, values: Callable[[DocumentText], Any]) -> DocumentFilter:
    """A filter that drops documents with any of the names in the setting."""

    def test(setting: str, _: str) -> Callable[[Any], bool]:
        names = {item.strip() for item in setting.split(",")} - {""}
        return lambda found: not names.isdisjoint(found)

    return DocumentFilter(name, values, test)
