"""Counts of the training tokens at each position.

Shape letters: B batch, S sequence, P rows of the table.
"""

import itertools
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

CHECKPOINT_KEY = "position_counts"


class PositionCounts(tf.Module):
    """Number of tokens that each row of the position table was trained on.

    As in `metric_sums.Accumulator`, each replica adds to its own copy. The counts of a
    loop, below the 16 million that float32 counts exactly, are read once. Make it
    inside the strategy's scope.

    Args:
        rows: rows of the position table.
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
        """Counts of the whole run, stored in checkpoints."""

    def add(self, input_mask_BS: tf.Tensor) -> None:
        """Counts the real tokens of a batch; call it in replica context."""
        counts_S = tf.reduce_sum(tf.cast(input_mask_BS, "float32"), axis=0)
        missing = self._rows - input_mask_BS.shape[1]
        self._recent_P.assign_add(tf.pad(counts_S, [[0, missing]]))

    def settle(self) -> None:
        """Moves the devices' recent counts to the total; every worker must call it."""
        recent_P = self._recent_P.read_value()
        self.total_P.assign_add(tf.cast(recent_P, "int64"))
        self._recent_P.assign(tf.zeros(self._rows))


def describe(counts_P: np.ndarray, lengths: Sequence[int]) -> str:
    """Formats counts, such as "0-127: 9,000 tokens, 128-511: 0 tokens; never: 128-511".

    Args:
        counts_P: tokens per row.
        lengths: lengths of the run's examples, where a range ends and the next begins.
    """
    edges = sorted({0, *lengths, len(counts_P)})
    ranges = ", ".join(
        f"{_range(first, end)}: {int(counts_P[first:end].sum()):,} tokens"
        for first, end in itertools.pairwise(edges)
    )
    return f"{ranges}; never: {never_trained(counts_P) or 'none'}"


def never_trained(counts_P: np.ndarray) -> str:
    """Formats the rows with count 0 as ranges, such as "128-511"; "" for none."""
    is_zero = np.concatenate([[False], counts_P == 0, [False]])
    edges = np.flatnonzero(is_zero[1:] != is_zero[:-1])
    return ", ".join(
        _range(first, end) for first, end in zip(edges[::2], edges[1::2], strict=True)
    )


def _range(first: int, end: int) -> str:
    return f"{first}-{end - 1}" if end - first > 1 else str(first)
