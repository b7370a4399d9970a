"""The parallel build on a cluster: the local builder's stages as a Beam pipeline.

Shards are the local builder's, to the byte: blocks are cut and processed by the same
code, and a shard's records are put in the order of the corpus. The machine that
launches learns the vocabulary before, and writes the manifest and gives the directory
its name after. A worker holds one block in memory, and writes a shard through a local
file.
"""

import dataclasses
import hashlib
import re
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import apache_beam as beam
import tensorflow as tf
from apache_beam.runners.runner import PipelineState

from electra_tf import files
from electra_tf.data import beam_duplicates, beam_options, corpus, output, planning
from electra_tf.data.beam_duplicates import Position
from electra_tf.data.block import BlockProcessor, BlockSettings, Records
from electra_tf.data.builder import BuildResult
from electra_tf.data.formats import Block
from electra_tf.data.manifest import Counts, Shard
from electra_tf.data.planning import BuildSettings

_UNFINISHED = "unfinished"
"""Directory of files that have no name yet, of attempts that failed among others."""
_RESULT = "result.json"
_RAISED = re.compile(
    r"^(?:\w+: )*ValueError: (.*?)(?: \[while running|$)", re.MULTILINE
)
"""What a worker raised, in the text that is all that reaches the launcher."""


def build(
    settings: BuildSettings,
    arguments: Sequence[str],
    say: Callable[[str], None] = print,
) -> BuildResult:
    """Builds a data directory; all of it, or nothing is left behind.

    Args:
        settings: what to build; num_workers is without effect.
        arguments: Beam's flags.
        say: takes a line about a step that is done.

    Raises:
        ValueError: a flag is unknown or doesn't fit to the runner, the output exists, a
            file can't be read, there is no document.
    """
    options = beam_options.parsed(arguments)
    beam_options.check_dataflow(settings, options)
    pipeline = beam.Pipeline(options=options)
    with output.output_directory(settings.output, settings.overwrite) as directory:
        start = time.monotonic()
        plan = planning.plan(settings, directory, say)
        learning = time.monotonic() - start
        start += learning
        _describe(pipeline, settings, plan.block_settings, directory)
        _run(pipeline)
        seconds = time.monotonic() - start
        shards, counts = _load_result(directory)
        manifest = planning.manifest(settings, plan, shards, counts)
        tf.io.gfile.rmtree(tf.io.gfile.join(directory, _UNFINISHED))
        manifest.save(directory)
    stages = {"vocabulary": learning, "pipeline": seconds}
    return BuildResult(manifest, manifest.counts.text_bytes, stages, workers=0)


def _describe(
    pipeline: beam.Pipeline,
    settings: BuildSettings,
    block_settings: BlockSettings,
    directory: str,
) -> None:
    """The pipeline's steps."""
    sources = [
        (number, source, split)
        for number, (source, split) in enumerate(planning.sources(settings))
    ]
    shard_names = {
        (split, index): output.shard_name(split, index, count)
        for split, count in block_settings.num_shards.items()
        for index in range(count)
    }
    # A shard without examples is a file too.
    nothing = [
        (name, (Position(-1, 0), Records(b"", 0, 0))) for name in shard_names.values()
    ]
    # The same on both ways to a shard, or their keys differ in how they are stored.
    keyed = tuple[str, Any]
    blocks = (
        pipeline
        | "Sources" >> beam.Create(sources)
        | "OneWorkerPerSource" >> beam.Reshuffle()
        | "Blocks" >> beam.FlatMap(_blocks)
        | "SpreadBlocks" >> beam.Reshuffle()
    )
    marked = blocks | "Key" >> beam.Map(_keyed).with_output_types(beam_duplicates.Keyed)
    if settings.config.deduplication.is_on:
        marks = blocks | beam_duplicates.FindDuplicates(block_settings)
        marked = {"blocks": marked, "marks": marks} | beam.CoGroupByKey()
    made = marked | "Examples" >> beam.ParDo(
        _MakeExamples(block_settings, shard_names)
    ).with_output_types(keyed).with_outputs("counts", main="records")
    counts = made.counts | "AddCounts" >> beam.CombineGlobally(_AddCounts())
    empty = pipeline | "EveryShard" >> beam.Create(nothing).with_output_types(keyed)
    shards = (
        (made.records, empty)
        | "WithEmptyShards" >> beam.Flatten()
        | "ByShard" >> beam.GroupByKey()
        | "WriteShard" >> beam.ParDo(_WriteShard(directory))
    )
    _ = (
        pipeline
        | "AtTheEnd" >> beam.Create([directory])
        | "SaveResult"
        >> beam.Map(
            _save_result, beam.pvalue.AsList(shards), beam.pvalue.AsSingleton(counts)
        )
    )


@beam.typehints.no_annotations  # Beam can't tell what is a corpus.Source.
def _blocks(
    numbered: tuple[int, corpus.Source, str],
) -> Iterator[tuple[Position, Block, str]]:
    number, source, split = numbered
    for index, block in enumerate(source.blocks()):
        yield Position(number, index), block, split


@beam.typehints.no_annotations
def _keyed(element: tuple[Position, Block, str]) -> beam_duplicates.Keyed:
    position, block, split = element
    return (position.source, position.block), (block, split)


class _MakeExamples(beam.DoFn):
    """Blocks → shard's name, (position, records); beside them the counts."""

    def __init__(
        self, settings: BlockSettings, shard_names: Mapping[tuple[str, int], str]
    ):
        self._settings = settings
        self._shard_names = shard_names

    def setup(self) -> None:
        """Builds the tokenizer, once per thread of a worker."""
        self._processor = BlockProcessor(self._settings)

    @beam.typehints.no_annotations
    def process(self, element: tuple[tuple[int, int], Any]) -> Iterator[Any]:
        """Processes a block, which may come with marks."""
        position, found = element
        marks = None
        if isinstance(found, dict):
            (marks,) = found["marks"]
            (found,) = found["blocks"]
        block, split = found
        result = self._processor(block, split, marks)
        for shard, made in result.shards.items():
            yield self._shard_names[shard], (Position(*position), made)
        yield beam.pvalue.TaggedOutput("counts", result.counts)


class _AddCounts(beam.CombineFn):
    def create_accumulator(self) -> Counts:
        return Counts()

    def add_input(self, mutable_accumulator: Counts, element: Counts) -> Counts:
        mutable_accumulator.add(element)
        return mutable_accumulator

    def merge_accumulators(self, accumulators: Iterable[Counts]) -> Counts:
        total = Counts()
        for counts in accumulators:
            total.add(counts)
        return total

    def extract_output(self, accumulator: Counts) -> Counts:
        return accumulator


class _WriteShard(beam.DoFn):
    """All records of a shard → its file, whole; returns its description.

    A second attempt writes the same bytes, so it does no harm if both succeed.
    """

    def __init__(self, directory: str):
        self._directory = directory

    def process(
        self, element: tuple[str, Iterable[tuple[Position, Records]]]
    ) -> Iterator[Shard]:
        """Puts a shard's records in the order of the corpus, and writes them."""
        name, blocks = element
        unfinished = tf.io.gfile.join(self._directory, _UNFINISHED)
        tf.io.gfile.makedirs(unfinished)
        path = tf.io.gfile.join(unfinished, f"{name}-{uuid.uuid4().hex}")
        sha256 = hashlib.sha256()
        examples = tokens = size = 0
        with tf.io.gfile.GFile(path, "wb") as file:
            for block_records in _in_order(blocks):
                file.write(block_records.framed)
                sha256.update(block_records.framed)
                examples += block_records.examples
                tokens += block_records.tokens
                size += len(block_records.framed)
        split = name.partition("-")[0]
        shard = Shard(name, split, examples, tokens, size, sha256.hexdigest())
        tf.io.gfile.rename(
            path, tf.io.gfile.join(self._directory, name), overwrite=True
        )
        yield shard


def _in_order(blocks: Iterable[tuple[Position, Records]]) -> Iterator[Records]:
    """Sorts by position; the bytes wait in a local file, not in memory."""
    with tempfile.TemporaryFile() as file:
        places = []
        for position, made in blocks:
            places.append((position, file.tell(), made._replace(framed=b"")))
            file.write(made.framed)
        ends = [start for _, start, _ in places[1:]] + [file.tell()]
        for (_, start, made), end in sorted(zip(places, ends, strict=True)):
            file.seek(start)
            yield made._replace(framed=file.read(end - start))


@dataclasses.dataclass
class _Result:
    shards: list[Shard]
    counts: Counts


def _save_result(directory: str, shards: Sequence[Shard], counts: Counts) -> None:
    """What the launcher needs to make the manifest."""
    result = _Result(sorted(shards, key=lambda shard: shard.name), counts)
    path = tf.io.gfile.join(directory, _UNFINISHED, _RESULT)
    files.write_json(path, dataclasses.asdict(result))


def _load_result(directory: str) -> tuple[list[Shard], Counts]:
    path = tf.io.gfile.join(directory, _UNFINISHED, _RESULT)
    result = files.read_json(path, _Result)
    return result.shards, result.counts


def _run(pipeline: beam.Pipeline) -> None:
    """Runs the pipeline to its end.

    Raises:
        ValueError: a worker raised one, e.g. for a file that is truncated.
    """
    try:
        result = pipeline.run()
        try:
            state = result.wait_until_finish()
        except (KeyboardInterrupt, SystemExit):
            result.cancel()
            raise
    except Exception as error:
        text = f"{type(error).__name__}: {error}"
        if raised := _RAISED.findall(text):
            raise ValueError(raised[-1]) from error
        raise
    if state != PipelineState.DONE:
        raise RuntimeError(f"The pipeline ended as {state}: its runner's log says why.")
