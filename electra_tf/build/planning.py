"""What a build settles before it reads the text, and what it says at its end.

Both builders have this in common: the one of one machine and the one of a cluster.
"""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from electra_tf import files
from electra_tf.build import examples
from electra_tf.build.config import BuildConfig
from electra_tf.build.stages import BlockSettings
from electra_tf.corpus import documents
from electra_tf.corpus.cleaning.cleaner import Cleaner
from electra_tf.shards.manifest import (
    VOCABULARY_NAME,
    Counts,
    Manifest,
    RecordFormat,
    Shard,
)
from electra_tf.text import vocabulary as vocabularies
from electra_tf.text.vocabulary import TextRules, Vocabulary

SHARD_BYTES = 100_000_000
"""A shard, about, where the number of shards follows from the size of the corpus."""
SHARD_BYTES_PER_TEXT_BYTE = 0.6
"""Measured on Spanish with 8,192 pieces; less with more pieces."""
MIN_TRAIN_SHARDS = 96
"""So that an epoch's order of shards is one of many, on a few hosts too. Their number
is this times a power of 2: 1, 2, 3, 4, 6, 8, 12, 16, ... hosts have equal shares."""


@dataclasses.dataclass(frozen=True)
class BuildSettings:
    """What the user asks of a build."""

    train_sources: Sequence[documents.Source]
    valid_sources: Sequence[documents.Source]
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
        # These check what was overridden.
        Cleaner(self.config.cleaning, self.language)
        dataclasses.replace(self.config.deduplication)
        if self.report:
            files.check_writable(self.report, "--report")
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


@dataclasses.dataclass(frozen=True)
class Plan:
    """What is settled before the first block is read."""

    block_settings: BlockSettings
    unreachable_pieces: int
    """Of the vocabulary."""


def plan(
    settings: BuildSettings,
    directory: str,
    say: Callable[[str], None] = print,
    shards: Mapping[str, int] | None = None,
) -> Plan:
    """Settles the vocabulary, and saves it in the directory.

    Args:
        settings: of the build.
        directory: that may hold the vocabulary already, of a build that continues.
        say: takes a line about it.
        shards: of each split, where the build began with another number.
    """
    path = tf.io.gfile.join(directory, VOCABULARY_NAME)
    if tf.io.gfile.exists(path):
        vocabulary = Vocabulary.load(path)
    else:
        vocabulary = settings.vocabulary or _learn(settings, say)
    unreachable = vocabularies.unreachable(vocabulary, settings.text_rules)
    if unreachable:
        shown = ", ".join(unreachable[:8])
        say(
            f"{len(unreachable):,} of {len(vocabulary):,} pieces can't come out of "
            f"any text ({settings.text_rules}): {shown}, ..."
        )
    vocabulary.save(path)
    block_settings = BlockSettings(
        vocabulary=vocabulary,
        text_rules=settings.text_rules,
        max_seq_length=settings.max_seq_length,
        num_shards=shards or num_shards(settings),
        valid_fraction=0.0 if settings.valid_sources else settings.valid_fraction,
        seed=settings.seed,
        cleaning=settings.config.cleaning,
        deduplication=settings.config.deduplication,
        language=settings.language,
        sampled=bool(settings.report),
    )
    return Plan(block_settings, len(unreachable))


def identity(settings: BuildSettings) -> dict[str, Any]:
    """All that the bytes of the shards depend on."""
    names = ("vocabulary_size", "vocabulary_sample_bytes", "max_seq_length", "seed")
    given = settings.vocabulary
    return {
        "corpus": [
            [source.path, source.bytes, source.format.value, split]
            for source, split in sources(settings)
        ],
        "vocabulary": given.hash if given else "",
        "text_rules": dataclasses.asdict(settings.text_rules),
        "valid_fraction": settings.valid_fraction,
        "num_shards": num_shards(settings),
        "config": dataclasses.asdict(settings.config),
        "language": settings.language,
        "report": bool(settings.report),
        **{name: getattr(settings, name) for name in names},
    }


def check_documents(settings: BuildSettings, counts: Counts) -> None:
    """Checks that the corpus holds a document.

    Raises:
        ValueError: it holds none.
    """
    if not counts.documents:
        raise ValueError(
            f"The corpus is empty: {len(settings.train_sources)} sources, "
            f"beginning with {settings.train_sources[0].path}, hold no document. "
            "Check the files that --corpus names."
        )


def manifest(
    settings: BuildSettings, ready: Plan, shards: Sequence[Shard], counts: Counts
) -> Manifest:
    """What is known of a build when its shards are written."""
    vocabulary = ready.block_settings.vocabulary
    return Manifest(
        record_format=RecordFormat.COMPACT,
        text_rules=settings.text_rules,
        vocabulary_hash=vocabulary.hash,
        fingerprint=vocabulary.fingerprint(settings.text_rules),
        special_ids=vocabulary.special_ids,
        vocabulary_size=len(vocabulary),
        max_seq_length=settings.max_seq_length,
        shards=tuple(shards),
        sources=tuple(
            {
                "path": source.path,
                "bytes": source.bytes,
                "format": source.format.value,
                "split": split,
            }
            for source, split in sources(settings)
        ),
        counts=counts,
        unreachable_pieces=ready.unreachable_pieces,
        config=dataclasses.asdict(settings.config),
        seed=settings.seed,
        shuffled=True,
        language=settings.language,
        command=settings.command,
    )


def _learn(settings: BuildSettings, say: Callable[[str], None]) -> Vocabulary:
    cleaner = Cleaner(settings.config.cleaning, settings.language)
    text = documents.Excerpt(
        settings.train_sources, settings.vocabulary_sample_bytes, cleaner
    )
    vocabulary = vocabularies.learn(text, settings.vocabulary_size, settings.text_rules)
    say(f"Learnt a vocabulary of {len(vocabulary):,} pieces ({settings.text_rules}).")
    if len(vocabulary) < settings.vocabulary_size:
        say(
            f"That is fewer than --vocab_size={settings.vocabulary_size:,}: the text "
            "has no more pieces that occur twice."
        )
    return vocabulary


def num_shards(settings: BuildSettings) -> dict[str, int]:
    """Number of shards of each split, from the sizes of the sources alone."""

    def by_size(text_bytes: float) -> int:
        return math.ceil(text_bytes * SHARD_BYTES_PER_TEXT_BYTE / SHARD_BYTES)

    train_bytes = _text_bytes(settings.train_sources)
    valid_bytes = _text_bytes(settings.valid_sources)
    if not settings.valid_sources:
        valid_bytes = settings.valid_fraction * train_bytes
    train = MIN_TRAIN_SHARDS
    while train < by_size(train_bytes):
        train *= 2
    return {
        "train": settings.num_shards or train,
        "valid": max(1, by_size(valid_bytes)) if valid_bytes else 0,
    }


def text_bytes(settings: BuildSettings) -> float:
    """Size of the corpus as text, estimated."""
    return _text_bytes(settings.train_sources) + _text_bytes(settings.valid_sources)


def _text_bytes(sources: Sequence[documents.Source]) -> float:
    return sum(source.text_bytes for source in sources)


def sources(settings: BuildSettings) -> list[tuple[documents.Source, str]]:
    """Sources and their splits, held-out text first.

    So a line that is in both splits is removed as a duplicate from training.
    """
    return [(source, "valid") for source in settings.valid_sources] + [
        (source, "train") for source in settings.train_sources
    ]
