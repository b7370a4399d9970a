"""What a build does to the text, as a config file states it.

Every rule is off at its default: 0, False or "".
"""

import dataclasses

from electra_tf.corpus.cleaning.config import CleaningConfig


@dataclasses.dataclass
class DeduplicationConfig:
    """What is kept once. Held-out text comes first: training loses what is in both."""

    documents: bool = False
    """Drop documents equal to an earlier one, white space aside."""
    lines: bool = False
    """Drop lines equal to an earlier one, of 20 characters or more."""
    near_documents: float = 0.0
    """Drop documents whose sets of word trigrams have this Jaccard similarity, or a
    higher one, with an earlier document's, as MinHash estimates it. 0.5 finds copies in
    which every tenth word was changed; lower ones aren't looked for reliably."""

    def __post_init__(self):
        if self.near_documents and not 0.4 <= self.near_documents <= 1:
            raise ValueError(
                f"--config.deduplication.near_documents={self.near_documents} must be "
                "0 (off), or a similarity from 0.4 to 1."
            )

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
