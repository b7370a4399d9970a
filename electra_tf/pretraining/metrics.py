"""What a run reports: sums counted on the devices, ratios taken on the host.

Counting everything as sums makes a metric independent of the number of replicas and of
how examples fall into batches. Shape letters: B batch, S sequence, M masked slots.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from electra_tf.model.masking import CorruptedBatch, MaskedBatch
from electra_tf.pretraining.losses import WeightedSum

MAX_LOGIT = 32
"""Discriminator logits beyond this (probability 1e-14) share the outermost bin."""
BINS_PER_LOGIT = 2048
"""A power of two, so that float32 finds a logit's bin exactly.

At the start of a run the logits of all tokens lie within 0.01 of each other. In bins
wider than that most pairs of tokens are ties, which pull the AUC towards 0.5.
"""
BINS = 2 * MAX_LOGIT * BINS_PER_LOGIT


class Counts(NamedTuple):
    """Float32 sums over any number of batches."""

    masked_lm_loss: tf.Tensor
    slots: tf.Tensor
    masked_correct: tf.Tensor
    sampled_correct: tf.Tensor
    discriminator_loss: tf.Tensor
    tokens: tf.Tensor
    replaced: tf.Tensor
    judged_replaced: tf.Tensor
    found: tf.Tensor
    """Replaced tokens that were judged replaced."""
    histogram: tf.Tensor
    """[2, BINS]: original and replaced real tokens by discriminator logit; 1 MB."""


def zeros() -> Counts:
    """Counts of nothing, as NumPy float64."""
    empty = dict.fromkeys(Counts._fields, np.float64(0.0))
    return Counts(**empty | {"histogram": np.zeros((2, BINS))})


def count(
    masked: MaskedBatch,
    corrupted: CorruptedBatch,
    input_mask_BS: tf.Tensor,
    predicted_ids_BM: tf.Tensor,
    sampled_ids_BM: tf.Tensor,
    discriminator_logits_BS: tf.Tensor,
    masked_lm_loss: WeightedSum,
    discriminator_loss: WeightedSum,
) -> Counts:
    """Counts one batch.

    Args:
        masked: what the generator saw.
        corrupted: what the discriminator saw.
        input_mask_BS: 1 at real tokens.
        predicted_ids_BM: the generator's most probable pieces.
        sampled_ids_BM: the pieces it drew.
        discriminator_logits_BS: float32.
        masked_lm_loss: of the generator.
        discriminator_loss: of the discriminator.
    """

    def correct(ids_BM: tf.Tensor) -> tf.Tensor:
        hit_BM = tf.cast(ids_BM == masked.original_ids_BM, "float32")
        return tf.reduce_sum(hit_BM * masked.weights_BM)

    real_BS = tf.cast(input_mask_BS, "float32")
    replaced_BS = tf.cast(corrupted.labels_BS, "float32") * real_BS
    judged_BS = tf.cast(discriminator_logits_BS > 0.0, "float32") * real_BS
    return Counts(
        masked_lm_loss=masked_lm_loss.total,
        slots=masked_lm_loss.weight,
        masked_correct=correct(predicted_ids_BM),
        sampled_correct=correct(sampled_ids_BM),
        discriminator_loss=discriminator_loss.total,
        tokens=discriminator_loss.weight,
        replaced=tf.reduce_sum(replaced_BS),
        judged_replaced=tf.reduce_sum(judged_BS),
        found=tf.reduce_sum(judged_BS * replaced_BS),
        histogram=_histogram(discriminator_logits_BS, replaced_BS, real_BS),
    )


def _histogram(
    logits_BS: tf.Tensor, replaced_BS: tf.Tensor, real_BS: tf.Tensor
) -> tf.Tensor:
    # A logit that is not a number belongs nowhere: bin 0 keeps the index in range.
    logits_BS = tf.where(tf.math.is_nan(logits_BS), -float(MAX_LOGIT), logits_BS)
    scaled_BS = tf.clip_by_value(logits_BS * BINS_PER_LOGIT, -BINS // 2, BINS // 2 - 1)
    bin_BS = tf.cast(tf.floor(scaled_BS), "int32") + BINS // 2
    index_BS = bin_BS + BINS * tf.cast(replaced_BS, "int32")
    counts = tf.math.unsorted_segment_sum(
        tf.reshape(real_BS, [-1]), tf.reshape(index_BS, [-1]), 2 * BINS
    )
    return tf.reshape(counts, (2, BINS))


class Accumulator(tf.Module):
    """Adds up the counts of several steps on the devices.

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

    def add(self, counts: Counts) -> None:
        """Adds one batch; call it in replica context."""
        for total, value in zip(self._sums, counts, strict=True):
            total.assign_add(value)

    def take(self) -> Counts:
        """Returns the sums as NumPy float64 and starts again; every worker must."""
        taken = Counts(*(np.float64(total.read_value()) for total in self._sums))
        for total in self._sums:
            total.assign(tf.zeros(total.shape))
        return taken


def add(left: Counts, right: Counts) -> Counts:
    """Sum of two counts."""
    return Counts(*(x + y for x, y in zip(left, right, strict=True)))


def scalars(
    counts: Counts, generator_weight: float, discriminator_weight: float
) -> dict[str, float]:
    """The metrics by their TensorBoard tag; ratios of nothing are 0.

    A token counts as judged replaced where its logit is above 0. The areas are over
    real tokens only (the reference counts padding as negatives of score 0).
    """
    generator_loss = _ratio(counts.masked_lm_loss, counts.slots)
    discriminator_loss = _ratio(counts.discriminator_loss, counts.tokens)
    wrong = counts.replaced + counts.judged_replaced - 2 * counts.found
    accuracy = 1.0 - _ratio(wrong, counts.tokens)
    precision = _ratio(counts.found, counts.judged_replaced)
    recall = _ratio(counts.found, counts.replaced)
    replaced_rate = _ratio(counts.replaced, counts.tokens)
    auc, pr_auc = areas(counts.histogram)
    return {
        "loss/total": generator_weight * generator_loss
        + discriminator_weight * discriminator_loss,
        "loss/generator": generator_loss,
        "loss/discriminator": discriminator_loss,
        "generator/masked_accuracy": _ratio(counts.masked_correct, counts.slots),
        "generator/sampled_accuracy": _ratio(counts.sampled_correct, counts.slots),
        "discriminator/accuracy": accuracy,
        "discriminator/precision": precision,
        "discriminator/recall": recall,
        "discriminator/f1": _ratio(2 * precision * recall, precision + recall),
        "discriminator/auc": auc,
        "discriminator/pr_auc": pr_auc,
        "discriminator/replaced_rate": replaced_rate,
        "discriminator/trivial_accuracy": 1.0 - replaced_rate,
        "discriminator/lift": accuracy - (1.0 - replaced_rate),
    }


def areas(histogram: np.ndarray) -> tuple[float, float]:
    """Areas under the ROC and the precision-recall curve; 0 where undefined.

    ROC by the trapezoid rule (tokens of one bin count as ties), precision-recall as
    average precision. For logits with a standard deviation of 0.002 (4 bins) or more,
    the first is within 0.002 of the area over the logits themselves, and the second at
    most 0.03 below it; at 0.01 it is at most 0.006 below.
    """
    negatives, positives = histogram[:, ::-1]  # From the highest logit down.
    if not negatives.sum() or not positives.sum():
        return 0.0, 0.0
    false_positives, true_positives = np.cumsum(negatives), np.cumsum(positives)
    before = true_positives - positives
    roc = np.sum(negatives * (before + true_positives) / 2)
    precision = true_positives / np.maximum(true_positives + false_positives, 1.0)
    average_precision = np.sum(positives * precision)
    return (
        float(roc / (negatives.sum() * positives.sum())),
        float(average_precision / positives.sum()),
    )


def at_thresholds(histogram: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Negatives and positives [2, T] with a probability at or above each threshold."""
    with np.errstate(divide="ignore"):
        logits = np.log(thresholds) - np.log1p(-thresholds)
    scaled = np.clip(logits * BINS_PER_LOGIT, -BINS // 2, BINS // 2 - 1)
    first_bin = np.ceil(scaled).astype(int) + BINS // 2
    above = np.cumsum(histogram[:, ::-1], axis=1)[:, ::-1]
    return above[:, first_bin]


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else 0.0
