"""Sums over batches from which `metrics` computes its ratios.

Because everything is counted as a sum, a metric does not depend on the number of
replicas or on how examples fall into batches. Shape letters: B batch, S sequence,
M masked slots.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from electra_tf.batch import Batch
from electra_tf.model.masking import MaskedBatch
from electra_tf.pretraining.forward import Forward

MAX_LOGIT = 32
"""Discriminator logits beyond this (probability 1e-14) share the outermost bin."""
BINS_PER_LOGIT = 2048
"""A power of two, so that float32 finds a logit's bin exactly.

At the start of a run the logits of all tokens lie within 0.01 of each other. In bins
wider than that most pairs of tokens are ties, which pull the AUC towards 0.5.
"""
BINS = 2 * MAX_LOGIT * BINS_PER_LOGIT


class MetricSums(NamedTuple):
    """Float32 sums over any number of batches."""

    masked_lm_loss: tf.Tensor
    slots: tf.Tensor
    masked_correct: tf.Tensor
    """Slots where the generator's most probable piece is the original."""
    sampled_correct: tf.Tensor
    """Slots where the generator's sample is the original."""
    discriminator_loss: tf.Tensor
    tokens: tf.Tensor
    replaced: tf.Tensor
    predicted_replaced: tf.Tensor
    """Tokens with a discriminator logit above 0."""
    true_positives: tf.Tensor
    """Replaced tokens that are predicted to be replaced."""
    histogram: tf.Tensor
    """[2, BINS]: original and replaced real tokens by discriminator logit; 1 MB."""


def zeros() -> MetricSums:
    """Returns the sums over no batch, as NumPy float64."""
    empty = dict.fromkeys(MetricSums._fields, np.float64(0.0))
    return MetricSums(**empty | {"histogram": np.zeros((2, BINS))})


def count(batch: Batch, masked: MaskedBatch, result: Forward) -> MetricSums:
    """Returns the sums over one batch, given both networks' results on it."""

    def correct(ids_BM: tf.Tensor) -> tf.Tensor:
        hit_BM = tf.cast(ids_BM == masked.original_ids_BM, "float32")
        return tf.reduce_sum(hit_BM * masked.weights_BM)

    logits_BS = result.discriminator_logits_BS
    real_BS = tf.cast(batch.input_mask_BS, "float32")
    replaced_BS = tf.cast(result.corrupted.labels_BS, "float32") * real_BS
    predicted_BS = tf.cast(logits_BS > 0.0, "float32") * real_BS
    return MetricSums(
        masked_lm_loss=result.masked_lm_loss.total,
        slots=result.masked_lm_loss.weight,
        masked_correct=correct(result.predicted_ids_BM),
        sampled_correct=correct(result.sampled_ids_BM),
        discriminator_loss=result.discriminator_loss.total,
        tokens=result.discriminator_loss.weight,
        replaced=tf.reduce_sum(replaced_BS),
        predicted_replaced=tf.reduce_sum(predicted_BS),
        true_positives=tf.reduce_sum(predicted_BS * replaced_BS),
        histogram=_histogram(logits_BS, replaced_BS, real_BS),
    )


def _histogram(
    logits_BS: tf.Tensor, replaced_BS: tf.Tensor, real_BS: tf.Tensor
) -> tf.Tensor:
    # A logit that is not a number has no bin: bin 0 keeps the index in range.
    logits_BS = tf.where(tf.math.is_nan(logits_BS), -float(MAX_LOGIT), logits_BS)
    scaled_BS = tf.clip_by_value(logits_BS * BINS_PER_LOGIT, -BINS // 2, BINS // 2 - 1)
    bin_BS = tf.cast(tf.floor(scaled_BS), "int32") + BINS // 2
    index_BS = bin_BS + BINS * tf.cast(replaced_BS, "int32")
    counts = tf.math.unsorted_segment_sum(
        tf.reshape(real_BS, [-1]), tf.reshape(index_BS, [-1]), 2 * BINS
    )
    return tf.reshape(counts, (2, BINS))


class Accumulator(tf.Module):
    """Adds up the sums of several steps on the devices.

    Each replica adds to its own copy; reading sums over replicas and workers, so there
    is one exchange per loop, not per step. Make it inside the strategy's scope.
    """

    def __init__(self) -> None:
        super().__init__(name="counts")
        self._sums = [
            tf.Variable(
                tf.zeros(np.shape(value)),
                trainable=False,
                synchronization=tf.VariableSynchronization.ON_READ,
                aggregation=tf.VariableAggregation.SUM,
            )
            for value in zeros()
        ]

    def add(self, sums: MetricSums) -> None:
        """Adds one batch; call it in replica context."""
        for total, value in zip(self._sums, sums, strict=True):
            total.assign_add(value)

    def take(self) -> MetricSums:
        """Returns the sums as NumPy float64 and resets them; every worker must call it.

        Float32 on the device counts single tokens up to 16 million only.
        """
        taken = MetricSums(*(np.float64(total.read_value()) for total in self._sums))
        for total in self._sums:
            total.assign(tf.zeros(total.shape))
        return taken


def add(left: MetricSums, right: MetricSums) -> MetricSums:
    """Returns the sums over the batches of both."""
    return MetricSums(*(x + y for x, y in zip(left, right, strict=True)))
