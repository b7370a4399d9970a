"""Sums over a batch, and how they add up."""

import numpy as np
import pytest
import tensorflow as tf

from electra_tf.batch import Batch
from electra_tf.model.masking import CorruptedBatch, MaskedBatch
from electra_tf.pretraining import metric_sums
from electra_tf.pretraining.forward import Forward
from electra_tf.pretraining.losses import WeightedSum
from electra_tf.pretraining.metric_sums import MetricSums


def sums(logits, labels, real) -> MetricSums:
    """Returns sums over one batch with a trivial generator part."""
    slots_BM = tf.ones((len(logits), 1))
    ids_BM = tf.cast(slots_BM, "int32")
    counted = metric_sums.count(
        Batch(None, tf.constant(real, "int32"), None),
        MaskedBatch(None, None, ids_BM, slots_BM),
        Forward(
            predicted_ids_BM=ids_BM,
            sampled_ids_BM=tf.zeros_like(ids_BM),
            corrupted=CorruptedBatch(None, tf.constant(labels, "int32")),
            discriminator_logits_BS=tf.constant(logits, "float32"),
            masked_lm_loss=WeightedSum(tf.constant(2.0), tf.constant(4.0)),
            discriminator_loss=WeightedSum(
                tf.constant(3.0), tf.constant(float(np.sum(real)))
            ),
        ),
    )
    return MetricSums(*(np.float64(value) for value in counted))


@pytest.fixture
def random():
    rng = np.random.default_rng(0)
    labels = (rng.random((20, 50)) < 0.13).astype(int)
    logits = rng.normal(-2.0, 1.5, (20, 50)) + 2.0 * labels
    real = (np.arange(50) < rng.integers(20, 51, 20)[:, None]).astype(int)
    return logits, labels, real


def test_an_unused_slot_is_neither_right_nor_wrong():
    slots = MaskedBatch(
        None, None, tf.constant([[5, 6, 0, 0]]), tf.constant([[1.0, 1.0, 0.0, 0.0]])
    )
    one, zeros = WeightedSum(tf.constant(1.0), tf.constant(2.0)), tf.zeros((1, 2))
    counted = metric_sums.count(
        Batch(None, tf.ones((1, 2), "int32"), None),
        slots,
        Forward(
            predicted_ids_BM=tf.constant([[5, 5, 0, 1]]),
            sampled_ids_BM=tf.constant([[5, 6, 1, 0]]),
            corrupted=CorruptedBatch(None, tf.zeros((1, 2), "int32")),
            discriminator_logits_BS=zeros,
            masked_lm_loss=one,
            discriminator_loss=one,
        ),
    )
    assert float(counted.masked_correct) == 1.0
    assert float(counted.sampled_correct) == 2.0
    # A logit of 0 does not predict that a token is replaced.
    assert float(counted.predicted_replaced) == 0.0


def test_the_sums_of_the_devices_are_taken_once():
    accumulator = metric_sums.Accumulator()
    some = MetricSums(
        *(
            tf.ones(np.shape(value)) * place
            for place, value in enumerate(metric_sums.zeros())
        )
    )
    accumulator.add(some)
    accumulator.add(some)
    taken, again = accumulator.take(), accumulator.take()
    for place, (name, ours, empty) in enumerate(zip(taken._fields, taken, again)):
        assert ours.dtype == np.float64, name
        np.testing.assert_array_equal(ours, 2 * place, err_msg=name)
        np.testing.assert_array_equal(empty, 0, err_msg=name)
    assert taken.histogram.shape == (2, metric_sums.BINS)


def test_sums_of_parts_add_up_to_the_sums_of_the_whole(random):
    logits, labels, real = random
    whole = sums(logits, labels, real)
    parts = metric_sums.zeros()
    for rows in (slice(0, 7), slice(7, 20)):
        parts = metric_sums.add(parts, sums(logits[rows], labels[rows], real[rows]))
    np.testing.assert_array_equal(parts.histogram, whole.histogram)
    assert parts.true_positives == whole.true_positives
    assert parts.tokens == whole.tokens


def test_extreme_logits_stay_inside_the_histogram():
    logits = [[1e9, -1e9, np.inf, -np.inf, np.nan]]
    histogram = sums(logits, [[1, 0, 1, 0, 0]], [[1] * 5]).histogram
    assert histogram.sum() == 5
    assert histogram[1, -1] == 2
    assert histogram[0, 0] == 3
