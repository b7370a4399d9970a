"""The parallel build on a cluster: the local builder's stages as a Beam pipeline.

Shards are the local builder's, to the byte: blocks are cut and processed by the same
code, and a shard's records are put in the same order. The machine that launches learns
the vocabulary before, and writes the manifest after. A worker holds one block in
memory, and writes a shard through local files.
"""

import dataclasses
import os
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
from electra_tf.build import beam_duplicates, beam_options, output, planning, shuffling
from electra_tf.build.beam_duplicates import Position
from electra_tf.build.local import BuildResult
from electra_tf.build.planning import BuildSettings
from electra_tf.build.stages import BlockProcessor, BlockSettings, Records
from electra_tf.corpus import documents
from electra_tf.corpus.formats import Block
from electra_tf.shards.manifest import Counts, Shard

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
    output.check_output(settings.output, settings.overwrite)
    with output.working(settings.output) as directory:
        start = time.monotonic()
        plan = planning.plan(settings, directory, say)
        learning = time.monotonic() - start
        start += learning
        _describe(pipeline, settings, plan.block_settings, directory)
        _run(pipeline)
        seconds = time.monotonic() - start
        shards, counts = _load_result(directory)
        planning.check_documents(settings, counts)
        manifest = planning.manifest(settings, plan, shards, counts)
        manifest.save(directory)
        output.publish(directory, settings.output, settings.overwrite)
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
    nothing = [(name, Records(b"", 0, 0)) for name in shard_names.values()]
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
        | "WriteShard" >> beam.ParDo(_WriteShard(directory, settings.seed))
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
    numbered: tuple[int, documents.Source, str],
) -> Iterator[tuple[Position, Block, str]]:
    number, source, split = numbered
    for index, block in enumerate(source.blocks()):
        yield Position(number, index), block, split


@beam.typehints.no_annotations
def _keyed(element: tuple[Position, Block, str]) -> beam_duplicates.Keyed:
    position, block, split = element
    return (position.source, position.block), (block, split)


class _MakeExamples(beam.DoFn):
    """Blocks → shard's name and records; beside them the counts."""

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
        _, found = element
        marks = None
        if isinstance(found, dict):
            (marks,) = found["marks"]
            (found,) = found["blocks"]
        block, split = found
        result = self._processor(block, split, marks)
        for shard, made in result.shards.items():
            yield self._shard_names[shard], made
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

    def __init__(self, directory: str, seed: int):
        self._directory = tf.io.gfile.join(directory, output.SHARDS)
        self._seed = seed

    def process(self, element: tuple[str, Iterable[Records]]) -> Iterator[Shard]:
        """Puts a shard's records in order, and writes them."""
        name, groups = element
        tf.io.gfile.makedirs(self._directory)
        examples = tokens = 0
        with tempfile.TemporaryDirectory() as local:
            records, shuffled = (
                os.path.join(local, "records"),
                os.path.join(local, name),
            )
            with open(records, "wb") as file:
                for group in groups:
                    file.write(group.framed)
                    examples += group.examples
                    tokens += group.tokens
            written = shuffling.shuffle(records, shuffled, self._seed)
            path = tf.io.gfile.join(self._directory, f"{name}-{uuid.uuid4().hex}.tmp")
            tf.io.gfile.copy(shuffled, path)
        files.sync(path)
        files.rename(path, tf.io.gfile.join(self._directory, name))
        yield Shard(name, name.partition("-")[0], examples, tokens, *written)


@dataclasses.dataclass
class _Result:
    shards: list[Shard]
    counts: Counts


def _save_result(directory: str, shards: Sequence[Shard], counts: Counts) -> None:
    """What the launcher needs to make the manifest."""
    result = _Result(sorted(shards, key=lambda shard: shard.name), counts)
    path = tf.io.gfile.join(directory, _RESULT)
    files.write_json(path, dataclasses.asdict(result))


def _load_result(directory: str) -> tuple[list[Shard], Counts]:
    path = tf.io.gfile.join(directory, _RESULT)
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
