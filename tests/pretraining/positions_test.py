"""Exact counts of tokens by position, and their description."""

import numpy as np
import tensorflow as tf

from electra_tf.pretraining import positions
from electra_tf.pretraining.positions import PositionCounts


def test_ranges_that_were_never_trained_are_found_wherever_they_are():
    for counts, expected in [
        ([3, 2, 1], ""),
        ([3, 2, 0, 0], "2-3"),
        ([0, 2, 0, 0, 1, 0], "0, 2-3, 5"),
        ([0, 0], "0-1"),
    ]:
        assert positions.never_trained(np.array(counts)) == expected


def test_a_description_sums_the_tokens_of_each_length():
    counts_P = np.array([1000, 900, 20, 10, 0, 0])
    assert positions.describe(counts_P, [2, 4]) == (
        "0-1: 1,900 tokens, 2-3: 30 tokens, 4-5: 0 tokens; never: 4-5"
    )
    assert positions.describe(counts_P[:4], [4]) == "0-3: 1,930 tokens; never: none"


def test_batches_of_several_lengths_add_up_past_what_float32_counts():
    counts = PositionCounts(4)
    start = 2**24
    counts.total_P.assign([start, start, 0, 0])
    for mask_BS in ([[1, 1], [1, 0]], [[1, 1, 1], [1, 0, 0]]):
        counts.add(tf.constant(mask_BS))
        counts.settle()
    assert counts.total_P.numpy().tolist() == [start + 4, start + 2, 1, 0]
