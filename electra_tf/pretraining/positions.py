"""How many tokens each row of the position table was trained on.

Shape letters: B batch, S sequence, P rows of the table.
"""

import itertools
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

CHECKPOINT_KEY = "position_counts"


class PositionCounts(tf.Module):
    """Counts on the devices, and the sum of a run.

    As `metrics.Accumulator`: each replica adds to its own copy, and a loop's counts,
    below the 16 million that float32 counts exactly, are read once. Make it inside the
    strategy's scope.

    Args:
        rows: of the position table.
    """

    def __init__(self, rows: int) -> None:
        super().__init__(name=CHECKPOINT_KEY)
        self._rows = rows
        self._recent_P = tf.Variable(
            tf.zeros(rows),
            trainable=False,
            synchronization=tf.VariableSynchronization.ON_READ,
            aggregation=tf.VariableAggregation.SUM,
        )
        self.total_P = tf.Variable(
            tf.zeros(rows, "int64"),
            trainable=False,
            aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
        )
        """Of the whole run; what a checkpoint holds."""

    def add(self, input_mask_BS: tf.Tensor) -> None:
        """Counts the real tokens of a batch; call it in replica context."""
        counts_S = tf.reduce_sum(tf.cast(input_mask_BS, "float32"), axis=0)
        missing = self._rows - input_mask_BS.shape[1]
        self._recent_P.assign_add(tf.pad(counts_S, [[0, missing]]))

    def settle(self) -> None:
        """Moves what the devices have counted to the sum; every worker must."""
        recent_P = self._recent_P.read_value()
        self.total_P.assign_add(tf.cast(recent_P, "int64"))
        self._recent_P.assign(tf.zeros(self._rows))


def describe(counts_P: np.ndarray, lengths: Sequence[int]) -> str:
    """The counts in words, such as "0-127: 9,000 tokens, 128-511: 0 tokens".

    Args:
        counts_P: tokens of each row.
        lengths: of the run's examples, where one range ends and the next begins.
    """
    edges = sorted({0, *lengths, len(counts_P)})
    ranges = ", ".join(
        f"{_range(first, end)}: {int(counts_P[first:end].sum()):,} tokens"
        for first, end in itertools.pairwise(edges)
    )
    return f"{ranges}; never: {never_trained(counts_P) or 'none'}"


def never_trained(counts_P: np.ndarray) -> str:
    """Rows of count 0 as ranges, such as "128-511"; "" where there are none."""
    is_zero = np.concatenate([[False], counts_P == 0, [False]])
    edges = np.flatnonzero(is_zero[1:] != is_zero[:-1])
    return ", ".join(
        _range(first, end) for first, end in zip(edges[::2], edges[1::2], strict=True)
    )


def _range(first: int, end: int) -> str:
    return f"{first}-{end - 1}" if end - first > 1 else str(first)
