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

from electra_tf import files
from electra_tf.build import duplicates, output, passes, planning, shuffling, workers
from electra_tf.build.journal import Journal
from electra_tf.build.minhash import MinHash
from electra_tf.build.output import ShardWriter, Unfinished
from electra_tf.build.planning import BuildSettings
from electra_tf.build.stages import BlockProcessor, BlockResult, BlockSettings, Marks
from electra_tf.build.survey import Surveyor
from electra_tf.build.workers import Workers
from electra_tf.corpus.audit import Samples
from electra_tf.progress import Progress
from electra_tf.shards.manifest import Counts, Manifest, Shard

_EXAMPLES_NAME = "examples.json"
"""What was made of the corpus; where it is, only the order of the records is left."""


@dataclasses.dataclass(frozen=True)
class BuildResult:
    """What a build made, and how fast."""

    manifest: Manifest
    text_bytes: int
    """That examples were made of since the build was begun or continued."""
    seconds: dict[str, float]
    """The same, by stage: vocabulary, survey, duplicates, examples, order."""
    workers: int

    @property
    def rate(self) -> float:
        """MB of text per second, the vocabulary not included."""
        seconds = sum(self.seconds.values()) - self.seconds.get("vocabulary", 0.0)
        return self.text_bytes / 1e6 / seconds if seconds else 0.0


def build(settings: BuildSettings, say: Callable[[str], None] = print) -> BuildResult:
    """Builds a data directory; it is finished when its manifest is there.

    Args:
        settings: what to build.
        say: takes a line about a step that is done.

    Raises:
        ValueError: the output exists, a file can't be read, there is no document, or
            what is unfinished there is another build.
    """
    output.check_output(settings.output, settings.overwrite)
    unfinished = Unfinished(settings.output)
    count = settings.num_workers or workers.default_count(planning.text_bytes(settings))
    text_bytes = 0
    seconds: dict[str, float] = {}
    with unfinished.locked(say):
        # The number of shards is that of the beginning.
        noted = unfinished.check(planning.identity(settings))
        if not unfinished.is_whole:
            if count > 1:
                workers.start_server()
            text_bytes, seconds = _make(
                settings, unfinished, count, noted["num_shards"], say
            )
        manifest = unfinished.finish(settings.overwrite)
    return BuildResult(manifest, text_bytes, seconds, count)


def _make(
    settings: BuildSettings,
    unfinished: Unfinished,
    count: int,
    num_shards: Mapping[str, int],
    say: Callable[[str], None],
) -> tuple[int, dict[str, float]]:
    """Makes all files in the unfinished directory, the manifest last.

    Returns:
        Bytes of text that examples were made of, and seconds by stage.
    """
    seconds: dict[str, float] = {}
    with _timed(seconds, "vocabulary"):
        plan = planning.plan(settings, unfinished.directory, say, num_shards)
    with Workers(count, plan.block_settings) as processes:
        text_bytes, made = _make_examples(
            settings, unfinished, num_shards, processes, seconds, say
        )
        if not made.counts.documents:
            unfinished.forget_vocabulary()
            planning.check_documents(settings, made.counts)
        with _timed(seconds, "order"):
            shards = _put_in_order(settings, unfinished, made.shards, processes)
    manifest = planning.manifest(settings, plan, shards, made.counts)
    if settings.report:
        files.make_directory(os.path.dirname(settings.report) or ".")
        files.write(settings.report, Samples(made.samples).markdown(manifest))
    unfinished.check_lock()
    manifest.save(unfinished.directory)
    return text_bytes, seconds


@dataclasses.dataclass
class _Examples:
    """What the readings of the corpus end with."""

    counts: Counts
    samples: Any
    """As `Samples` takes them."""
    shards: dict[str, list[int]]
    """Of each file: examples and tokens."""


def _find_duplicates(
    settings: BuildSettings,
    unfinished: Unfinished,
    processes: Workers,
    seconds: dict[str, float],
) -> Iterator[Marks]:
    """Reads the corpus once, and decides what to leave out the second time."""
    directory = unfinished.path(output.SURVEY)
    resolved = os.path.join(directory, "resolved")
    journal = Journal(directory, unfinished.check_lock)
    surveyed = duplicates.Surveyed(journal)
    with _timed(seconds, "survey"):
        passes.run(
            planning.sources(settings),
            Surveyor,
            surveyed.append,
            surveyed.state,
            journal,
            processes,
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
    unfinished: Unfinished,
    num_shards: Mapping[str, int],
    processes: Workers,
    seconds: dict[str, float],
    say: Callable[[str], None],
) -> tuple[int, _Examples]:
    """Makes records of all sources, in the order of the corpus.

    Returns:
        Bytes of text of this run alone, and what was made in this and former runs.
    """
    path = unfinished.path(_EXAMPLES_NAME)
    if os.path.exists(path):
        return 0, files.read_json(path, _Examples)
    marks = None
    if settings.config.deduplication.is_on:
        marks = _find_duplicates(settings, unfinished, processes, seconds)
    journal = Journal(unfinished.directory, unfinished.check_lock)
    done = journal.state or {}
    if done:
        megabytes = done["counts"]["text_bytes"] / 1e6
        say(f"Continues the unfinished build, after {megabytes:,.0f} MB of text.")
    writer = ShardWriter(journal, num_shards)
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

    with _timed(seconds, "examples"):
        text_bytes = passes.run(
            planning.sources(settings),
            BlockProcessor,
            take,
            state,
            journal,
            processes,
            marks,
        )
    made = _Examples(counts, samples.found, writer.counts)
    files.write_json(path, dataclasses.asdict(made))
    return text_bytes, made


def _put_in_order(
    settings: BuildSettings,
    unfinished: Unfinished,
    made: Mapping[str, list[int]],
    processes: Workers,
) -> list[Shard]:
    """Gives the records of each shard their final order; describes all shards."""
    files.make_directory(unfinished.path(output.SHARDS))
    calls = [
        (unfinished.path(name), unfinished.path(output.SHARDS, name)) for name in made
    ]
    total = sum(os.path.getsize(path) for path, _ in calls if os.path.exists(path))
    progress = Progress(total, what="MB put in order")
    shards, done = [], 0
    for (name, (examples, tokens)), written in zip(
        made.items(), processes.map(_Shuffler, calls), strict=True
    ):
        split = name.partition("-")[0]
        shards.append(Shard(name, split, examples, tokens, *written))
        done += written.bytes
        progress.update(done, done)
    progress.close()
    return shards


class _Shuffler:
    """Puts the records of a shard in order, and removes the file with the others."""

    def __init__(self, settings: BlockSettings):
        self._seed = settings.seed

    def __call__(self, source: str, target: str) -> shuffling.Written:
        if os.path.exists(source):
            written = shuffling.shuffle(source, target, self._seed)
            os.remove(source)
            return written
        return shuffling.described(target)  # By a run that was killed.


@contextlib.contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    start = time.monotonic()
    yield
    seconds[stage] = time.monotonic() - start
