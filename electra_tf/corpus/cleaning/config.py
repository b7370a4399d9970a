"""Settings of the cleaning rules, as a config file states them.

Every rule is off at its default: 0, False or "". A rule's counter in the manifest has
the name of its field. Repairs come first, then lines are dropped, then documents, by
the first rule in this order that applies.
"""

import dataclasses

SHORT_LINE_WORDS = 4
"""Lines of fewer words are short: an entry of a menu, a heading, a button."""
CODE_CHARACTERS = "{}[]<>=;|\\^~_#$@*+"
"""Characters that are frequent in source code and markup, and rare in prose."""


@dataclasses.dataclass
class CleaningConfig:
    """Which rules are on, and their limits.

    A document is kept if the corpus doesn't state the value that a rule needs.
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
    """Drop lines of fewer characters."""

    min_document_characters: int = 0
    """Drop documents that then have fewer characters."""
    quality_warnings: str = ""
    """Drop documents with any of these of OSCAR's annotations, comma-separated: tiny,
    short_sentences, header, footer, noisy, adult."""
    categories: str = ""
    """Drop documents with any of these of OSCAR 23.01's categories, comma-separated."""
    min_probability: float = 0.0
    """Drop documents whose language was identified with a lower probability."""
    min_harmful_pp: float = 0.0
    """Drop documents of lower perplexity under OSCAR 23.01's model of harmful text, as
    they resemble that."""
    max_harmful_pp: float = 0.0
    """Drop documents of higher perplexity under that model, as they are hardly text."""
    check_language: bool = False
    """Drop documents of another language than --language, by the corpus's label, or
    else by fastText's identification if it is certain. es-MX counts as es."""
    min_letter_ratio: float = 0.0
    """Drop documents with a smaller share of letters, counted in bytes of UTF-8 without
    blanks; all bytes beyond ASCII count as letters."""
    max_code_ratio: float = 0.0
    """Drop documents with a larger share of CODE_CHARACTERS, counted as above."""
    max_short_line_ratio: float = 0.0
    """Drop documents, such as menus and lists of links, with a larger share of lines of
    fewer than SHORT_LINE_WORDS words."""

    def __post_init__(self):
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            high = 1 if field.name.endswith("ratio") else float("inf")
            if not isinstance(value, str) and not 0 <= value <= high:
                raise ValueError(
                    f"--config.cleaning.{field.name}={value} must be from 0 "
                    f"({'off' if high > 1 else 'off) to 1 (a share'})."
                )
