"""Predictions against labels, with the field's own tools."""

import re
import string
from collections import Counter
from collections.abc import Sequence

import numpy as np
import scipy.stats
import seqeval.metrics
from sklearn import metrics

CLASSIFICATION = ("accuracy", "macro_f1", "micro_f1", "matthews")
ENTITIES = ("entity_f1", "entity_precision", "entity_recall", "accuracy")
REGRESSION = ("pearson", "spearman")
ANSWERS = ("f1", "exact_match")


def classification(labels: Sequence[str], predicted: Sequence[str]) -> dict[str, float]:
    """Accuracy, F1 (macro and micro) and Matthews' correlation, of scikit-learn.

    With one label per text, and all labels counted, micro F1 is the accuracy.
    """
    known = sorted(set(labels) | set(predicted))
    return {
        "accuracy": float(metrics.accuracy_score(labels, predicted)),
        "macro_f1": float(
            metrics.f1_score(labels, predicted, labels=known, average="macro")
        ),
        "micro_f1": float(
            metrics.f1_score(labels, predicted, labels=known, average="micro")
        ),
        "matthews": float(metrics.matthews_corrcoef(labels, predicted)),
    }


def entities(
    labels: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]
) -> dict[str, float]:
    """Precision, recall and F1 of whole entities (seqeval, which is conlleval's way).

    Args:
        labels: tags of each sentence, IOB2 or IOBES.
        predicted: as `labels`.
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
        "accuracy": float(metrics.accuracy_score(flat, flat_predicted)),
    }


def regression(values: Sequence[float], predicted: Sequence[float]) -> dict[str, float]:
    """Pearson's and Spearman's correlation; 0 where a side is constant or infinite."""
    if not np.isfinite(predicted).all() or 0 in (np.ptp(values), np.ptp(predicted)):
        return {"pearson": 0.0, "spearman": 0.0}
    return {
        "pearson": float(scipy.stats.pearsonr(values, predicted).statistic),
        "spearman": float(scipy.stats.spearmanr(values, predicted).statistic),
    }


def answers(
    right: Sequence[Sequence[str]], predicted: Sequence[str]
) -> dict[str, float]:
    """Exact match and F1 over words, as the script of SQuAD 2.0 defines them.

    Case, ASCII punctuation and English articles are left out; of several right answers
    the nearest counts; where there is none, "" is right. Shares, not percentages.

    Args:
        right: of each question, all right answers; none where it has none.
        predicted: of each question.
    """
    exact = [
        max(_bare(one) == _bare(text) for one in _kept(ours))
        for ours, text in zip(right, predicted, strict=True)
    ]
    overlap = answer_f1(right, predicted)
    return {"exact_match": float(np.mean(exact)), "f1": float(np.mean(overlap))}


def answer_f1(right: Sequence[Sequence[str]], predicted: Sequence[str]) -> list[float]:
    """F1 over words of each question, as `answers` defines it."""
    return [
        max(_overlap(one, text) for one in _kept(ours))
        for ours, text in zip(right, predicted, strict=True)
    ]


def null_threshold(
    with_answer: Sequence[float], without: Sequence[float], margins: Sequence[float]
) -> float:
    """The threshold of the highest F1: above it, a question has no answer.

    It lies between two margins that differ, so that no question stands on it; SQuAD
    2.0's script returns the lower of these two.

    Args:
        with_answer: F1 of each question's best answer.
        without: F1 of "".
        margins: by how much "" scores above the best answer.
    """
    order = np.argsort(margins)
    gains = (np.array(with_answer) - np.array(without))[order]
    # If the first so many questions, in the order of their margins, have an answer.
    totals = np.concatenate([[0.0], np.cumsum(gains)])
    sorted_margins = np.array(margins)[order]
    edges = np.concatenate(
        [[sorted_margins[0] - 2.0], sorted_margins, [sorted_margins[-1] + 2.0]]
    )
    limits, gaps = (edges[:-1] + edges[1:]) / 2.0, np.diff(edges)
    return float(limits[np.where(gaps > 0, totals, -np.inf).argmax()])


def _kept(right: Sequence[str]) -> list[str]:
    """Right answers of a question, those that are punctuation alone left out."""
    return [one for one in right if _bare(one)] or [""]


def _bare(text: str) -> str:
    text = "".join(c for c in text.lower() if c not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def _overlap(right: str, predicted: str) -> float:
    ours, theirs = _bare(right).split(), _bare(predicted).split()
    if not ours or not theirs:
        return float(ours == theirs)
    common = sum((Counter(ours) & Counter(theirs)).values())
    return 2.0 * common / (len(ours) + len(theirs))


def confusion(labels: Sequence[str], predicted: Sequence[str]) -> str:
    """A Markdown table: a row per label, a column per prediction."""
    known = sorted(set(labels) | set(predicted))
    matrix = metrics.confusion_matrix(labels, predicted, labels=known)
    rows = [["label \\ predicted", *known], ["--"] * (len(known) + 1)]
    rows += [[name, *map(str, row)] for name, row in zip(known, matrix, strict=True)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
