"""Ratios and areas against a direct computation; the table of metrics."""

import numpy as np
import pytest
import scipy.stats
from sklearn.metrics import average_precision_score, roc_auc_score

from electra_tf.config import Config
from electra_tf.pretraining import metric_sums, metrics
from tests.pretraining.metric_sums_test import random, sums

__all__ = ["random"]  # A fixture.


def areas(histogram: np.ndarray) -> tuple[float, float]:
    return metrics.roc_auc(histogram), metrics.average_precision(histogram)


def test_ratios_equal_a_direct_computation(random):
    logits, labels, real = random
    values = metrics.scalars(sums(logits, labels, real), Config())
    scores, truth = logits[real == 1], labels[real == 1]
    predicted = scores > 0
    precision = np.mean(truth[predicted])
    recall = np.mean(predicted[truth == 1])
    expected = {
        "discriminator/accuracy": np.mean(predicted == truth),
        "discriminator/precision": precision,
        "discriminator/recall": recall,
        "discriminator/f1": 2 * precision * recall / (precision + recall),
        "discriminator/replaced_rate": np.mean(truth),
        "discriminator/trivial_accuracy": 1 - np.mean(truth),
        "discriminator/lift": np.mean(predicted == truth) - 1 + np.mean(truth),
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
    auc, pr_auc = areas(sums(logits, labels, real).histogram)
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
        auc, pr_auc = areas(sums(logits, labels, labels**0).histogram)
        truth, scores = labels.ravel(), logits.ravel()
        assert auc == pytest.approx(roc_auc_score(truth, scores), abs=2e-3)
        # Bins of a quarter of the smallest deviation, as the docstrings say.
        exact = average_precision_score(truth, scores)
        assert exact - 0.03 < pr_auc < exact + 1e-3


def test_tokens_of_one_bin_are_half_in_order():
    histogram = np.array([[0.0, 4.0, 0.0], [0.0, 2.0, 0.0]])
    assert areas(histogram) == (0.5, 2 / 6)
    # Of 3 x 2 pairs two are in order, two are ties and two are not in order.
    histogram = np.array([[1.0, 1.0, 1.0], [0.0, 2.0, 0.0]])
    assert areas(histogram) == pytest.approx((0.5, 2 / 4))
    histogram = np.array([[2.0, 1.0, 0.0], [1.0, 0.0, 1.0]])
    # Of six: the three of the upper positive, and half of the two ties.
    assert areas(histogram)[0] == pytest.approx((3 + 2 / 2) / 6)


def test_padding_is_not_counted(random):
    logits, labels, real = random
    cut = metrics.scalars(sums(logits, labels, real), Config())
    wild = np.where(real == 1, logits, 100.0)
    again = metrics.scalars(sums(wild, labels, real), Config())
    assert cut == again


def test_what_is_undefined_is_zero():
    values = metrics.scalars(metric_sums.zeros(), Config())
    assert values["discriminator/precision"] == 0.0
    assert values["discriminator/auc"] == values["discriminator/pr_auc"] == 0.0
    nothing_replaced = sums([[1.0, -1.0]], [[0, 0]], [[1, 1]])
    assert metrics.scalars(nothing_replaced, Config())["discriminator/auc"] == 0.0


def test_the_curve_counts_at_thresholds(random):
    logits, labels, real = random
    histogram = sums(logits, labels, real).histogram
    negatives, positives = metrics.at_thresholds(histogram, np.array([0.0, 0.5, 1.0]))
    scores, truth = logits[real == 1], labels[real == 1]
    assert positives[0] == truth.sum()
    assert negatives[0] == (1 - truth).sum()
    # A logit of 0 is the lower end of a bin, so that one half cuts none.
    assert positives[1] == truth[scores > 0].sum()
    assert negatives[1] == (1 - truth[scores > 0]).sum()
    assert positives[2] == negatives[2] == 0


def test_a_threshold_counts_the_bins_above_it():
    step = 1.0 / metric_sums.BINS_PER_LOGIT
    logits = [[-step, -step / 2, 0.0, step / 2, step]]
    histogram = sums(logits, [[0] * 5], [[1] * 5]).histogram
    logit = np.array([-1.5, -0.5, 0.0, 0.5, 1.5]) * step
    negatives, _ = metrics.at_thresholds(histogram, 1.0 / (1.0 + np.exp(-logit)))
    assert negatives.tolist() == [5, 3, 3, 1, 0]
    # Probabilities of 0 and of 1 stand for the outermost bins.
    histogram = sums([[-99.0, -31.0, 31.0, 99.0]], [[1] * 4], [[1] * 4]).histogram
    _, positives = metrics.at_thresholds(histogram, np.array([0.0, 1e-13, 1.0]))
    assert positives.tolist() == [4, 2, 1]


def test_each_metric_is_declared_once():
    names = [metric.name for metric in metrics.METRICS]
    assert len(set(names)) == len(names)
    assert list(metrics.scalars(metric_sums.zeros(), Config())) == names


def test_the_log_line_has_its_metrics_in_order():
    values = {metric.name: 0.25 for metric in metrics.METRICS}
    assert metrics.log_line(values) == (
        "loss 0.250 masked LM 0.2500 discriminator 0.2500 AUC 0.2500 recall 0.2500 "
        "lift +0.2500"
    )


def test_the_card_has_every_metric_but_the_weighted_loss():
    values = {metric.name: 0.25 for metric in metrics.METRICS} | {"step": 7.0}
    assert values.keys() - metrics.on_card(values).keys() == {"loss/total", "step"}
    # As a run wrote it before there was this metric.
    assert values.pop("discriminator/auc") >= 0
    assert "discriminator/auc" not in metrics.on_card(values)
