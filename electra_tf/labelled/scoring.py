"""Scores of predictions against labels, by the standard tools where there are any."""

import math
import re
import string
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import scipy.stats
import seqeval.metrics
from sklearn import metrics

from electra_tf import console

MAX_CONFUSED = 20
"""Most labels that a confusion matrix shows."""
MAX_LABEL_CHARACTERS = 60
"""Longer names of labels are shortened in a confusion matrix."""
CLASSIFICATION = ("accuracy", "macro_f1", "micro_f1", "matthews")
ENTITIES = ("entity_f1", "entity_precision", "entity_recall", "accuracy")
REGRESSION = ("pearson", "spearman")
ANSWERS = ("f1", "exact_match")


def classification(labels: Sequence[str], predicted: Sequence[str]) -> dict[str, float]:
    """Accuracy, macro and micro F1 (scikit-learn) and Matthews' correlation.

    With one label per text and all labels counted, micro F1 equals the accuracy.
    """
    # Numbers: in an array of strings each takes as much memory as the longest.
    ids = {name: i for i, name in enumerate(sorted(set(labels) | set(predicted)))}
    ours, theirs = ([ids[name] for name in side] for side in (labels, predicted))
    known = list(ids.values())
    macro, micro = (
        float(metrics.f1_score(ours, theirs, labels=known, average=average))
        for average in ("macro", "micro")
    )
    return {
        "accuracy": _accuracy(labels, predicted),
        "macro_f1": macro,
        "micro_f1": micro,
        "matthews": _matthews(labels, predicted),
    }


def entities(
    labels: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]
) -> dict[str, float]:
    """Precision, recall and F1 of whole entities, as conlleval counts them (seqeval).

    Args:
        labels: tags of each sentence, IOB2 or IOBES.
        predicted: predicted tags of each sentence.
    """
    ours, theirs = [list(map(list, side)) for side in (labels, predicted)]
    flat = [tag for tags in ours for tag in tags]
    flat_predicted = [tag for tags in theirs for tag in tags]
    return {
        "entity_f1": float(seqeval.metrics.f1_score(ours, theirs, zero_division=0)),
        "entity_precision": float(
            seqeval.metrics.precision_score(ours, theirs, zero_division=0)
        ),
        "entity_recall": float(
            seqeval.metrics.recall_score(ours, theirs, zero_division=0)
        ),
        "accuracy": _accuracy(flat, flat_predicted),
    }


def regression(values: Sequence[float], predicted: Sequence[float]) -> dict[str, float]:
    """Pearson's and Spearman's correlation; 0 if a side is constant or not finite."""
    if not np.isfinite(predicted).all() or 0 in (np.ptp(values), np.ptp(predicted)):
        return {"pearson": 0.0, "spearman": 0.0}
    return {
        "pearson": float(scipy.stats.pearsonr(values, predicted).statistic),
        "spearman": float(scipy.stats.spearmanr(values, predicted).statistic),
    }


def answers(
    gold: Sequence[Sequence[str]], predicted: Sequence[str]
) -> dict[str, float]:
    """Exact match and F1 over words, as the script of SQuAD 2.0 defines them.

    Case, ASCII punctuation and English articles are ignored; the gold answer nearest to
    the prediction counts; without any, "" is correct. Shares, not percentages.

    Args:
        gold: all correct answers to each question.
        predicted: one answer to each question.
    """
    exact = [
        max(_bare(one) == _bare(text) for one in _kept(ours))
        for ours, text in zip(gold, predicted, strict=True)
    ]
    overlap = answer_f1(gold, predicted)
    return {"exact_match": float(np.mean(exact)), "f1": float(np.mean(overlap))}


def answer_f1(gold: Sequence[Sequence[str]], predicted: Sequence[str]) -> list[float]:
    """F1 over words of each question's answer, as `answers` defines it."""
    return [
        max(_overlap(one, text) for one in _kept(ours))
        for ours, text in zip(gold, predicted, strict=True)
    ]


def null_threshold(
    with_answer: Sequence[float], without: Sequence[float], margins: Sequence[float]
) -> float:
    """Returns the threshold with the highest F1: above it, a question has no answer.

    It lies halfway between two different margins, so no question lies exactly on it;
    SQuAD 2.0's script returns the lower of the two.

    Args:
        with_answer: F1 of each question's best answer.
        without: F1 of "" for each question.
        margins: score of "" minus score of the best answer, for each question.
    """
    order = np.argsort(margins)
    gains = (np.array(with_answer) - np.array(without))[order]
    # Entry i: gain in F1 if the i questions with the lowest margins get an answer.
    totals = np.concatenate([[0.0], np.cumsum(gains)])
    sorted_margins = np.array(margins)[order]
    edges = np.concatenate(
        [[sorted_margins[0] - 2.0], sorted_margins, [sorted_margins[-1] + 2.0]]
    )
    limits, gaps = (edges[:-1] + edges[1:]) / 2.0, np.diff(edges)
    return float(limits[np.where(gaps > 0, totals, -np.inf).argmax()])


def _kept(gold: Sequence[str]) -> list[str]:
    """The gold answers that are more than punctuation; [""] without any."""
    return [one for one in gold if _bare(one)] or [""]


def _bare(text: str) -> str:
    text = "".join(c for c in text.lower() if c not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def _overlap(gold: str, predicted: str) -> float:
    ours, theirs = _bare(gold).split(), _bare(predicted).split()
    if not ours or not theirs:
        return float(ours == theirs)
    common = sum((Counter(ours) & Counter(theirs)).values())
    return 2.0 * common / (len(ours) + len(theirs))


def _accuracy(labels: Sequence[str], predicted: Sequence[str]) -> float:
    return float(np.mean([a == b for a, b in zip(labels, predicted, strict=True)]))


def _matthews(labels: Sequence[str], predicted: Sequence[str]) -> float:
    """Matthews' correlation of several classes; 0 if a side is constant.

    scikit-learn builds the whole confusion matrix: 800 MB for 10,000 labels.
    """
    actual, chosen, number = Counter(labels), Counter(predicted), len(labels)
    right = sum(a == b for a, b in zip(labels, predicted, strict=True))
    by_chance = sum(count * chosen[name] for name, count in actual.items())
    spreads = [
        number**2 - sum(count**2 for count in counts.values())
        for counts in (actual, chosen)
    ]
    if 0 in spreads:
        return 0.0
    return (right * number - by_chance) / math.sqrt(spreads[0] * spreads[1])


def confusion(labels: Sequence[str], predicted: Sequence[str]) -> str:
    """Confusion matrix as a Markdown table: a row per label, a column per prediction.

    It shows the `MAX_CONFUSED` labels with the most errors, and the sum of the others.
    """
    counts = Counter(zip(labels, predicted, strict=True))
    known = set(labels) | set(predicted)
    shown = _most_confused(counts, known)
    index = {name: i for i, name in enumerate(shown)}
    other = len(shown)
    matrix = np.zeros((other + 1, other + 1), np.int64)
    for (label, prediction), count in counts.items():
        matrix[index.get(label, other), index.get(prediction, other)] += count
    names = [_shortened(name) for name in shown]
    if len(known) > other:
        names.append(f"{len(known) - other:,} others")
    rows = [["label \\ predicted", *names], ["--"] * (len(names) + 1)]
    rows += [
        [name, *map(str, row[: len(names)])]
        for name, row in zip(names, matrix, strict=False)
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _most_confused(
    counts: Mapping[tuple[str, str], int], known: Iterable[str]
) -> list[str]:
    mistakes: Counter[str] = Counter()
    for (label, prediction), count in counts.items():
        if label != prediction:
            mistakes[label] += count
            mistakes[prediction] += count
    ranked = sorted(known, key=lambda name: (-mistakes[name], name))
    return sorted(ranked[:MAX_CONFUSED])


def _shortened(name: str) -> str:
    is_long = len(name) > MAX_LABEL_CHARACTERS
    return console.markdown(name[:MAX_LABEL_CHARACTERS] + "…" * is_long)
