"""Rules that repair text, and rules that drop lines and documents.

Text that needs no repair is told by one search over a document, at 100 MB/s and more;
only lines of the others are looked at one by one.
"""

import dataclasses
import functools
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from electra_tf.corpus import languages
from electra_tf.corpus.audit import Samples
from electra_tf.corpus.cleaning import mojibake
from electra_tf.corpus.cleaning.config import (
    CODE_CHARACTERS,
    SHORT_LINE_WORDS,
    CleaningConfig,
)
from electra_tf.corpus.cleaning.mojibake import Mojibake
from electra_tf.corpus.formats import Document
from electra_tf.shards.manifest import CorpusCounts

MAX_PASSES = 10
"""Over a line, as a repair may bring out what another has to repair. Two are usual."""

# Classes of characters, of which every text that needs the repair has one.
_BLANK_CONTROLS = "\v\f\r\x1c-\x1f\x85\u2028\u2029"
_CONTROLS = "\0-\x08\v-\x1f\x7f-\x9f\u2028\u2029\ufdd0-\ufdef\ufffe\uffff"
_ZERO_WIDTH = (
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff"
)
# All other characters are composed, and none of them composes with one before it.
_MAYBE_DECOMPOSED = "\u0300-\u2001\u2071-\u20ab\u20ad-\U0010ffff"
_LETTERS = bytes(byte for byte in range(256) if byte >= 128 or chr(byte).isalpha())
_BLANKS = b" \t\n"


class _Text:
    """A document, and what several rules ask of it."""

    def __init__(self, document: Document):
        self.lines = document.lines
        self.metadata = document.metadata

    @functools.cached_property
    def joined(self) -> str:
        return "\n".join(self.lines)

    @functools.cached_property
    def visible(self) -> bytes:
        """UTF-8 without blanks."""
        return self.joined.encode().translate(None, _BLANKS)

    def share(self, characters: bytes) -> float:
        """Of these among the bytes that are visible."""
        size = len(self.visible)
        return (size - len(self.visible.translate(None, characters))) / max(size, 1)


@dataclasses.dataclass(frozen=True)
class _Repair:
    name: str
    characters: str
    """That need it wherever they are, as a class of a regular expression."""
    repaired: Callable[[str], str]
    may_change: Callable[[str], Any]
    """False for most of the lines that it wouldn't change."""


@dataclasses.dataclass(frozen=True)
class _Filter:
    name: str
    value: Callable[[_Text], Any]
    """What the rule judges; None: not stated."""
    drops: Callable[[Any], bool]


class Cleaner:
    """Applies the rules that are on."""

    def __init__(self, config: CleaningConfig, language: str):
        """Makes the rules.

        Args:
            config: which are on.
            language: ISO 639 code that documents should have.

        Raises:
            ValueError: a limit is out of range, or a language is to be checked that
                isn't known.
        """
        dataclasses.replace(config)  # Checks what was overridden.
        self._min_line_characters = config.min_line_characters
        self._mojibake = Mojibake() if config.mojibake else None
        repairs = _repairs(self._mojibake)
        self._repairs = [repair for repair in repairs if getattr(config, repair.name)]
        characters = "".join(repair.characters for repair in self._repairs)
        self._unusual = re.compile(f"[{characters}]") if characters else None
        self._filters = list(_filters(config, language))

    def __call__(
        self,
        documents: Sequence[Document],
        counts: CorpusCounts,
        samples: Samples | None = None,
    ) -> list[Document]:
        """Cleans documents.

        Args:
            documents: as they were read.
            counts: takes what was changed and dropped.
            samples: takes examples of the same.

        Returns:
            What is kept; documents have a line at least.
        """
        if not (self._repairs or self._min_line_characters or self._filters):
            return list(documents)
        cleaned = []
        for document in documents:
            lines = document.lines
            if self._may_repair("\n".join(lines)):
                lines = [self._repaired(line, counts, samples) for line in lines]
            lines = self._long_lines(lines, counts, samples)
            if not lines:
                counts.drop("no line is left")
                continue
            document = Document(lines, document.metadata)
            if self._is_kept(document, counts, samples):
                cleaned.append(document)
        return cleaned

    def _may_repair(self, text: str) -> bool:
        if self._unusual and self._unusual.search(text):
            return True
        return bool(self._mojibake and self._mojibake.has_pairs(text))

    def _repaired(
        self, line: str, counts: CorpusCounts, samples: Samples | None
    ) -> str:
        """Repairs a line until no rule changes it any more."""
        if not self._may_repair(line):
            return line
        changed = set()
        for _ in range(MAX_PASSES):
            before = line
            for repair in self._repairs:
                if not repair.may_change(line):
                    continue
                repaired = repair.repaired(line)
                if repaired != line and repair.name not in changed:
                    changed.add(repair.name)
                    counts.change_line(repair.name)
                    if samples:
                        samples.offer(repair.name, True, line, repaired)
                line = repaired
            if line == before:
                break
        return line

    def _long_lines(
        self, lines: list[str], counts: CorpusCounts, samples: Samples | None
    ) -> list[str]:
        if not self._min_line_characters:
            kept = [line for line in lines if line and not line.isspace()]
            counts.drop_lines("blank after repairs", len(lines) - len(kept))
            return kept
        name = "min_line_characters"
        kept = [
            line for line in lines if len(line.strip()) >= self._min_line_characters
        ]
        counts.drop_lines(name, len(lines) - len(kept))
        if samples:
            for line in lines:
                size = len(line.strip())
                samples.offer(name, size < self._min_line_characters, line, size)
        return kept

    def _is_kept(
        self, document: Document, counts: CorpusCounts, samples: Samples | None
    ) -> bool:
        text = _Text(document)
        for rule in self._filters:
            value = rule.value(text)
            if value is None:
                counts.keep_unstated(rule.name)
                continue
            dropped = rule.drops(value)
            if samples:
                samples.offer(rule.name, dropped, text.joined, value)
            if dropped:
                counts.drop(rule.name)
                return False
        return True


def _repairs(found: Mojibake | None) -> Iterator[_Repair]:
    """In the order in which they are applied.

    Controls may be mojibake; what has no width may part a letter from its accent.
    """

    def repair(name: str, characters: str, repaired: Callable[[str], str]) -> _Repair:
        search = re.compile(f"[{characters}]").search
        return _Repair(name, characters, repaired, search)

    if found:
        yield _Repair("mojibake", mojibake.CHARACTERS, found.repaired, found.may_be_in)
    yield repair("control_characters", _CONTROLS, _without_controls)
    removed = functools.partial(re.compile(f"[{_ZERO_WIDTH}]").sub, "")
    yield repair("zero_width", _ZERO_WIDTH, removed)
    composed = functools.partial(unicodedata.normalize, "NFC")
    yield repair("nfc", _MAYBE_DECOMPOSED, composed)


def _without_controls(line: str) -> str:
    line = re.sub(f"[{_BLANK_CONTROLS}]", " ", line)
    return re.sub(f"[{_CONTROLS}]", "", line).rstrip(" ")


def _filters(config: CleaningConfig, language: str) -> Iterator[_Filter]:
    """Those that are on, in the order in which they are applied."""

    def below(name: str, value: Callable[[_Text], Any]) -> Iterator[_Filter]:
        if limit := getattr(config, name):
            yield _Filter(name, value, lambda found: found < limit)

    def above(name: str, value: Callable[[_Text], Any]) -> Iterator[_Filter]:
        if limit := getattr(config, name):
            yield _Filter(name, value, lambda found: found > limit)

    def named(name: str) -> Iterator[_Filter]:
        if names := {item.strip() for item in getattr(config, name).split(",")} - {""}:
            value = lambda text: getattr(text.metadata, name)  # noqa: E731
            yield _Filter(name, value, lambda found: not names.isdisjoint(found))

    yield from below("min_document_characters", lambda text: len(text.joined))
    yield from named("quality_warnings")
    yield from named("categories")
    yield from below("min_probability", lambda text: text.metadata.probability)
    yield from below("min_harmful_pp", lambda text: text.metadata.harmful_pp)
    yield from above("max_harmful_pp", lambda text: text.metadata.harmful_pp)
    if config.check_language:
        label = languages.expected(language)
        yield _Filter(
            "check_language",
            lambda text: languages.found(text.metadata.language, text.lines),
            lambda found: found != label,
        )
    yield from below("min_letter_ratio", lambda text: text.share(_LETTERS))
    code = CODE_CHARACTERS.encode()
    yield from above("max_code_ratio", lambda text: text.share(code))
    yield from above("max_short_line_ratio", _short_line_ratio)


def _short_line_ratio(text: _Text) -> float:
    short = sum(
        len(line.split(None, SHORT_LINE_WORDS)) < SHORT_LINE_WORDS
        for line in text.lines
    )
    return short / len(text.lines)
