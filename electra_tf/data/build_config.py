"""What a build does to the text, as a config file states it.

Every rule is off at its default: 0, False or "".
"""

import dataclasses


@dataclasses.dataclass
class CleaningConfig:
    """Which rules repair, and which drop, lines and documents."""


@dataclasses.dataclass
class DeduplicationConfig:
    """What is kept once. Held-out text comes first: training loses what is in both."""

    documents: bool = False
    """Drop documents equal to an earlier one, white space aside."""
    lines: bool = False
    """Drop lines equal to an earlier one, of 20 characters or more."""
    near_documents: float = 0.0
    """Drop documents whose sets of word n-grams have this Jaccard similarity, or a
    higher one, with an earlier document's; by MinHash, so about."""

    @property
    def is_on(self) -> bool:
        """Whether the corpus is read twice."""
        return bool(self.documents or self.lines or self.near_documents)


@dataclasses.dataclass
class BuildConfig:
    """The whole of a build's config file."""

    cleaning: CleaningConfig = dataclasses.field(default_factory=CleaningConfig)
    deduplication: DeduplicationConfig = dataclasses.field(
        default_factory=DeduplicationConfig
    )
