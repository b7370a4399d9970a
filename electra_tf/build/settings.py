"""What a build is asked to do, and what follows from that before any text is read."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from electra_tf import directories
from electra_tf.build import examples
from electra_tf.build.config import BuildConfig
from electra_tf.corpus.cleaning.cleaner import Cleaner
from electra_tf.corpus.documents import Source
from electra_tf.text.vocabulary import TextRules, Vocabulary

SHARD_BYTES = 100_000_000
"""Approximate size of a shard where their number follows from that of the corpus."""
SHARD_BYTES_PER_TEXT_BYTE = 0.6
"""Measured on Spanish with 8,192 pieces; less with more pieces."""
MIN_TRAIN_SHARDS = 96
"""Enough that an epoch's order of shards is one of many, on a few hosts too. The number
of shards is this times a power of 2, so 1, 2, 3, 4, 6, 8, 12, 16, ... hosts get equal
shares."""


@dataclasses.dataclass(frozen=True)
class BuildSettings:
    """Everything that the user decides about a build."""

    train_sources: Sequence[Source]
    valid_sources: Sequence[Source]
    """Held-out text; if empty, `valid_fraction` of the training documents is."""
    output: str
    """The data directory to make."""
    text_rules: TextRules
    vocabulary: Vocabulary | None
    """None to learn one."""
    vocabulary_size: int
    """Pieces to learn."""
    vocabulary_sample_bytes: int
    """Most text to learn the vocabulary from."""
    max_seq_length: int
    """Most tokens in an example."""
    valid_fraction: float
    """Share of the documents that is held out; ignored if there are `valid_sources`."""
    num_workers: int
    """Processes; 0 for one per core."""
    num_shards: int
    """Training shards; 0 to choose by the size of the corpus."""
    seed: int
    config: BuildConfig
    """How the text is cleaned and deduplicated."""
    report: str
    """Markdown file for samples of what was kept and dropped; "" for none."""
    language: str
    """ISO 639 code; "" if unknown."""
    overwrite: bool
    """Whether a finished build at `output` is replaced."""
    command: str
    """The command line, for the manifest."""

    def __post_init__(self):
        # These check what was overridden.
        Cleaner(self.config.cleaning, self.language)
        dataclasses.replace(self.config.deduplication)
        if self.report:
            directories.check_writable(self.report, "--report")
        if self.max_seq_length < examples.MIN_LENGTH:
            raise ValueError(
                f"--max_seq_length={self.max_seq_length} is below "
                f"{examples.MIN_LENGTH}, the room of [CLS] A [SEP] B [SEP]: raise it."
            )
        if not 0 <= self.valid_fraction < 1:
            raise ValueError(
                f"--valid_fraction={self.valid_fraction} must be from 0 up to, not "
                "including, 1: it is a share of the documents."
            )
        for name in ("num_workers", "num_shards"):
            if getattr(self, name) < 0:
                raise ValueError(
                    f"--{name}={getattr(self, name)} is negative: 0 chooses for you."
                )

    @property
    def sources(self) -> list[tuple[Source, str]]:
        """All sources with their splits, held-out text first.

        In this order, a line that is in both splits is removed from training.
        """
        valid = [(source, "valid") for source in self.valid_sources]
        return valid + [(source, "train") for source in self.train_sources]

    @property
    def source_records(self) -> list[dict[str, Any]]:
        """The sources as the manifest lists them."""
        return [
            {
                "path": source.path,
                "bytes": source.bytes,
                "format": source.format.value,
                "split": split,
            }
            for source, split in self.sources
        ]

    @property
    def text_bytes(self) -> float:
        """Estimated size of the corpus as text."""
        return sum(source.text_bytes for source, _ in self.sources)

    @property
    def shards_per_split(self) -> dict[str, int]:
        """Number of shards of each split, from the sizes of the sources alone."""

        def by_size(text_bytes: float) -> int:
            return math.ceil(text_bytes * SHARD_BYTES_PER_TEXT_BYTE / SHARD_BYTES)

        train_bytes = sum(source.text_bytes for source in self.train_sources)
        valid_bytes = self.text_bytes - train_bytes
        if not self.valid_sources:
            valid_bytes = self.valid_fraction * train_bytes
        train = MIN_TRAIN_SHARDS
        while train < by_size(train_bytes):
            train *= 2
        return {
            "train": self.num_shards or train,
            "valid": max(1, by_size(valid_bytes)) if valid_bytes else 0,
        }

    @property
    def identity(self) -> dict[str, Any]:
        """Everything that the bytes of the shards depend on.

        An unfinished build continues only if this is as it was when it began.
        """
        return {
            "corpus": [list(record.values()) for record in self.source_records],
            "vocabulary": self.vocabulary.hash if self.vocabulary else "",
            "vocabulary_size": self.vocabulary_size,
            "vocabulary_sample_bytes": self.vocabulary_sample_bytes,
            "text_rules": dataclasses.asdict(self.text_rules),
            "max_seq_length": self.max_seq_length,
            "valid_fraction": self.valid_fraction,
            "num_shards": self.shards_per_split,
            "seed": self.seed,
            "config": dataclasses.asdict(self.config),
            "language": self.language,
            "report": bool(self.report),
        }
