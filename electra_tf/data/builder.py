"""The parallel build on one machine: a corpus → vocabulary, shards and manifest.

The main process reads, and appends finished bytes to shards; worker processes do the
rest, a block at a time. Results are taken in the order of the blocks, so the shards are
the same whatever the number of workers. Held in memory are a few blocks per worker. A
build that was killed continues with the same command.

To remove duplicates, the corpus is read twice: first to survey it (hashes), then to
make examples of what is kept.
"""

import contextlib
import dataclasses
import os
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import tensorflow as tf

from electra_tf import files
from electra_tf.data import duplicates, passes, planning
from electra_tf.data.block import BlockProcessor, BlockResult, Marks
from electra_tf.data.journal import Journal
from electra_tf.data.manifest import (
    Counts,
    Manifest,
    Shard,
)
from electra_tf.data.minhash import MinHash
from electra_tf.data.output import ShardWriter, Unfinished, check_output
from electra_tf.data.planning import BuildSettings
from electra_tf.data.samples import Samples
from electra_tf.data.survey import Surveyor
from electra_tf.data.workers import Workers

SURVEY_NAME = "survey"


@dataclasses.dataclass(frozen=True)
class BuildResult:
    """What a build made, and how fast."""

    manifest: Manifest
    text_bytes: int
    """That examples were made of since the build was begun or continued."""
    seconds: dict[str, float]
    """The same, by stage: vocabulary, survey, duplicates, examples."""
    workers: int

    @property
    def rate(self) -> float:
        """MB of text per second, the vocabulary not included."""
        seconds = sum(self.seconds.values()) - self.seconds["vocabulary"]
        return self.text_bytes / 1e6 / seconds


def build(settings: BuildSettings, say: Callable[[str], None] = print) -> BuildResult:
    """Builds a data directory; it appears when all of it is there.

    Args:
        settings: what to build.
        say: takes a line about a step that is done.

    Raises:
        ValueError: the output exists, a file can't be read, there is no document, or
            what is unfinished there is another build.
    """
    check_output(settings.output, settings.overwrite)
    unfinished = Unfinished(settings.output)
    with unfinished.locked(say):
        # The number of shards is that of the beginning.
        noted = unfinished.check(planning.identity(settings))
        seconds: dict[str, float] = {}
        with _timed(seconds, "vocabulary"):
            plan = planning.plan(
                settings, unfinished.directory, say, noted["num_shards"]
            )
        with Workers(settings.num_workers, plan.block_settings) as workers:
            marks = None
            if settings.config.deduplication.is_on:
                marks = _find_duplicates(settings, unfinished, workers, seconds)
            journal = Journal(unfinished.directory)
            if journal.state:
                done = journal.state["counts"]["text_bytes"] / 1e6
                say(f"Continues the unfinished build, after {done:,.0f} MB of text.")
            with _timed(seconds, "examples"):
                counts, samples, shards, text_bytes = _make_examples(
                    settings, plan.block_settings.num_shards, journal, workers, marks
                )
        if not counts.documents:
            unfinished.discard()
        manifest = planning.manifest(settings, plan, shards, counts)
        manifest.save(unfinished.directory)
        if settings.report:
            tf.io.gfile.makedirs(os.path.dirname(settings.report) or ".")
            files.write(settings.report, samples.markdown(manifest))
        unfinished.finish()
    return BuildResult(manifest, text_bytes, seconds, workers.count)


def _find_duplicates(
    settings: BuildSettings,
    unfinished: Unfinished,
    workers: Workers,
    seconds: dict[str, float],
) -> Iterator[Marks]:
    """Reads the corpus once, and decides what to leave out the second time."""
    directory = unfinished.path(SURVEY_NAME)
    resolved = os.path.join(directory, "resolved")
    journal = Journal(directory)
    surveyed = duplicates.Surveyed(journal)
    with _timed(seconds, "survey"):
        passes.run(
            planning.sources(settings),
            Surveyor,
            surveyed.append,
            surveyed.state,
            journal,
            workers,
            what="MB surveyed",
        )
    rules = settings.config.deduplication
    with _timed(seconds, "duplicates"):
        if not os.path.exists(resolved):
            minhash = MinHash(rules.near_documents) if rules.near_documents else None
            duplicates.resolve(directory, minhash, rules.lines, rules.documents)
            files.write(resolved, "")
    return duplicates.read_marks(directory)


def _make_examples(
    settings: BuildSettings,
    num_shards: Mapping[str, int],
    journal: Journal,
    workers: Workers,
    marks: Iterator[Marks] | None,
) -> tuple[Counts, Samples, tuple[Shard, ...], int]:
    """All sources → shards; also returns the bytes of text of this run."""
    writer = ShardWriter(journal, num_shards)
    done = journal.state or {}
    counts = Counts(**done.get("counts", {}))
    samples = Samples(done.get("samples"))

    def take(result: BlockResult) -> int:
        counts.add(result.counts)
        if result.samples:
            samples.add(result.samples)
        for (split, index), block_records in result.shards.items():
            writer.append(split, index, block_records)
        return result.counts.text_bytes

    def state() -> dict[str, Any]:
        return {
            "counts": dataclasses.asdict(counts),
            "samples": samples.found,
            "shards": writer.counts,
        }

    text_bytes = passes.run(
        planning.sources(settings), BlockProcessor, take, state, journal, workers, marks
    )
    return counts, samples, writer.shards(), text_bytes


@contextlib.contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    start = time.monotonic()
    yield
    seconds[stage] = time.monotonic() - start
