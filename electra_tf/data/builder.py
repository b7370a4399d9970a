"""The parallel build on one machine: a corpus → vocabulary, shards and manifest.

The main process reads, and appends finished bytes to shards; worker processes do the
rest, a block at a time. Results are taken in the order of the blocks, so the shards are
the same whatever the number of workers. Held in memory are a few blocks per worker.
"""

import collections
import dataclasses
import math
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent import futures

import tensorflow as tf

from electra_tf.data import corpus, examples
from electra_tf.data import vocabulary as vocabularies
from electra_tf.data.block import BlockProcessor, BlockResult, BlockSettings
from electra_tf.data.build_config import BuildConfig
from electra_tf.data.cleaning import DuplicateLines
from electra_tf.data.formats import Block
from electra_tf.data.manifest import VOCABULARY_NAME, Counts, Manifest, RecordFormat
from electra_tf.data.output import ShardWriter, output_directory
from electra_tf.data.progress import Progress
from electra_tf.data.vocabulary import TextRules, Vocabulary

SHARD_BYTES = 100_000_000
"""A shard, about, where the number of shards follows from the size of the corpus."""
SHARD_BYTES_PER_TEXT_BYTE = 0.6
"""Measured on Spanish with 8,192 pieces; less with more pieces."""
MIN_TRAIN_SHARDS = 8
"""So that a reader can mix several, and a few hosts have one each."""
BLOCKS_PER_WORKER = 3
"""Read ahead of the worker."""


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
    language: str
    """ISO 639 code; "" where not stated."""
    overwrite: bool
    command: str

    def __post_init__(self):
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
class BuildResult:
    """What a build made, and how fast."""

    manifest: Manifest
    seconds: float
    """From the first block to the last, the vocabulary not included."""
    workers: int


def build(settings: BuildSettings, say: Callable[[str], None] = print) -> BuildResult:
    """Builds a data directory; all of it, or nothing is left behind.

    Args:
        settings: what to build.
        say: takes a line about a step that is done.

    Raises:
        ValueError: the output exists, a file can't be read, there is no document.
    """
    with output_directory(settings.output, settings.overwrite) as directory:
        vocabulary = settings.vocabulary or _learn(settings, say)
        unreachable = vocabularies.unreachable(vocabulary, settings.text_rules)
        if unreachable:
            shown = ", ".join(unreachable[:8])
            say(
                f"{len(unreachable):,} of {len(vocabulary):,} pieces can't come out of "
                f"any text ({settings.text_rules}): {shown}, ..."
            )
        vocabulary.save(tf.io.gfile.join(directory, VOCABULARY_NAME))
        block_settings = BlockSettings(
            vocabulary=vocabulary,
            text_rules=settings.text_rules,
            max_seq_length=settings.max_seq_length,
            num_shards=_num_shards(settings),
            valid_fraction=0.0 if settings.valid_sources else settings.valid_fraction,
            seed=settings.seed,
            cleaning=settings.config.cleaning,
            language=settings.language,
        )
        workers = settings.num_workers or os.cpu_count() or 1
        writer = ShardWriter(directory, block_settings.num_shards)
        counts, seconds = _write_examples(settings, block_settings, writer, workers)
        if not counts.documents:
            raise ValueError(
                f"The corpus is empty: {len(settings.train_sources)} sources, "
                f"beginning with {settings.train_sources[0].path}, hold no document. "
                "Check the files that --corpus names."
            )
        manifest = Manifest(
            record_format=RecordFormat.COMPACT,
            text_rules=settings.text_rules,
            vocabulary_hash=vocabulary.hash,
            fingerprint=vocabulary.fingerprint(settings.text_rules),
            special_ids=vocabulary.special_ids,
            vocabulary_size=len(vocabulary),
            max_seq_length=settings.max_seq_length,
            shards=writer.close(),
            sources=tuple(
                {
                    "path": source.path,
                    "bytes": source.bytes,
                    "format": source.format.value,
                    "split": split,
                }
                for source, split in _sources(settings)
            ),
            counts=counts,
            unreachable_pieces=len(unreachable),
            seed=settings.seed,
            language=settings.language,
            command=settings.command,
        )
        manifest.save(directory)
    return BuildResult(manifest, seconds, workers)


def _learn(settings: BuildSettings, say: Callable[[str], None]) -> Vocabulary:
    text = corpus.Excerpt(settings.train_sources, settings.vocabulary_sample_bytes)
    vocabulary = vocabularies.learn(text, settings.vocabulary_size, settings.text_rules)
    say(f"Learnt a vocabulary of {len(vocabulary):,} pieces ({settings.text_rules}).")
    if len(vocabulary) < settings.vocabulary_size:
        say(
            f"That is fewer than --vocab_size={settings.vocabulary_size:,}: the text "
            "has no more pieces that occur twice."
        )
    return vocabulary


def _num_shards(settings: BuildSettings) -> dict[str, int]:
    """Of each split, from the sizes of the sources alone."""

    def by_size(text_bytes: float, minimum: int) -> int:
        size = text_bytes * SHARD_BYTES_PER_TEXT_BYTE
        return max(minimum, math.ceil(size / SHARD_BYTES))

    train_bytes = sum(source.text_bytes for source in settings.train_sources)
    valid_bytes = sum(source.text_bytes for source in settings.valid_sources)
    if not settings.valid_sources:
        valid_bytes = settings.valid_fraction * train_bytes
    return {
        "train": settings.num_shards or by_size(train_bytes, MIN_TRAIN_SHARDS),
        "valid": by_size(valid_bytes, minimum=1) if valid_bytes else 0,
    }


def _sources(settings: BuildSettings) -> list[tuple[corpus.Source, str]]:
    """Sources and their splits, held-out text first.

    So a line that is in both splits is removed as a duplicate from training.
    """
    return [(source, "valid") for source in settings.valid_sources] + [
        (source, "train") for source in settings.train_sources
    ]


def _write_examples(
    settings: BuildSettings,
    block_settings: BlockSettings,
    writer: ShardWriter,
    workers: int,
) -> tuple[Counts, float]:
    """All sources → shards; returns what was counted, and the seconds it took."""
    sources = _sources(settings)
    counts = Counts()
    duplicates = DuplicateLines() if settings.config.deduplication.lines else None
    position = 0
    """Bytes read of all sources, as stored."""

    def blocks() -> Iterator[tuple[Block, str]]:
        nonlocal position
        for source, split in sources:
            before = position
            for block in source.blocks():
                position = before + block.position
                yield duplicates.mark(block) if duplicates else block, split

    progress = Progress(sum(source.bytes for source, _ in sources))
    try:
        for result in _processed(blocks(), block_settings, workers):
            counts.add(result.counts)
            for (split, index), block_records in result.shards.items():
                writer.append(split, index, block_records)
            progress.update(position, counts.text_bytes)
    finally:
        progress.close()
    return counts, progress.seconds


def _processed(
    blocks: Iterator[tuple[Block, str]], settings: BlockSettings, workers: int
) -> Iterator[BlockResult]:
    """Processes blocks, in this process or in others; results in order."""
    if workers == 1:
        processor = BlockProcessor(settings)
        for block, split in blocks:
            yield processor(block, split)
        return
    pool = futures.ProcessPoolExecutor(
        workers,
        # TensorFlow can't be forked.
        multiprocessing.get_context("spawn"),
        _start_worker,
        (settings,),
    )
    pending: collections.deque[futures.Future[BlockResult]] = collections.deque()
    try:
        for block, split in blocks:
            pending.append(pool.submit(_process, block, split))
            if len(pending) >= BLOCKS_PER_WORKER * workers:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    except futures.process.BrokenProcessPool as error:
        raise RuntimeError(
            f"One of {workers} workers died, probably for lack of memory: rerun with a "
            "smaller --num_workers."
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


_processor: BlockProcessor | None = None
"""Of a worker process."""


def _start_worker(settings: BlockSettings) -> None:
    # The main process gets Ctrl-C as well, and ends its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tf.config.set_visible_devices([], "GPU")
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    global _processor
    _processor = BlockProcessor(settings)


def _process(block: Block, split: str) -> BlockResult:
    assert _processor, "a worker starts with _start_worker"
    return _processor(block, split)
