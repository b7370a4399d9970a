"""Builds shards on a cluster: the local builder's stages as a Beam pipeline.

The shards are the local builder's to the byte: the same code cuts and processes blocks,
and puts a shard's records in the same order. The launching machine learns the
vocabulary first and writes the manifest last. A worker holds one block in memory, and
writes a shard through local files.
"""

import dataclasses
import os
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import apache_beam as beam
import tensorflow as tf

from electra_tf import files
from electra_tf.build import (
    beam_duplicates,
    beam_runner,
    output,
    planning,
    shuffling,
)
from electra_tf.build.beam_duplicates import Keyed
from electra_tf.build.result import BuildResult, check_documents, manifest_of
from electra_tf.build.settings import BuildSettings
from electra_tf.build.stages import BlockProcessor, BlockSettings, Records
from electra_tf.corpus.documents import Source
from electra_tf.shards.manifest import CorpusCounts, Shard

_RESULT = "result.json"
NamedRecords = tuple[str, Any]
"""A shard's name and Records. One type for both inputs of the grouping, or their keys
differ in how they are encoded."""


def build(
    settings: BuildSettings,
    arguments: Sequence[str],
    say: Callable[[str], None] = print,
) -> BuildResult:
    """Builds a data directory, completely or not at all.

    Args:
        settings: what to build; `num_workers` is ignored.
        arguments: Beam's flags.
        say: is called with lines for the user.

    Raises:
        ValueError: a flag is unknown or doesn't fit the runner, the output exists, a
            file can't be read, or there is no document.
    """
    options = beam_runner.pipeline_options(arguments, settings)
    pipeline = beam.Pipeline(options=options)
    output.check_output(settings.output, settings.overwrite)
    with output.working(settings.output) as directory:
        start = time.monotonic()
        plan = planning.plan(settings, directory, say)
        learning = time.monotonic() - start
        start += learning
        _describe(pipeline, settings, plan.block_settings, directory)
        beam_runner.run(pipeline)
        seconds = time.monotonic() - start
        made = files.read_json(tf.io.gfile.join(directory, _RESULT), _Made)
        check_documents(settings, made.counts)
        manifest = manifest_of(settings, plan, made.shards, made.counts)
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
    """Adds all steps to the pipeline."""
    sources = [
        (number, source, split)
        for number, (source, split) in enumerate(settings.sources)
    ]
    shard_names = output.shard_names(block_settings.num_shards)
    # A shard without examples is a file too.
    nothing = [(name, Records(b"", 0, 0)) for name in shard_names.values()]
    blocks = (
        pipeline
        | "Sources" >> beam.Create(sources)
        | "OneWorkerPerSource" >> beam.Reshuffle()
        | "Blocks" >> beam.FlatMap(_blocks).with_output_types(Keyed)
        | "SpreadBlocks" >> beam.Reshuffle()
    )
    marked = blocks
    if settings.config.deduplication.is_on:
        marks = blocks | beam_duplicates.FindDuplicates(block_settings)
        marked = {"blocks": blocks, "marks": marks} | beam.CoGroupByKey()
    made = marked | "Examples" >> beam.ParDo(
        _MakeExamples(block_settings, shard_names)
    ).with_output_types(NamedRecords).with_outputs("counts", main="records")
    counts = made.counts | "AddCounts" >> beam.CombineGlobally(_total)
    empty = pipeline | "EveryShard" >> beam.Create(nothing).with_output_types(
        NamedRecords
    )
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
def _blocks(numbered: tuple[int, Source, str]) -> Iterator[Keyed]:
    number, source, split = numbered
    for index, block in enumerate(source.blocks()):
        yield (number, index), (block, split)


class _MakeExamples(beam.DoFn):
    """Makes the records of blocks, by shard's name; the counts are a second output."""

    def __init__(
        self, settings: BlockSettings, shard_names: Mapping[tuple[str, int], str]
    ):
        self._settings = settings
        self._shard_names = shard_names

    def setup(self) -> None:
        """Builds the tokenizer, once per thread of a worker."""
        self._processor = BlockProcessor(self._settings)

    @beam.typehints.no_annotations
    def process(self, element: Keyed) -> Iterator[Any]:
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


def _total(many: Iterable[CorpusCounts]) -> CorpusCounts:
    total = CorpusCounts()
    for counts in many:
        total.add(counts)
    return total


class _WriteShard(beam.DoFn):
    """Writes the file of a shard from all of its records, and describes it.

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
class _Made:
    """What the launcher needs to make the manifest."""

    shards: list[Shard]
    counts: CorpusCounts


def _save_result(directory: str, shards: Sequence[Shard], counts: CorpusCounts) -> None:
    made = _Made(sorted(shards, key=lambda shard: shard.name), counts)
    path = tf.io.gfile.join(directory, _RESULT)
    files.write_json(path, dataclasses.asdict(made))
