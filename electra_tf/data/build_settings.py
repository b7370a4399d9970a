"""What the user asks of a build, and what follows from it."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from electra_tf.data import corpus, examples
from electra_tf.data import vocabulary as vocabularies
from electra_tf.data.build_config import BuildConfig
from electra_tf.data.cleaning import Cleaner
from electra_tf.data.manifest import Counts, Manifest, RecordFormat, Shard
from electra_tf.data.vocabulary import TextRules, Vocabulary

SHARD_BYTES = 100_000_000
"""A shard, about, where the number of shards follows from the size of the corpus."""
SHARD_BYTES_PER_TEXT_BYTE = 0.6
"""Measured on Spanish with 8,192 pieces; less with more pieces."""
MIN_TRAIN_SHARDS = 8
"""So that a reader can mix several, and a few hosts have one each."""


@dataclasses.dataclass(frozen=True)
class BuildSettings:
    """What the user asks of a build."""

    train_sources: Sequence[corpus.Source]
    valid_sources: Sequence[corpus.Source]
    """Empty: valid_fraction of the training documents are held out."""
    output: str
    text_rules: TextRules
    vocabulary: Vocabulary | None
    """None: learn one."""
    vocabulary_size: int
    vocabulary_sample_bytes: int
    """Text to learn the vocabulary from, at most."""
    max_seq_length: int
    valid_fraction: float
    """Share of the documents; without effect where there are valid_sources."""
    num_workers: int
    """0: one per core."""
    num_shards: int
    """Training shards; 0: by size."""
    seed: int
    config: BuildConfig
    """What is done to the text."""
    report: str
    """A file for samples of what is kept and dropped; "" for none."""
    language: str
    """ISO 639 code; "" where not stated."""
    overwrite: bool
    command: str

    def __post_init__(self):
        Cleaner(self.config.cleaning, self.language)  # Checks whether it can.
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

    def sources(self) -> list[tuple[corpus.Source, str]]:
        """Sources and their splits, held-out text first.

        So a line that is in both splits is removed as a duplicate from training.
        """
        return [(source, "valid") for source in self.valid_sources] + [
            (source, "train") for source in self.train_sources
        ]

    def shard_counts(self) -> dict[str, int]:
        """Of each split, from the sizes of the sources alone."""

        def by_size(text_bytes: float, minimum: int) -> int:
            size = text_bytes * SHARD_BYTES_PER_TEXT_BYTE
            return max(minimum, math.ceil(size / SHARD_BYTES))

        train_bytes = sum(source.text_bytes for source in self.train_sources)
        valid_bytes = sum(source.text_bytes for source in self.valid_sources)
        if not self.valid_sources:
            valid_bytes = self.valid_fraction * train_bytes
        return {
            "train": self.num_shards or by_size(train_bytes, MIN_TRAIN_SHARDS),
            "valid": by_size(valid_bytes, minimum=1) if valid_bytes else 0,
        }

    def identity(self) -> dict[str, Any]:
        """All that the bytes of the shards depend on."""
        names = ("vocabulary_size", "vocabulary_sample_bytes", "max_seq_length", "seed")
        given = self.vocabulary
        return {
            "corpus": [
                [source.path, source.bytes, source.format.value, split]
                for source, split in self.sources()
            ],
            "vocabulary": given.hash if given else "",
            "text_rules": dataclasses.asdict(self.text_rules),
            "valid_fraction": self.valid_fraction,
            "num_shards": self.shard_counts(),
            "config": dataclasses.asdict(self.config),
            "language": self.language,
            "report": bool(self.report),
            **{name: getattr(self, name) for name in names},
        }

    def describe(
        self,
        vocabulary: Vocabulary,
        shards: tuple[Shard, ...],
        counts: Counts,
    ) -> Manifest:
        """The manifest of a build."""
        return Manifest(
            record_format=RecordFormat.COMPACT,
            text_rules=self.text_rules,
            vocabulary_hash=vocabulary.hash,
            fingerprint=vocabulary.fingerprint(self.text_rules),
            special_ids=vocabulary.special_ids,
            vocabulary_size=len(vocabulary),
            max_seq_length=self.max_seq_length,
            shards=shards,
            sources=tuple(
                {
                    "path": source.path,
                    "bytes": source.bytes,
                    "format": source.format.value,
                    "split": split,
                }
                for source, split in self.sources()
            ),
            counts=counts,
            unreachable_pieces=len(
                vocabularies.unreachable(vocabulary, self.text_rules)
            ),
            config=dataclasses.asdict(self.config),
            seed=self.seed,
            language=self.language,
            command=self.command,
        )
