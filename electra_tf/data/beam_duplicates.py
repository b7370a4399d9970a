"""What stands in a corpus twice, found by a cluster: Beam's shuffle takes the memory.

A document's place in the order is held-out text first, then the order of the corpus; of
equal ones the first is kept. A block says which of its lines are left out, as it does
on one machine.
"""

import dataclasses
import hashlib
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import apache_beam as beam

from electra_tf.data import cleaning, formats
from electra_tf.data.block import BlockProcessor, BlockSettings
from electra_tf.data.formats import Block


class Position(NamedTuple):
    """Where a block stands in the corpus."""

    source: int
    block: int


class Span(NamedTuple):
    """Some lines of a block, counted over all its documents."""

    start: int
    end: int


Finder = Callable[[Sequence[str], int], Iterator[tuple[str, Span]]]
"""A document's lines, the number of the first → texts that may stand only once."""


def documents(lines: Sequence[str], start: int) -> Iterator[tuple[str, Span]]:
    """The document, white space aside."""
    yield _collapsed(" ".join(lines)), Span(start, start + len(lines))


def lines(lines: Sequence[str], start: int) -> Iterator[tuple[str, Span]]:
    """Its lines, but for short ones, white space aside."""
    for number, line in enumerate(lines, start):
        text = _collapsed(line)
        if len(text) >= cleaning.MIN_DUPLICATE_CHARACTERS:
            yield text, Span(number, number + 1)


class Mark(beam.PTransform):
    """Marks the lines of all texts that stand in the corpus before, as duplicates.

    Lines that are marked already count for nothing.
    """

    def __init__(self, settings: BlockSettings, finder: Finder):
        """Takes what says in which split a document is, and what may stand once."""
        super().__init__(f"Duplicate_{finder.__name__}")
        self._survey = _Survey(settings, finder)

    def expand(self, blocks: beam.PCollection) -> beam.PCollection:
        """(position, block, split) → the same, with more marks."""
        # Spelled out, or the two sides of the join store their keys in two ways.
        keyed = tuple[tuple[int, int], Any]
        duplicates = (
            blocks
            | "Survey" >> beam.ParDo(self._survey).with_output_types(tuple[bytes, Any])
            | "ByText" >> beam.GroupByKey()
            | "AllButFirst" >> beam.FlatMap(_all_but_first).with_output_types(keyed)
        )
        by_position = blocks | "ByPosition" >> beam.Map(_keyed).with_output_types(keyed)
        return (
            {"blocks": by_position, "duplicates": duplicates}
            | "Join" >> beam.CoGroupByKey()
            | "Mark" >> beam.Map(_marked)
        )


class _Survey(beam.DoFn):
    """Blocks → hash of a text, (its place in the order, its lines)."""

    def __init__(self, settings: BlockSettings, finder: Finder):
        self._settings = settings
        self._finder = finder

    def setup(self) -> None:
        """Makes what tells a document's split."""
        self._processor = BlockProcessor(self._settings)

    @beam.typehints.no_annotations
    def process(self, element: tuple[Position, Block, str]) -> Iterator[Any]:
        """Hashes the texts of a block."""
        position, block, split = element
        start = 0
        for document in formats.read(block)[0]:
            _, document_split = self._processor.fate(document.lines, split)
            is_train = document_split != "valid"
            for text, span in self._finder(document.lines, start):
                if not block.duplicates.issuperset(range(*span)):
                    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
                    yield digest, (is_train, *position, *span)
            start += len(document.lines)


def _all_but_first(
    same: tuple[bytes, Iterable[tuple[bool, int, int, int, int]]],
) -> Iterator[Any]:
    _, places = same
    first = min(places)  # Read twice, so that a frequent line isn't held in memory.
    for place in places:
        if place != first:
            _, source, block, start, end = place
            yield (source, block), Span(start, end)


@beam.typehints.no_annotations
def _keyed(element: tuple[Position, Block, str]) -> tuple[tuple[int, int], Any]:
    position, block, split = element
    return (position.source, position.block), (block, split)


@beam.typehints.no_annotations
def _marked(
    joined: tuple[tuple[int, int], Mapping[str, Any]],
) -> tuple[Position, Block, str]:
    position, found = joined
    ((block, split),) = found["blocks"]
    spans = (range(*span) for span in found["duplicates"])
    duplicates = block.duplicates.union(itertools.chain.from_iterable(spans))
    marked = dataclasses.replace(block, duplicates=duplicates)
    return Position(*position), marked, split


def _collapsed(text: str) -> str:
    return " ".join(text.split())
