"""A detector + labelled text → scores, as evaluate.py prints and saves them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from electra_tf.console import printable
from electra_tf.labelled import tokens
from electra_tf.labelled.tables import Table
from electra_tf.zero_shot import detector, scores
from electra_tf.zero_shot.detector import Detect, Judged
from electra_tf.zero_shot.scores import Score


class Report(NamedTuple):
    """Scores, and what they are of."""

    title: str
    units: str
    """What was counted: "pairs", "sentences" or "words"."""
    scores: dict[str, Score]
    truncated: int
    """Texts that were longer than the model reads, judged up to there."""
    alike: int = 0
    """Pairs that are one text by the model's rules of case and accents: ties."""

    def as_json(self) -> dict[str, Any]:
        """For a file."""
        named = {
            name: {
                field: None if np.isnan(value) else value
                for field, value in score._asdict().items()
            }
            for name, score in self.scores.items()
        }
        return {**self._asdict(), "scores": named, "level": scores.LEVEL}

    def __str__(self) -> str:
        # Groups bear the names that a file gives them.
        names = [printable(name) for name in self.scores]
        width = max(map(len, names))
        lines = [self.title]
        lines += [
            f"  {name:<{width}}  {score.value:.4f}  [{score.low:.4f}, {score.high:.4f}]"
            f"  {score.number:>7,} {self.units}"
            for name, score in zip(names, self.scores.values(), strict=True)
        ]
        lines.append(
            f"In brackets: {scores.LEVEL:.0%} bootstrap intervals "
            f"({scores.RESAMPLES:,} resamples)."
        )
        if self.truncated:
            lines.append(
                f"{self.truncated:,} texts were longer than the model reads and were "
                "judged up to there."
            )
        if self.alike:
            lines.append(
                f"{self.alike:,} pairs are the same to the model, which does not read "
                "their difference (case or accents): ties, that count half."
            )
        return "\n".join(lines)


def pairs(detect: Detect, table: Table, group_column: str = "") -> Report:
    """Minimal pairs: is the bad sentence the more suspicious one?

    Args:
        detect: the detector.
        table: with the columns `good` and `bad`.
        group_column: that names a pair's phenomenon; "" for none.

    Raises:
        ValueError: a column is missing, or the sentences of a pair are the same.
    """
    good, bad = table.column("good"), table.column("bad")
    for ours, theirs, line in zip(good, bad, table.lines, strict=True):
        if ours == theirs:
            raise ValueError(
                f"{table.path}: the two sentences on line {line} are the same: a pair "
                "must differ."
            )
    groups = table.column(group_column) if group_column else []
    judged = detector.judge(detect, [*good, *bad])
    judged_good, judged_bad = judged[: len(good)], judged[len(good) :]
    found = scores.pairs(judged_good, judged_bad, groups)
    alike = sum(
        ours.normalized == theirs.normalized
        for ours, theirs in zip(judged_good, judged_bad, strict=True)
    )
    title = (
        f"Share of {len(good):,} pairs whose bad sentence is the more suspicious one"
    )
    return Report(title, "pairs", found, _truncated(judged), alike)


def sentences(
    detect: Detect,
    table: Table,
    text_column: str,
    label_column: str,
    good_label: str,
) -> Report:
    """Acceptability: do bad sentences have the higher probabilities?

    Args:
        detect: the detector.
        table: of sentences.
        text_column: their text.
        label_column: their label.
        good_label: label of acceptable sentences; all others are bad.

    Raises:
        ValueError: a column is missing, or all sentences are good, or all bad.
    """
    labels = table.column(label_column)
    _check_two(table.path, labels, good_label, "--good_label")
    judged = detector.judge(detect, table.column(text_column))
    found = scores.sentences(judged, [label != good_label for label in labels])
    bad = sum(label != good_label for label in labels)
    title = f"Telling {bad:,} bad sentences from {len(labels) - bad:,} good ones"
    return Report(title, "sentences", found, _truncated(judged))


def token_labels(
    detect: Detect, labelled: Sequence[tokens.Sentence], path: str, good_label: str
) -> Report:
    """Replaced words: do they have the higher probabilities?

    A word of several tokens counts as its most suspicious one.

    Args:
        detect: the detector.
        labelled: words with labels.
        path: where they are from, for errors.
        good_label: label of words that were not replaced; all others were.

    Raises:
        ValueError: all words have the same label, or one holds a blank.
    """
    everything = [label for sentence in labelled for label in sentence.labels]
    _check_two(path, everything, good_label, "--good_label")
    judged = detector.judge(detect, [" ".join(one.words) for one in labelled])
    probabilities = [
        _of_words(one, sentence.words, path)
        for one, sentence in zip(judged, labelled, strict=True)
    ]
    labels = [
        np.array([label != good_label for label in sentence.labels])
        for sentence in labelled
    ]
    found = scores.tokens(probabilities, labels)
    replaced = sum(int(one.sum()) for one in labels)
    title = f"Telling {replaced:,} replaced words of {len(everything):,}"
    return Report(title, "words", found, _truncated(judged))


def _of_words(judged: Judged, words: Sequence[str], path: str) -> np.ndarray:
    """Float [words], nan for words that are behind the cut or hold no token."""
    # Rules of case and accents leave blanks where they are, and add none.
    spans, start = [], 0
    for word in judged.normalized.split(" "):
        spans.append((start, start + len(word)))
        start += len(word) + 1
    if len(spans) != len(words):
        raise ValueError(
            f"{path}: a word of {' '.join(words)!r} holds a blank: give it a line for "
            "each part."
        )
    return np.array([judged.over([span]) for span in spans])


def _truncated(judged: Sequence[Judged]) -> int:
    return sum(one.truncated for one in judged)


def _check_two(path: str, labels: Sequence[str], good: str, flag: str) -> None:
    if good not in labels or all(label == good for label in labels):
        found = ", ".join(sorted(set(labels))[:10])
        raise ValueError(
            f"{path} must have both good and bad labels, and {flag}={good} is the good "
            f"one; it has {found}: change the flag or the file."
        )
