"""Finds duplicate documents and lines on a cluster: Beam's shuffle takes the memory.

The decisions are those of duplicates.py: held-out text comes before training text, and
what stands earlier in the corpus comes first; of equal ones the first is kept. Each
rule takes a round: what the survey of each block found is spread by hashes, and the
decisions come back to the block.
"""

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import apache_beam as beam
import numpy as np

from electra_tf.build.stages import (
    DUPLICATE,
    KEPT,
    NEAR_DUPLICATE,
    BlockSettings,
    Marks,
)
from electra_tf.build.survey import BlockSurvey, Surveyor
from electra_tf.corpus import minhash


class SurveyedBlock(NamedTuple):
    """The survey of a block, and what is decided so far."""

    survey: BlockSurvey
    marks: Marks


class Place(NamedTuple):
    """Where a document or a line stands in the order of precedence."""

    is_train: bool
    source: int
    block: int
    number: int
    """Index of the document, or of the line, in its block."""


Row = tuple[Any, Any, Any, Any]
"""Hash, is_train, index, and what else a decision needs."""
Keyed = tuple[tuple[int, int], Any]
"""Something about a block, by source and index of the block. Always this type: the
sides of a join encode keys of other types in other ways."""


class FindDuplicates(beam.PTransform):
    """From blocks and their splits to marks, both keyed."""

    def __init__(self, settings: BlockSettings):
        """Takes the rules from the settings."""
        super().__init__()
        self._settings = settings

    def expand(self, blocks: beam.PCollection) -> beam.PCollection:
        """Adds a round for each rule, documents first."""
        rules = self._settings.deduplication
        surveyed = blocks | "Survey" >> beam.ParDo(
            _Survey(self._settings)
        ).with_output_types(Keyed)
        if rules.documents:
            surveyed |= "Equal" >> _Round(_documents, _all_but_first, _mark_equal)
        if rules.near_documents:
            near = functools.partial(_near, rules.near_documents)
            surveyed |= "Near" >> _Round(_bands, near, _mark_near)
        if rules.lines:
            surveyed |= "Lines" >> _Round(_lines, _all_but_first, _mark_lines)
        return surveyed | "Marks" >> beam.MapTuple(
            lambda position, found: (position, found.marks)
        ).with_output_types(Keyed)


class _Survey(beam.DoFn):
    def __init__(self, settings: BlockSettings):
        self._settings = settings

    def setup(self) -> None:
        """Makes the stage, once per thread of a worker."""
        self._surveyor = Surveyor(self._settings)

    @beam.typehints.no_annotations
    def process(self, element: Keyed) -> Iterator[Keyed]:
        """Hashes the texts of a block."""
        position, (block, split) = element
        survey = self._surveyor(block, split)
        nothing = Marks(
            np.zeros(len(survey.is_train_D), np.uint8),
            np.zeros(int(survey.num_lines_D.sum()), bool),
        )
        yield position, SurveyedBlock(survey, nothing)


class _Round(beam.PTransform):
    """Marks the duplicates of one kind in surveyed blocks."""

    def __init__(
        self,
        rows: Callable[[SurveyedBlock], Iterator[Row]],
        decide: Callable[[Iterable[tuple[Place, Any]]], Iterator[Place]],
        mark: Callable[[Marks, list[int]], Marks],
    ):
        """Takes the functions that make up a round.

        Args:
            rows: yields what is compared in a block.
            decide: yields the duplicates among places that have the same hash.
            mark: marks indices in a block as duplicates.
        """
        super().__init__()
        self._rows, self._decide, self._mark = rows, decide, mark

    def expand(self, surveyed: beam.PCollection) -> beam.PCollection:
        """Spreads rows by hash, decides, and brings decisions back to their blocks."""
        rows, decide, mark = self._rows, self._decide, self._mark

        def spread(element: Any) -> Iterator[tuple[bytes, Any]]:
            (source, block), found = element
            for number, is_train, index, more in rows(found):
                key = int(number).to_bytes(8, "little")
                place = Place(bool(is_train), source, block, int(index))
                yield key, (place, more)

        def decided(same: Any) -> Iterator[Keyed]:
            for place in decide(same[1]):
                yield (place.source, place.block), place.number

        def marked(joined: tuple[Any, Mapping[str, Any]]) -> Keyed:
            position, sides = joined
            (found,) = sides["surveyed"]
            marks = mark(found.marks, list(sides["duplicates"]))
            return position, SurveyedBlock(found.survey, marks)

        duplicates = (
            surveyed
            | "Spread" >> beam.FlatMap(spread).with_output_types(tuple[bytes, Any])
            | "ByHash" >> beam.GroupByKey()
            | "Decide" >> beam.FlatMap(decided).with_output_types(Keyed)
        )
        return (
            {"surveyed": surveyed, "duplicates": duplicates}
            | "Join" >> beam.CoGroupByKey()
            | "Mark" >> beam.Map(marked).with_output_types(Keyed)
        )


def _documents(found: SurveyedBlock) -> Iterator[Row]:
    hashes_D, is_train_D = found.survey.document_hashes_D, found.survey.is_train_D
    for index, (number, is_train) in enumerate(zip(hashes_D, is_train_D, strict=True)):
        yield number, is_train, index, None


def _bands(found: SurveyedBlock) -> Iterator[Row]:
    survey = found.survey
    for index in np.flatnonzero(found.marks.documents_D == KEPT):
        signature = survey.signatures_DP[index].tobytes()
        for number in survey.bands_DB[index]:
            yield number, survey.is_train_D[index], index, signature


def _lines(found: SurveyedBlock) -> Iterator[Row]:
    survey = found.survey
    is_kept_L = (found.marks.documents_D == KEPT).repeat(survey.num_lines_D)
    is_train_L = survey.is_train_D.repeat(survey.num_lines_D)
    for index in np.flatnonzero(is_kept_L & (survey.line_hashes_L != 0)):
        yield survey.line_hashes_L[index], is_train_L[index], index, None


def _all_but_first(same: Iterable[tuple[Place, Any]]) -> Iterator[Place]:
    # Read twice, so that a frequent line isn't held in memory.
    first = min(place for place, _ in same)
    return (place for place, _ in same if place != first)


def _near(threshold: float, same: Iterable[tuple[Place, Any]]) -> Iterator[Place]:
    ordered = sorted(same)
    joined = b"".join(signature for _, signature in ordered)
    signatures_DP = np.frombuffer(joined, np.uint32).reshape(len(ordered), -1)
    # All have the hash of one band.
    later, earlier = minhash.pairs(np.zeros(len(ordered)), np.arange(len(ordered)))
    near_N = minhash.are_near(signatures_DP, later, earlier, threshold)
    for index in later[near_N].tolist():
        yield ordered[index][0]


def _mark_equal(marks: Marks, indices: list[int]) -> Marks:
    return marks._replace(documents_D=_with(marks.documents_D, indices, DUPLICATE))


def _mark_near(marks: Marks, indices: list[int]) -> Marks:
    return marks._replace(documents_D=_with(marks.documents_D, indices, NEAR_DUPLICATE))


def _mark_lines(marks: Marks, indices: list[int]) -> Marks:
    return marks._replace(lines_L=_with(marks.lines_L, indices, True))


def _with(array: np.ndarray, indices: list[int], value: int) -> np.ndarray:
    array = array.copy()
    array[indices] = value
    return array
