"""Counts and ratios against a direct computation."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf
from sklearn.metrics import average_precision_score, roc_auc_score

from electra_tf.model.masking import CorruptedBatch, MaskedBatch
from electra_tf.pretraining import metrics
from electra_tf.pretraining.losses import WeightedSum


def counts(logits, labels, real) -> metrics.Counts:
    """Counts of one batch; the generator's part is left trivial."""
    slots = tf.ones((len(logits), 1))
    masked = MaskedBatch(None, None, tf.cast(slots, "int32"), slots)
    one = WeightedSum(tf.constant(2.0), tf.constant(4.0))
    counted = metrics.count(
        masked,
        CorruptedBatch(None, tf.constant(labels, "int32")),
        tf.constant(real, "int32"),
        tf.cast(slots, "int32"),
        tf.zeros_like(slots, "int32"),
        tf.constant(logits, "float32"),
        one,
        WeightedSum(tf.constant(3.0), tf.constant(float(np.sum(real)))),
    )
    return metrics.Counts(*(np.float64(value) for value in counted))


@pytest.fixture
def random():
    rng = np.random.default_rng(0)
    labels = (rng.random((20, 50)) < 0.13).astype(int)
    logits = rng.normal(-2.0, 1.5, (20, 50)) + 2.0 * labels
    real = (np.arange(50) < rng.integers(20, 51, 20)[:, None]).astype(int)
    return logits, labels, real


def test_ratios_equal_a_direct_computation(random):
    logits, labels, real = random
    values = metrics.scalars(counts(logits, labels, real), 1.0, 50.0)
    scores, truth = logits[real == 1], labels[real == 1]
    judged = scores > 0
    precision = np.mean(truth[judged])
    recall = np.mean(judged[truth == 1])
    expected = {
        "discriminator/accuracy": np.mean(judged == truth),
        "discriminator/precision": precision,
        "discriminator/recall": recall,
        "discriminator/f1": 2 * precision * recall / (precision + recall),
        "discriminator/replaced_rate": np.mean(truth),
        "discriminator/trivial_accuracy": 1 - np.mean(truth),
        "discriminator/lift": np.mean(judged == truth) - 1 + np.mean(truth),
        "generator/masked_accuracy": 20 / 4,
        "generator/sampled_accuracy": 0.0,
        "loss/generator": 0.5,
        "loss/discriminator": 3.0 / np.sum(real),
        "loss/total": 0.5 + 50 * 3.0 / np.sum(real),
    }
    for name, value in expected.items():
        assert values[name] == pytest.approx(value, rel=1e-6), name


def test_areas_are_those_of_scikit_learn(random):
    logits, labels, real = random
    auc, pr_auc = metrics.areas(counts(logits, labels, real).histogram)
    scores, truth = logits[real == 1], labels[real == 1]
    # About 700 tokens over 10,000 bins: a few of the pairs become ties.
    assert auc == pytest.approx(roc_auc_score(truth, scores), abs=1e-4)
    assert pr_auc == pytest.approx(average_precision_score(truth, scores), abs=1e-3)


@pytest.mark.parametrize("deviation", [0.002, 0.01, 0.1, 1.0])
@pytest.mark.parametrize("mean", [-20.0, -2.2, 0.0, 3.3, 20.0])
def test_the_auc_holds_wherever_the_logits_lie_and_however_close(mean, deviation):
    rng = np.random.default_rng(0)
    labels = (rng.random((100, 200)) < 0.1).astype(int)
    noise = rng.normal(mean, deviation, labels.shape)
    for area in (0.55, 0.7, 0.8, 0.95):
        # Two normals so far apart have this area under their ROC curve.
        shift = 2**0.5 * deviation * scipy.stats.norm.ppf(area)
        logits = (noise + shift * labels).astype("float32")
        auc, pr_auc = metrics.areas(counts(logits, labels, labels**0).histogram)
        truth, scores = labels.ravel(), logits.ravel()
        assert auc == pytest.approx(roc_auc_score(truth, scores), abs=2e-3)
        # Bins of a quarter of the smallest deviation, as the docstring of `areas` says.
        exact = average_precision_score(truth, scores)
        assert exact - 0.03 < pr_auc < exact + 1e-3


def test_tokens_of_one_bin_are_half_in_order():
    histogram = np.array([[0.0, 4.0, 0.0], [0.0, 2.0, 0.0]])
    assert metrics.areas(histogram) == (0.5, 2 / 6)
    # Of 3 x 2 pairs two are in order, two are ties and two are not in order.
    histogram = np.array([[1.0, 1.0, 1.0], [0.0, 2.0, 0.0]])
    assert metrics.areas(histogram) == pytest.approx((0.5, 2 / 4))
    histogram = np.array([[2.0, 1.0, 0.0], [1.0, 0.0, 1.0]])
    # Of six: the three of the upper positive, and half of the two ties.
    assert metrics.areas(histogram)[0] == pytest.approx((3 + 2 / 2) / 6)


def test_padding_is_not_counted(random):
    logits, labels, real = random
    cut = metrics.scalars(counts(logits, labels, real), 1.0, 50.0)
    wild = np.where(real == 1, logits, 100.0)
    again = metrics.scalars(counts(wild, labels, real), 1.0, 50.0)
    assert cut == again


def test_an_unused_slot_is_neither_right_nor_wrong():
    slots = MaskedBatch(
        None, None, tf.constant([[5, 6, 0, 0]]), tf.constant([[1.0, 1.0, 0.0, 0.0]])
    )
    one, zeros = WeightedSum(tf.constant(1.0), tf.constant(2.0)), tf.zeros((1, 2))
    counted = metrics.count(
        slots,
        CorruptedBatch(None, tf.zeros((1, 2), "int32")),
        tf.ones((1, 2), "int32"),
        tf.constant([[5, 5, 0, 1]]),
        tf.constant([[5, 6, 1, 0]]),
        zeros,
        one,
        one,
    )
    assert float(counted.masked_correct) == 1.0
    assert float(counted.sampled_correct) == 2.0
    # A logit of 0 is not a judgement that a token was replaced.
    assert float(counted.judged_replaced) == 0.0


def test_the_devices_counts_are_taken_once():
    accumulator = metrics.Accumulator()
    some = metrics.Counts(
        *(
            tf.ones(np.shape(value)) * place
            for place, value in enumerate(metrics.zeros())
        )
    )
    accumulator.add(some)
    accumulator.add(some)
    taken, again = accumulator.take(), accumulator.take()
    for place, (name, ours, empty) in enumerate(zip(taken._fields, taken, again)):
        assert ours.dtype == np.float64, name
        np.testing.assert_array_equal(ours, 2 * place, err_msg=name)
        np.testing.assert_array_equal(empty, 0, err_msg=name)
    assert taken.histogram.shape == (2, metrics.BINS)


def test_what_is_undefined_is_zero():
    values = metrics.scalars(metrics.zeros(), 1.0, 50.0)
    assert values["discriminator/precision"] == 0.0
    assert values["discriminator/auc"] == values["discriminator/pr_auc"] == 0.0
    nothing_replaced = counts([[1.0, -1.0]], [[0, 0]], [[1, 1]])
    assert metrics.scalars(nothing_replaced, 1.0, 50.0)["discriminator/auc"] == 0.0


def test_counts_of_parts_add_up_to_counts_of_the_whole(random):
    logits, labels, real = random
    whole = counts(logits, labels, real)
    parts = metrics.zeros()
    for rows in (slice(0, 7), slice(7, 20)):
        parts = metrics.add(parts, counts(logits[rows], labels[rows], real[rows]))
    np.testing.assert_array_equal(parts.histogram, whole.histogram)
    assert parts.found == whole.found
    assert parts.tokens == whole.tokens


def test_extreme_logits_stay_inside_the_histogram():
    logits = [[1e9, -1e9, np.inf, -np.inf, np.nan]]
    histogram = counts(logits, [[1, 0, 1, 0, 0]], [[1] * 5]).histogram
    assert histogram.sum() == 5
    assert histogram[1, -1] == 2
    assert histogram[0, 0] == 3


def test_the_curve_counts_at_thresholds(random):
    logits, labels, real = random
    histogram = counts(logits, labels, real).histogram
    negatives, positives = metrics.at_thresholds(histogram, np.array([0.0, 0.5, 1.0]))
    scores, truth = logits[real == 1], labels[real == 1]
    assert positives[0] == truth.sum()
    assert negatives[0] == (1 - truth).sum()
    # A logit of 0 is the lower end of a bin, so that one half cuts none.
    assert positives[1] == truth[scores > 0].sum()
    assert negatives[1] == (1 - truth[scores > 0]).sum()
    assert positives[2] == negatives[2] == 0


def test_a_threshold_counts_the_bins_above_it():
    step = 1.0 / metrics.BINS_PER_LOGIT
    logits = [[-step, -step / 2, 0.0, step / 2, step]]
    histogram = counts(logits, [[0] * 5], [[1] * 5]).histogram
    logit = np.array([-1.5, -0.5, 0.0, 0.5, 1.5]) * step
    negatives, _ = metrics.at_thresholds(histogram, 1.0 / (1.0 + np.exp(-logit)))
    assert negatives.tolist() == [5, 3, 3, 1, 0]
    # Probabilities of 0 and of 1 stand for the outermost bins.
    histogram = counts([[-99.0, -31.0, 31.0, 99.0]], [[1] * 4], [[1] * 4]).histogram
    _, positives = metrics.at_thresholds(histogram, np.array([0.0, 1e-13, 1.0]))
    assert positives.tolist() == [4, 2, 1]
