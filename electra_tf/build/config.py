"""Rules of cleaning and deduplication, as a config file states them.

Every rule is off at its default: 0, False or "".
"""

import dataclasses

from electra_tf.corpus.cleaning.config import CleaningConfig


@dataclasses.dataclass
class DeduplicationConfig:
    """What is kept only once. Text in both splits is removed from training."""

    documents: bool = False
    """Drop documents equal to an earlier one, ignoring white space."""
    lines: bool = False
    """Drop lines of 20 characters or more that are equal to an earlier one."""
    near_documents: float = 0.0
    """Drop documents that resemble an earlier one: the Jaccard similarity of their sets
    of word trigrams, estimated by MinHash, is at least this. 0.5 finds copies in which
    every tenth word was changed; below 0.5 many similar pairs are missed."""

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
    """All rules of a build."""

    cleaning: CleaningConfig = dataclasses.field(default_factory=CleaningConfig)
    deduplication: DeduplicationConfig = dataclasses.field(
        default_factory=DeduplicationConfig
    )
