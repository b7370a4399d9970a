"""Cuts documents into examples of a limited length.

As in the reference, an example is [CLS] A [SEP], or mostly [CLS] A [SEP] B [SEP], from
consecutive lines of one document, up to a target length. Unlike in the reference, what
doesn't fit begins the next example instead of being dropped, and a line that fills an
example alone is cut into two segments. So every token of a document is in exactly one
example.

Shape letters: N examples, T tokens of text, U tokens of text and special ones.
"""

import bisect
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from electra_tf.batch import SpecialIds

SINGLE_SEGMENT_RATE = 0.1
RANDOM_LENGTH_RATE = 0.05
MIN_LENGTH = 5
"""[CLS] A [SEP] B [SEP] with one token each: the smallest target length."""


class Cut(NamedTuple):
    """Tokens of an example: first segment [start, split), second [split, end)."""

    start: int
    split: int
    """Equal to `end` if there is no second segment."""
    end: int


class Examples(NamedTuple):
    """Concatenated examples, without padding."""

    input_ids_U: np.ndarray
    lengths_N: np.ndarray
    first_segment_lengths_N: np.ndarray
    """Length of [CLS] A [SEP]."""


def cut_document(
    start: int,
    line_ends: Sequence[int],
    max_seq_length: int,
    random: Callable[[], float],
) -> list[Cut]:
    """Cuts the tokens of one document into examples.

    Args:
        start: where the document's tokens begin.
        line_ends: where the tokens of each of its lines end, ascending.
        max_seq_length: most tokens per example, special ones included; at least 5.
        random: draws from [0, 1).

    Returns:
        Cuts that cover all tokens, in order.
    """
    cuts = []
    while start < line_ends[-1]:
        target = max_seq_length
        if random() < RANDOM_LENGTH_RATE:
            target = MIN_LENGTH + int(random() * (max_seq_length - MIN_LENGTH + 1))
        if random() < SINGLE_SEGMENT_RATE:
            split = end = min(start + target - 2, line_ends[-1])
        else:
            end = min(start + target - 3, line_ends[-1])
            split = _split(start, start + (target - 3) // 2, end, line_ends, random)
        cuts.append(Cut(start, split, end))
        start = end
    return cuts


def _split(
    start: int,
    middle: int,
    end: int,
    line_ends: Sequence[int],
    random: Callable[[], float],
) -> int:
    """Chooses the start of the second segment: a line end before or after the middle.

    Both are equally likely, as in the reference for the line that crosses the middle.
    If no line ends after the middle, that line is cut there.
    """
    if middle >= end:  # The last tokens of a document are a first segment only.
        return end
    next_line = bisect.bisect_right(line_ends, middle)
    after = line_ends[next_line] if line_ends[next_line] < end else middle
    before = line_ends[next_line - 1] if next_line else start
    return before if before > start and random() < 0.5 else after


def assemble(
    tokens_T: np.ndarray, cuts: Sequence[Cut], special_ids: SpecialIds
) -> Examples:
    """Puts [CLS] and [SEP] between the tokens.

    Args:
        tokens_T: the tokens of all documents, one after the other.
        cuts: examples that cover the tokens in order, without gaps.
        special_ids: ids of [CLS] and [SEP].
    """
    starts_N, splits_N, ends_N = np.array(cuts, np.int64).reshape(-1, 3).T
    has_second_N = splits_N < ends_N
    lengths_N = ends_N - starts_N + 2 + has_second_N
    first_segment_lengths_N = splits_N - starts_N + 2
    next_N = np.cumsum(lengths_N)
    first_N = next_N - lengths_N

    input_ids_U = np.empty(lengths_N.sum(), tokens_T.dtype)
    is_text_U = np.ones(len(input_ids_U), bool)
    first_separators_N = first_N + first_segment_lengths_N - 1
    second_separators = next_N[has_second_N] - 1
    for places, special_id in (
        (first_N, special_ids.cls),
        (first_separators_N, special_ids.sep),
        (second_separators, special_ids.sep),
    ):
        input_ids_U[places] = special_id
        is_text_U[places] = False
    input_ids_U[is_text_U] = tokens_T
    return Examples(input_ids_U, lengths_N, first_segment_lengths_N)
