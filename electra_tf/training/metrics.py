"""What a run reports: sums counted on the devices, ratios taken on the host.

Counting everything as sums makes a metric independent of the number of replicas and of
how examples fall into batches. Shape letters: B batch, S sequence, M masked slots.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from electra_tf.model.masking import CorruptedBatch, MaskedBatch
from electra_tf.training.losses import WeightedSum

BINS = 4096
MAX_LOGIT = 12.0
"""Discriminator logits beyond this (probability 6e-6) share the outermost bin."""


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
    """[2, BINS]: original and replaced real tokens by discriminator logit."""


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
    unit_BS = (logits_BS + MAX_LOGIT) / (2 * MAX_LOGIT)
    # A logit that is not a number belongs nowhere: bin 0 keeps the index in range.
    unit_BS = tf.where(tf.math.is_nan(unit_BS), 0.0, unit_BS)
    bin_BS = tf.cast(tf.clip_by_value(unit_BS, 0.0, 1.0) * (BINS - 1), "int32")
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
    average precision.
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
    unit = np.clip((logits + MAX_LOGIT) / (2 * MAX_LOGIT), 0.0, 1.0)
    first_bin = np.ceil(unit * (BINS - 1)).astype(int)
    above = np.cumsum(histogram[:, ::-1], axis=1)[:, ::-1]
    return above[:, first_bin]


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else 0.0
