"""Scores of detections against labels: shares and areas under curves.

Each has a bootstrap interval.
"""

import difflib
import itertools
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from sklearn import metrics

from electra_tf.interop.detections import Detection

RESAMPLES = 1000
"""Bootstrap resamples per interval."""
LEVEL = 0.95
"""Confidence level of the intervals, which are percentiles over the resamples."""
_WORD = re.compile(r"\w+|[^\w\s]")


class Score(NamedTuple):
    """A statistic and its bootstrap interval."""

    value: float
    low: float
    high: float
    number: int
    """Pairs, sentences or words that were scored."""


def interval(
    statistic: Callable[[np.ndarray], float], number: int, seed: int = 0
) -> tuple[float, float]:
    """Percentile bootstrap interval (Efron and Tibshirani, 1993, section 13.3).

    Args:
        statistic: function of the indices of the drawn units; nan if undefined.
        number: number of units, which are drawn with replacement.
        seed: seed of the draws.
    """
    rng = np.random.default_rng(seed)
    values = [statistic(rng.integers(number, size=number)) for _ in range(RESAMPLES)]
    values = [value for value in values if not np.isnan(value)]
    if not values:
        return np.nan, np.nan
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(values, [tail, 100 - tail])
    return float(low), float(high)


def changed_spans(
    good: str, bad: str
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Character spans of the words in which two sentences differ, for each sentence.

    Where one sentence has an extra word, the other's words around the gap count.
    """
    words = [_words(text) for text in (good, bad)]
    ours, theirs = (
        [text[first:last] for first, last in spans]
        for text, spans in zip((good, bad), words, strict=True)
    )
    matcher = difflib.SequenceMatcher(None, ours, theirs, autojunk=False)
    changed: tuple[list[tuple[int, int]], list[tuple[int, int]]] = ([], [])
    for kind, *bounds in matcher.get_opcodes():
        if kind == "equal":
            continue
        for side, (first, last) in enumerate((bounds[:2], bounds[2:])):
            if first == last:
                first, last = max(first - 1, 0), last + 1
            changed[side].extend(words[side][first:last])
    return changed


def _words(text: str) -> list[tuple[int, int]]:
    r"""Character spans of words and of punctuation marks.

    A combining mark, which `\w` does not match, belongs to the character before it and
    does not end a word.
    """
    spans: list[tuple[int, int]] = []
    for first, last in (match.span() for match in _WORD.finditer(text)):
        before = spans[-1] if spans and spans[-1][1] == first else None
        if before and (
            _is_mark(text[first])
            or (_is_mark(text[first - 1]) and _is_letter(text[before[0]], text[first]))
        ):
            first = spans.pop()[0]
        spans.append((first, last))
    return spans


def _is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith("M")


def _is_letter(*characters: str) -> bool:
    return all(re.match(r"\w", character) for character in characters)


def pairs(
    good: Sequence[Detection], bad: Sequence[Detection], groups: Sequence[str] = ()
) -> dict[str, Score]:
    """Shares of pairs whose bad sentence has the higher probability; a tie counts half.

    Args:
        good: detections of the acceptable sentences.
        bad: detections of their minimally different counterparts.
        groups: a group per pair, such as the phenomenon; empty for no groups.

    Returns:
        "changed word" (compares the maximum over the words that differ, in pairs where
        they were not cut off), "mean" and "maximum" (compare these over all tokens);
        and "changed word, GROUP" and so on for each group.
    """
    by_pair = np.array([_differences(*pair) for pair in zip(good, bad, strict=True)])
    names = ("changed word", "mean", "maximum")
    differences = dict(zip(names, by_pair.T, strict=True))
    for name, group in itertools.product(list(differences), sorted(set(groups))):
        member = np.array([one == group for one in groups])
        differences[f"{name}, {group}"] = differences[name][member]
    return {name: _share(values) for name, values in differences.items()}


def _differences(ours: Detection, theirs: Detection) -> tuple[float, float, float]:
    """Differences of the changed words' maximum, the mean and the maximum."""
    if ours.normalized == theirs.normalized:
        # Equal inputs; rounding depends on the width of the batch.
        return 0.0, 0.0, 0.0
    good, bad = changed_spans(ours.normalized, theirs.normalized)
    return (
        theirs.maximum_within(bad) - ours.maximum_within(good),
        theirs.mean - ours.mean,
        theirs.maximum - ours.maximum,
    )


def _share(differences: np.ndarray) -> Score:
    known = differences[~np.isnan(differences)]
    if not len(known):
        return Score(np.nan, np.nan, np.nan, 0)
    won = (known > 0) + 0.5 * (known == 0)
    low, high = interval(lambda chosen: float(won[chosen].mean()), len(won))
    return Score(float(won.mean()), low, high, len(won))


def sentences(
    detections: Sequence[Detection], is_bad: Sequence[bool]
) -> dict[str, Score]:
    """ROC AUC of bad sentences against good ones.

    Args:
        detections: a detection per sentence.
        is_bad: whether each sentence is unacceptable.

    Returns:
        Scores "mean, AUC" and "maximum, AUC", which rank sentences by the mean or the
        maximum of their tokens' probabilities.
    """
    labels = np.array(is_bad)
    scores = {}
    for name in ("mean", "maximum"):
        values = np.array([getattr(detection, name) for detection in detections])

        def statistic(chosen: np.ndarray, values: np.ndarray = values) -> float:
            return _area(metrics.roc_auc_score, labels[chosen], values[chosen])

        low, high = interval(statistic, len(values))
        value = statistic(np.arange(len(values)))
        scores[f"{name}, AUC"] = Score(value, low, high, len(values))
    return scores


def tokens(
    probabilities: Sequence[np.ndarray], labels: Sequence[np.ndarray]
) -> dict[str, Score]:
    """ROC AUC and average precision of replaced words.

    The bootstrap draws sentences: words of one sentence are not independent.

    Args:
        probabilities: arrays [words], one per sentence; nan for words cut off.
        labels: bool arrays [words], whether each word was replaced.
    """
    known = [~np.isnan(values) for values in probabilities]
    probabilities = [
        values[read] for values, read in zip(probabilities, known, strict=True)
    ]
    labels = [values[read] for values, read in zip(labels, known, strict=True)]
    measures: Mapping[str, Callable] = {
        "AUC": metrics.roc_auc_score,
        "average precision": metrics.average_precision_score,
    }
    number = sum(map(len, labels))
    scores = {}
    for name, measure in measures.items():

        def statistic(chosen: np.ndarray, measure: Callable = measure) -> float:
            return _area(
                measure,
                np.concatenate([labels[i] for i in chosen]),
                np.concatenate([probabilities[i] for i in chosen]),
            )

        low, high = interval(statistic, len(labels))
        scores[name] = Score(statistic(np.arange(len(labels))), low, high, number)
    return scores


def _area(measure: Callable, labels: np.ndarray, values: np.ndarray) -> float:
    """The area; nan if all labels are the same."""
    if labels.all() or not labels.any():
        return float("nan")
    return float(measure(labels, values))
