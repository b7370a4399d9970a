"""Which rules clean the text, as a config file states it.

Every rule is off at its default: 0, False or "". The names of the fields are those of
the counters in the manifest. Repairs come first, then lines are dropped, then
documents, by the first rule in this order that applies.
"""

import dataclasses

REPAIRS = ("mojibake", "control_characters", "zero_width", "nfc")
"""Rules that change lines, in their order."""
SHORT_LINE_WORDS = 4
"""Fewer are a short line: an entry of a menu, a heading, a button."""
CODE_CHARACTERS = "{}[]<>=;|\\^~_#$@*+"
"""Frequent in source code and markup, rare in prose."""


@dataclasses.dataclass
class CleaningConfig:
    """Which rules repair, and which drop, lines and documents.

    A document of which the corpus doesn't state what a rule asks for is kept.
    """

    mojibake: bool = False
    """Repair text that was decoded wrongly (niÃ±o), with ftfy."""
    control_characters: bool = False
    """Remove control characters and noncharacters; form feeds and the like become
    blanks. The tab stays."""
    zero_width: bool = False
    """Remove zero-width spaces, byte order marks, soft hyphens and bidirectional marks.
    Joiners stay: Persian, Indic scripts and emoji need them."""
    nfc: bool = False
    """Compose letters and accents (Unicode NFC)."""

    min_line_characters: int = 0
    """Drop shorter lines."""

    min_document_characters: int = 0
    """Drop documents that are shorter after that."""
    quality_warnings: str = ""
    """Drop documents with any of these of OSCAR's annotations, comma-separated: tiny,
    short_sentences, header, footer, noisy, adult."""
    categories: str = ""
    """Drop documents with any of these of OSCAR 23.01's categories, comma-separated."""
    min_probability: float = 0.0
    """Drop documents whose language was identified with less."""
    min_harmful_pp: float = 0.0
    """Drop documents of lower perplexity under OSCAR 23.01's model of harmful text:
    they resemble it."""
    max_harmful_pp: float = 0.0
    """Drop documents of higher perplexity: they are hardly text."""
    check_language: bool = False
    """Drop documents of another language than --language, going by the corpus's label,
    and without one by fastText's identification, where that is certain. Of es-MX, es
    counts."""
    min_letter_ratio: float = 0.0
    """Drop documents with a smaller share of letters. Counted are bytes of UTF-8 but
    for blanks; all beyond ASCII pass for letters."""
    max_code_ratio: float = 0.0
    """Drop documents with a larger share of CODE_CHARACTERS; counted as above."""
    max_short_line_ratio: float = 0.0
    """Drop documents with a larger share of lines of fewer than SHORT_LINE_WORDS
    words: menus and lists of links."""

    def __post_init__(self):
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            high = 1 if field.name.endswith("ratio") else float("inf")
            if not isinstance(value, str) and not 0 <= value <= high:
                raise ValueError(
                    f"--config.cleaning.{field.name}={value} must be from 0 "
                    f"({'off' if high > 1 else 'off) to 1 (a share'})."
                )
