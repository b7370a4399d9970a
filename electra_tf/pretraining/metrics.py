"""The metrics of pre-training, each declared once in `METRICS`.

The event files (with the description as TensorBoard's help text), metrics.jsonl, the
progress line, evaluate.py and the model card all read that table. To add a metric, add
a row; if its formula needs a new sum, add that to `metric_sums.MetricSums`.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from electra_tf.config import Config
from electra_tf.pretraining.metric_sums import BINS, BINS_PER_LOGIT, MetricSums
from electra_tf.quantities import ratio


class Metric(NamedTuple):
    """One number that describes how well both networks do on some batches."""

    name: str
    """Path, such as discriminator/auc: TensorBoard's tag and the key in JSON."""
    formula: Callable[[MetricSums, Config], float]
    description: str
    log_format: str = ""
    """The metric in the progress line, such as "AUC {:.4f}"; "": not there."""
    on_card: bool = True
    """Whether the model card has a row for it."""


def _total_loss(sums: MetricSums, config: Config) -> float:
    return config.generator_weight * ratio(
        sums.masked_lm_loss, sums.slots
    ) + config.discriminator_weight * ratio(sums.discriminator_loss, sums.tokens)


def _accuracy(sums: MetricSums) -> float:
    wrong = sums.replaced + sums.predicted_replaced - 2 * sums.true_positives
    return 1.0 - ratio(wrong, sums.tokens)


def _precision(sums: MetricSums) -> float:
    return ratio(sums.true_positives, sums.predicted_replaced)


def _recall(sums: MetricSums) -> float:
    return ratio(sums.true_positives, sums.replaced)


def _f1(sums: MetricSums) -> float:
    precision, recall = _precision(sums), _recall(sums)
    return ratio(2 * precision * recall, precision + recall)


def _trivial_accuracy(sums: MetricSums) -> float:
    return 1.0 - ratio(sums.replaced, sums.tokens)


def roc_auc(histogram: np.ndarray) -> float:
    """Area under the ROC curve by the trapezoid rule; 0 where it is undefined.

    Tokens of one bin count as ties. For logits with a standard deviation of 0.002
    (4 bins) or more, it is within 0.002 of the area over the logits themselves.

    Args:
        histogram: [2, bins], as in `MetricSums`.
    """
    negatives, positives = histogram[:, ::-1]  # From the highest logit down.
    if not negatives.sum() or not positives.sum():
        return 0.0
    true_positives = np.cumsum(positives)
    before = true_positives - positives
    roc = np.sum(negatives * (before + true_positives) / 2)
    return float(roc / (negatives.sum() * positives.sum()))


def average_precision(histogram: np.ndarray) -> float:
    """Area under the precision-recall curve; 0 where it is undefined.

    For logits with a standard deviation of 0.002 (4 bins) or more, it is at most 0.03
    below the average precision over the logits themselves; at 0.01, at most 0.006.

    Args:
        histogram: [2, bins], as in `MetricSums`.
    """
    negatives, positives = histogram[:, ::-1]
    if not negatives.sum() or not positives.sum():
        return 0.0
    false_positives, true_positives = np.cumsum(negatives), np.cumsum(positives)
    precision = true_positives / np.maximum(true_positives + false_positives, 1.0)
    return float(np.sum(positives * precision) / positives.sum())


METRICS = (
    Metric(
        "loss/total",
        _total_loss,
        "Weighted sum of both losses, in nats.",
        "loss {:.3f}",
        on_card=False,
    ),
    Metric(
        "loss/generator",
        lambda sums, _: ratio(sums.masked_lm_loss, sums.slots),
        "Masked-LM loss per masked token, in nats.",
        "masked LM {:.4f}",
    ),
    Metric(
        "loss/discriminator",
        lambda sums, _: ratio(sums.discriminator_loss, sums.tokens),
        "Replaced-token loss per token, in nats.",
        "discriminator {:.4f}",
    ),
    Metric(
        "generator/masked_accuracy",
        lambda sums, _: ratio(sums.masked_correct, sums.slots),
        "Share of the masked tokens whose most probable piece is the original.",
    ),
    Metric(
        "generator/sampled_accuracy",
        lambda sums, _: ratio(sums.sampled_correct, sums.slots),
        "Share of the masked tokens whose sample is the original.",
    ),
    # The areas are over real tokens only; the reference counts padding as negatives of
    # score 0.
    Metric(
        "discriminator/auc",
        lambda sums, _: roc_auc(sums.histogram),
        "Area under the ROC curve of replaced against original tokens.",
        "AUC {:.4f}",
    ),
    Metric(
        "discriminator/pr_auc",
        lambda sums, _: average_precision(sums.histogram),
        "Average precision for replaced tokens.",
    ),
    Metric(
        "discriminator/precision",
        lambda sums, _: _precision(sums),
        "Share of the tokens predicted to be replaced that are.",
    ),
    Metric(
        "discriminator/recall",
        lambda sums, _: _recall(sums),
        "Share of the replaced tokens that are predicted to be.",
        "recall {:.4f}",
    ),
    Metric(
        "discriminator/f1",
        lambda sums, _: _f1(sums),
        "Harmonic mean of precision and recall.",
    ),
    Metric(
        "discriminator/accuracy",
        lambda sums, _: _accuracy(sums),
        "Share of the tokens predicted correctly; compare it with trivial_accuracy.",
    ),
    Metric(
        "discriminator/trivial_accuracy",
        lambda sums, _: _trivial_accuracy(sums),
        "Accuracy of predicting that every token is original.",
    ),
    Metric(
        "discriminator/replaced_rate",
        lambda sums, _: ratio(sums.replaced, sums.tokens),
        "Share of the tokens that are replaced.",
    ),
    Metric(
        "discriminator/lift",
        lambda sums, _: _accuracy(sums) - _trivial_accuracy(sums),
        "accuracy - trivial_accuracy.",
        "lift {:+.4f}",
    ),
)

DESCRIPTIONS = {metric.name: metric.description for metric in METRICS}


def scalars(sums: MetricSums, config: Config) -> dict[str, float]:
    """Returns every metric by its name; a ratio with denominator 0 is 0.

    Args:
        sums: over the batches, read from the devices.
        config: of the run, with the weights of the losses.
    """
    return {metric.name: metric.formula(sums, config) for metric in METRICS}


def log_line(values: Mapping[str, float]) -> str:
    """Formats the metrics of the progress line, such as "loss 6.104 AUC 0.5318"."""
    return " ".join(
        metric.log_format.format(values[metric.name])
        for metric in METRICS
        if metric.log_format
    )


def on_card(values: Mapping[str, float]) -> dict[str, float]:
    """Returns the values that the model card lists, in its order.

    A run of an earlier version may lack some.
    """
    return {m.name: values[m.name] for m in METRICS if m.on_card and m.name in values}


def at_thresholds(histogram: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Negatives and positives [2, T] with a probability at or above each threshold."""
    with np.errstate(divide="ignore"):
        logits = np.log(thresholds) - np.log1p(-thresholds)
    scaled = np.clip(logits * BINS_PER_LOGIT, -BINS // 2, BINS // 2 - 1)
    first_bin = np.ceil(scaled).astype(int) + BINS // 2
    above = np.cumsum(histogram[:, ::-1], axis=1)[:, ::-1]
    return above[:, first_bin]
