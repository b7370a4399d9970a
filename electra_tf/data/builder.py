"""The parallel build on one machine: a corpus → vocabulary, shards and manifest.

The main process reads, and appends finished bytes to shards; worker processes do the
rest, a block at a time. Results are taken in the order of the blocks, so the shards are
the same whatever the number of workers. Held in memory are a few blocks per worker.
"""

import collections
import dataclasses
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent import futures

import tensorflow as tf

from electra_tf.data import planning
from electra_tf.data.block import BlockProcessor, BlockResult, BlockSettings
from electra_tf.data.cleaning import DuplicateLines
from electra_tf.data.formats import Block
from electra_tf.data.manifest import Counts, Manifest
from electra_tf.data.output import ShardWriter, output_directory
from electra_tf.data.planning import BuildSettings
from electra_tf.data.progress import Progress

BLOCKS_PER_WORKER = 3
"""Read ahead of the worker."""


@dataclasses.dataclass(frozen=True)
class BuildResult:
    """What a build made, and how fast."""

    manifest: Manifest
    seconds: float
    """From the first block to the last, the vocabulary not included."""
    workers: int
    """0 where a cluster decides."""


def build(settings: BuildSettings, say: Callable[[str], None] = print) -> BuildResult:
    """Builds a data directory; all of it, or nothing is left behind.

    Args:
        settings: what to build.
        say: takes a line about a step that is done.

    Raises:
        ValueError: the output exists, a file can't be read, there is no document.
    """
    with output_directory(settings.output, settings.overwrite) as directory:
        ready = planning.plan(settings, directory, say)
        workers = settings.num_workers or os.cpu_count() or 1
        writer = ShardWriter(directory, ready.block_settings.num_shards)
        counts, seconds = _write_examples(
            settings, ready.block_settings, writer, workers
        )
        made = planning.manifest(settings, ready, writer.close(), counts)
        made.save(directory)
    return BuildResult(made, seconds, workers)


def _write_examples(
    settings: BuildSettings,
    block_settings: BlockSettings,
    writer: ShardWriter,
    workers: int,
) -> tuple[Counts, float]:
    """All sources → shards; returns what was counted, and the seconds it took."""
    sources = planning.sources(settings)
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
