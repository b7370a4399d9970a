"""Examples cover their document exactly, within the rules of the reference."""

import random

import numpy as np
import pytest

from electra_tf.batch import SpecialIds
from electra_tf.build import examples

IDS = SpecialIds(pad=0, unk=1, cls=2, sep=3, mask=4)


def line_ends(generator: random.Random, start: int) -> list[int]:
    lengths = [generator.choice([0, 1, 5, 20, 60, 400]) for _ in range(12)]
    return (start + np.cumsum([1, *lengths])).tolist()


def cut(max_seq_length: int, documents: int = 300) -> list[list[examples.Cut]]:
    generator = random.Random(max_seq_length)
    start, cuts = 0, []
    for _ in range(documents):
        ends = line_ends(generator, start)
        cuts.append(
            examples.cut_document(start, ends, max_seq_length, generator.random)
        )
        start = ends[-1]
    return cuts


@pytest.mark.parametrize("max_seq_length", [5, 6, 32, 128, 512])
def test_every_token_is_in_one_example_in_order(max_seq_length):
    cuts = sum(cut(max_seq_length), [])
    position = 0
    for start, split, end in cuts:
        assert start == position
        assert start < split <= end
        assert end - start + 2 + (split < end) <= max_seq_length
        position = end
    tokens = np.arange(100, 100 + position, dtype=np.int32)
    made = examples.assemble(tokens, cuts, IDS)
    assert made.lengths_N.max() == max_seq_length
    text = made.input_ids_U[made.input_ids_U >= 100]
    np.testing.assert_array_equal(text, tokens)

    ends = np.cumsum(made.lengths_N)
    rows = np.split(made.input_ids_U, ends[:-1])
    for row, first, (start, split, end) in zip(
        rows, made.first_segment_lengths_N, cuts
    ):
        expected = [IDS.cls, *tokens[start:split], IDS.sep]
        assert first == len(expected)
        if split < end:
            expected += [*tokens[split:end], IDS.sep]
        assert row.tolist() == expected


def test_rates_of_single_segments_and_random_lengths_are_the_reference_s():
    # Full examples only: the last one of a document is short, and mostly single.
    full = [cuts[:-1] for cuts in cut(64, documents=3000)]
    cuts = sum(full, [])
    assert len(cuts) > 20_000
    single = np.mean([split == end for _, split, end in cuts])
    # Three standard errors of a rate of 0.1 in 20,000.
    assert single == pytest.approx(0.1, abs=0.0065)
    lengths = np.array([end - start + 2 + (split < end) for start, split, end in cuts])
    assert np.mean(lengths < 64) == pytest.approx(0.05 * 59 / 60, abs=0.005)
    short = lengths[lengths < 64]
    assert (short.min(), short.max()) == (5, 63)
    assert short.mean() == pytest.approx((5 + 63) / 2, abs=2)


def test_segments_are_cut_at_the_line_ends_around_the_middle():
    # 125 tokens of text fit; the middle is 62.
    draws = iter([0.9, 0.9, 0.1, 0.9, 0.9, 0.9])
    ends = [10, 50, 90, 125, 130, 250]
    first, second = examples.cut_document(0, ends, 128, lambda: next(draws))
    assert first == (0, 50, 125)  # The third draw chose the line end before.
    assert second.start == 125
    # The only line end before the middle of the second is at 130, and none is after:
    # so the last line is cut at the middle.
    assert second == (125, 125 + 62, 250)


def test_a_line_that_fills_an_example_is_cut_into_two_segments():
    (only,) = examples.cut_document(0, [125], 128, lambda: 0.9)
    assert only == (0, 62, 125)


def test_a_document_shorter_than_half_an_example_is_one_segment():
    assert examples.cut_document(7, [10, 60], 128, lambda: 0.9) == [(7, 60, 60)]
