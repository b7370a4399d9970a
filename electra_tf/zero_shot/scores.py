"""Judged text against labels: shares and areas, with bootstrap intervals."""

import difflib
import itertools
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from sklearn import metrics

from electra_tf.zero_shot.detector import Judged

RESAMPLES = 1000
LEVEL = 0.95
"""Of the intervals, which are percentiles over the resamples."""
_WORD = re.compile(r"\w+|[^\w\s]")


class Score(NamedTuple):
    """A statistic and its interval."""

    value: float
    low: float
    high: float
    number: int
    """Pairs, sentences or words that it is of."""


def interval(
    statistic: Callable[[np.ndarray], float], number: int, seed: int = 0
) -> tuple[float, float]:
    """The percentile bootstrap (Efron and Tibshirani, 1993, section 13.3).

    Args:
        statistic: of the units with these indices; nan where they don't have one.
        number: units, which are drawn with replacement.
        seed: of the draws.
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
    """Characters of the words in which two sentences differ, in each of them.

    Where one has a word more, it is the words on both sides of the gap in the other.
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
    """Characters of the words and of the marks of punctuation.

    A combining mark, which is no letter to `re`, belongs to what it stands behind, and
    a word goes on behind it.
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
    good: Sequence[Judged], bad: Sequence[Judged], groups: Sequence[str] = ()
) -> dict[str, Score]:
    """Shares of the pairs whose bad sentence has the higher probability; ties are half.

    Args:
        good: the acceptable sentences, judged.
        bad: their minimally different others.
        groups: of each pair, such as the phenomenon; none for no table by it.

    Returns:
        "changed word" (the maximum over the words that differ, of the pairs in which
        the detector has read them), "mean" and "maximum" over all tokens; and
        "changed word, GROUP" and so on for each group.
    """
    by_pair = np.array([_differences(*pair) for pair in zip(good, bad, strict=True)])
    names = ("changed word", "mean", "maximum")
    differences = dict(zip(names, by_pair.T, strict=True))
    for name, group in itertools.product(list(differences), sorted(set(groups))):
        member = np.array([one == group for one in groups])
        differences[f"{name}, {group}"] = differences[name][member]
    return {name: _share(values) for name, values in differences.items()}


def _differences(ours: Judged, theirs: Judged) -> tuple[float, float, float]:
    """Of the changed word, of the mean, of the maximum."""
    if ours.normalized == theirs.normalized:
        # One text to the model; in batches of other widths it is rounded otherwise.
        return 0.0, 0.0, 0.0
    good, bad = changed_spans(ours.normalized, theirs.normalized)
    return (
        theirs.over(bad) - ours.over(good),
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


def sentences(judged: Sequence[Judged], is_bad: Sequence[bool]) -> dict[str, Score]:
    """ROC AUC of bad sentences against good ones.

    Args:
        judged: the sentences.
        is_bad: whether a sentence is not acceptable.

    Returns:
        By the "mean" and by the "maximum" of a sentence's probabilities.
    """
    labels = np.array(is_bad)
    scores = {}
    for name in ("mean", "maximum"):
        values = np.array([getattr(one, name) for one in judged])

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

    Intervals are over sentences: the words of one are not independent.

    Args:
        probabilities: of each sentence's words; nan for words that were not read.
        labels: bool, of the same words, whether they are replaced.
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
    """Nan where all labels are the same."""
    if labels.all() or not labels.any():
        return float("nan")
    return float(measure(labels, values))
