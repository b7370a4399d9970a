"""Builds shards on one machine: a corpus → vocabulary, shards and manifest.

The main process reads the corpus and appends finished bytes to shards; worker processes
do the rest, a block at a time. Results are taken in the order of the blocks, so the
shards do not depend on the number of workers. At most a few blocks per worker are in
memory. The command of a build that was killed continues it.

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
from electra_tf.build.output import Unfinished
from electra_tf.build.result import BuildResult, check_documents, manifest_of
from electra_tf.build.settings import BuildSettings
from electra_tf.build.stages import BlockProcessor, BlockResult, BlockSettings, Marks
from electra_tf.build.survey import Surveyor
from electra_tf.build.workers import Workers
from electra_tf.corpus.audit import Samples
from electra_tf.progress import Progress
from electra_tf.shards.manifest import CorpusCounts, Shard

_EXAMPLES_NAME = "examples.json"
"""Describes the examples when all are made and only their order is left to do."""


def build(settings: BuildSettings, say: Callable[[str], None] = print) -> BuildResult:
    """Builds a data directory; it is finished when its manifest is there.

    Args:
        settings: what to build.
        say: is called with lines for the user.

    Raises:
        ValueError: the output exists, a file can't be read, there is no document, or
            the unfinished build at the output has other settings.
    """
    output.check_output(settings.output, settings.overwrite)
    unfinished = Unfinished(settings.output)
    count = settings.num_workers or workers.default_count(settings.text_bytes)
    text_bytes = 0
    seconds: dict[str, float] = {}
    with unfinished.locked(say):
        # The numbers of shards stay as they were at the beginning.
        begun = unfinished.check(settings.identity)
        if not unfinished.is_whole:
            if count > 1:
                workers.start_server()
            text_bytes, seconds = _make(
                settings, unfinished, count, begun["num_shards"], say
            )
        manifest = unfinished.finish(settings.overwrite)
    return BuildResult(manifest, text_bytes, seconds, count)


def _make(
    settings: BuildSettings,
    unfinished: Unfinished,
    count: int,
    shards_per_split: Mapping[str, int],
    say: Callable[[str], None],
) -> tuple[int, dict[str, float]]:
    """Makes all files in the unfinished directory, the manifest last.

    Returns:
        Bytes of text that were made into examples, and seconds by stage.
    """
    seconds: dict[str, float] = {}
    with _timed(seconds, "vocabulary"):
        plan = planning.plan(settings, unfinished.directory, say, shards_per_split)
    with Workers(count, plan.block_settings) as processes:
        text_bytes, made = _make_examples(
            settings, unfinished, shards_per_split, processes, seconds, say
        )
        if not made.counts.documents:
            unfinished.forget_vocabulary()
            check_documents(settings, made.counts)
        with _timed(seconds, "order"):
            shards = _put_in_order(unfinished, made.shards, processes)
    manifest = manifest_of(settings, plan, shards, made.counts)
    if settings.report:
        files.make_directory(os.path.dirname(settings.report) or ".")
        files.write(settings.report, Samples(made.samples).markdown(manifest))
    unfinished.check_lock()
    manifest.save(unfinished.directory)
    return text_bytes, seconds


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
    writer = duplicates.SurveyWriter(journal)
    with _timed(seconds, "survey"):
        passes.run(
            settings.sources, Surveyor, writer, journal, processes, what="MB surveyed"
        )
    with _timed(seconds, "duplicates"):
        if not os.path.exists(resolved):
            duplicates.resolve(directory, settings.config.deduplication)
            files.write(resolved, "")
    return duplicates.read_marks(directory)


def _make_examples(
    settings: BuildSettings,
    unfinished: Unfinished,
    shards_per_split: Mapping[str, int],
    processes: Workers,
    seconds: dict[str, float],
    say: Callable[[str], None],
) -> tuple[int, "_Examples"]:
    """Makes records of all sources, in the order of the corpus.

    Returns:
        Bytes of text that this process made into examples, and all examples, those of
        former processes included.
    """
    path = unfinished.path(_EXAMPLES_NAME)
    if os.path.exists(path):
        return 0, files.read_json(path, _Examples)
    marks = None
    if settings.config.deduplication.is_on:
        marks = _find_duplicates(settings, unfinished, processes, seconds)
    journal = Journal(unfinished.directory, unfinished.check_lock)
    writer = ExampleWriter(journal, shards_per_split)
    if journal.state:
        megabytes = writer.made.counts.text_bytes / 1e6
        say(f"Continuing the unfinished build after {megabytes:,.0f} MB of text.")
    with _timed(seconds, "examples"):
        text_bytes = passes.run(
            settings.sources, BlockProcessor, writer, journal, processes, marks
        )
    files.write_json(path, writer.state())
    return text_bytes, writer.made


@dataclasses.dataclass
class _Examples:
    """What was made of the corpus, up to some block."""

    counts: CorpusCounts
    samples: Any
    """As `Samples` takes them."""
    shards: dict[str, list[int]]
    """Examples and tokens of each file."""


class ExampleWriter:
    """Appends the records of blocks to the shards of a journal, and counts them."""

    def __init__(self, journal: Journal, shards_per_split: Mapping[str, int]):
        """Opens the shards of each split; continues from the journal's state."""
        self._journal = journal
        self._names = output.shard_names(shards_per_split)
        done = journal.state or {}
        self._counts = CorpusCounts(**done.get("counts", {}))
        self._samples = Samples(done.get("samples"))
        self._shards: dict[str, list[int]] = done.get("shards", {})
        if not journal.state:
            for name in self._names.values():
                self._shards[name] = [0, 0]
                journal.append(name, b"")  # A shard without examples is a file too.

    @property
    def made(self) -> _Examples:
        """Everything appended so far."""
        return _Examples(self._counts, self._samples.found, self._shards)

    def state(self) -> dict[str, Any]:
        """What another writer needs to continue."""
        return dataclasses.asdict(self.made)

    def append(self, result: BlockResult) -> int:
        """Appends the records of the next block; returns its bytes of text."""
        self._counts.add(result.counts)
        if result.samples:
            self._samples.add(result.samples)
        for shard, records in result.shards.items():
            name = self._names[shard]
            self._journal.append(name, records.framed)
            self._shards[name][0] += records.examples
            self._shards[name][1] += records.tokens
        return result.counts.text_bytes


def _put_in_order(
    unfinished: Unfinished, made: Mapping[str, list[int]], processes: Workers
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
    """Stage that puts the records of a shard in order, and removes the source."""

    def __init__(self, settings: BlockSettings):
        self._seed = settings.seed

    def __call__(self, source: str, target: str) -> shuffling.Written:
        if os.path.exists(source):
            written = shuffling.shuffle(source, target, self._seed)
            os.remove(source)
            return written
        return shuffling.described(target)  # A process that was killed has made it.


@contextlib.contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    start = time.monotonic()
    yield
    seconds[stage] = time.monotonic() - start
