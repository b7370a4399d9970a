"""Batches of examples of similar length, so that little of them is padding.

Shape letters: N examples, B batch of one replica, S sequence.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from electra_tf.finetuning.features import Features

LENGTH_MULTIPLE = 32
"""Batches are truncated to a multiple of it: each shape is compiled once."""
GROUP = 50
"""Number of batches, drawn at random, whose examples are sorted by length together."""


class TaskBatch(NamedTuple):
    """Features of some examples; rows that only fill up the batch have weight 0."""

    ids_BS: tf.Tensor
    mask_BS: tf.Tensor
    segments_BS: tf.Tensor
    targets: tf.Tensor
    weights_B: tf.Tensor
    """float32."""


def by_length(features: Features, batch_size: int) -> np.ndarray:
    """Int32 [steps, batch_size]: all examples by length; -1 fills up the last batch."""
    return _filled(np.argsort(_lengths(features), kind="stable"), batch_size)


def shuffled(features: Features, batch_size: int, seed: int, epoch: int) -> np.ndarray:
    """Int32 [steps, batch_size]: an epoch's order; -1 fills up one batch.

    Examples are drawn at random for `GROUP` batches at a time, sorted by length among
    these, and cut into batches, which come in random order.
    """
    rng = np.random.default_rng([seed, epoch])
    lengths_N = _lengths(features)
    order_N = rng.permutation(len(lengths_N))
    groups = [
        group[np.argsort(lengths_N[group], kind="stable")]
        for group in np.split(
            order_N, range(GROUP * batch_size, len(order_N), GROUP * batch_size)
        )
    ]
    batches = _filled(np.concatenate(groups), batch_size)
    return batches[rng.permutation(len(batches))]


def _lengths(features: Features) -> np.ndarray:
    return features.mask_NS.sum(axis=1)


def _filled(order_N: np.ndarray, batch_size: int) -> np.ndarray:
    steps = -(-len(order_N) // batch_size)
    filled = np.full(steps * batch_size, -1, np.int32)
    filled[: len(order_N)] = order_N
    return filled.reshape(steps, batch_size)


def dataset(
    features: Features, order: np.ndarray, strategy: tf.distribute.Strategy
) -> tf.data.Dataset:
    """Returns batches in the given order, distributed over the strategy's replicas.

    Args:
        features: all examples.
        order: int32 [steps, batch], -1 for a row that doesn't count.
        strategy: its number of replicas divides the batch. On a TPU, which needs one
            shape, all batches have the full length.
    """
    arrays = [tf.constant(values) for values in features]
    full_length = features.ids_NS.shape[1]
    is_truncated = not isinstance(strategy, tf.distribute.TPUStrategy)
    has_target_per_token = features.targets.shape[1:] == (full_length,)

    def gather(order_B: tf.Tensor) -> TaskBatch:
        index_B = tf.maximum(order_B, 0)
        ids, mask, segments, targets = (tf.gather(rows, index_B) for rows in arrays)
        if is_truncated:
            longest = tf.reduce_max(tf.reduce_sum(mask, axis=1))
            length = -(-longest // LENGTH_MULTIPLE) * LENGTH_MULTIPLE
            length = tf.minimum(length, full_length)
            ids, mask, segments = (rows[:, :length] for rows in (ids, mask, segments))
            targets = targets[:, :length] if has_target_per_token else targets
        return TaskBatch(ids, mask, segments, targets, tf.cast(order_B >= 0, "float32"))

    ds = tf.data.Dataset.from_tensor_slices(order).map(gather)
    return strategy.experimental_distribute_dataset(ds.prefetch(2))
