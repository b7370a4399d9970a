"""A detector and labelled text → a report of scores, printed and saved."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from electra_tf.console import printable
from electra_tf.interop.detections import Detection
from electra_tf.labelled import tokens
from electra_tf.labelled.tables import Table
from electra_tf.zero_shot import detector as detectors
from electra_tf.zero_shot import scores
from electra_tf.zero_shot.detector import Detector
from electra_tf.zero_shot.scores import Score


class ZeroShotReport(NamedTuple):
    """Scores of a detector on one file of labelled text."""

    title: str
    units: str
    """Unit of the scores' numbers: "pairs", "sentences" or "words"."""
    scores: dict[str, Score]
    truncated: int
    """Texts that were longer than the model's length; scored by their beginnings."""
    alike: int = 0
    """Pairs whose texts are equal after the model's rules of case and accents: ties."""

    def as_json(self) -> dict[str, Any]:
        """The report as values for JSON; nan becomes None."""
        named = {
            name: {
                field: None if np.isnan(value) else value
                for field, value in score._asdict().items()
            }
            for name, score in self.scores.items()
        }
        return {**self._asdict(), "scores": named, "level": scores.LEVEL}

    def __str__(self) -> str:
        # The names of groups come from a file.
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
                f"{self.truncated:,} texts were longer than the model's length: the "
                "scores are those of their beginnings."
            )
        if self.alike:
            lines.append(
                f"{self.alike:,} pairs differ only in case or accents, which the model "
                "does not read: ties, which count half."
            )
        return "\n".join(lines)


def pairs(detector: Detector, table: Table, group_column: str = "") -> ZeroShotReport:
    """Scores minimal pairs: has the bad sentence the higher probabilities?

    Args:
        detector: from a run or an export.
        table: a table with the columns `good` and `bad`.
        group_column: column of the pairs' phenomena; "" for none.

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
    detections = detectors.detect_all(detector, [*good, *bad])
    of_good, of_bad = detections[: len(good)], detections[len(good) :]
    by_name = scores.pairs(of_good, of_bad, groups)
    alike = sum(
        ours.normalized == theirs.normalized
        for ours, theirs in zip(of_good, of_bad, strict=True)
    )
    title = (
        f"Share of {len(good):,} pairs whose bad sentence is the more suspicious one"
    )
    return ZeroShotReport(title, "pairs", by_name, _truncated(detections), alike)


def sentences(
    detector: Detector,
    table: Table,
    text_column: str,
    label_column: str,
    good_label: str,
) -> ZeroShotReport:
    """Scores acceptability: do bad sentences have the higher probabilities?

    Args:
        detector: from a run or an export.
        table: a table of sentences.
        text_column: column of the text.
        label_column: column of the label.
        good_label: label of acceptable sentences; all others are bad.

    Raises:
        ValueError: a column is missing, or all sentences are good, or all bad.
    """
    labels = table.column(label_column)
    _check_two(table.path, labels, good_label, "--good_label")
    detections = detectors.detect_all(detector, table.column(text_column))
    by_name = scores.sentences(detections, [label != good_label for label in labels])
    bad = sum(label != good_label for label in labels)
    title = f"Telling {bad:,} bad sentences from {len(labels) - bad:,} good ones"
    return ZeroShotReport(title, "sentences", by_name, _truncated(detections))


def token_labels(
    detector: Detector, labelled: Sequence[tokens.Sentence], path: str, good_label: str
) -> ZeroShotReport:
    """Scores words: have the replaced ones the higher probabilities?

    A word's probability is the highest of its tokens.

    Args:
        detector: from a run or an export.
        labelled: sentences of words with labels.
        path: file that they were read from, for errors.
        good_label: label of original words; words with other labels were replaced.

    Raises:
        ValueError: all words have the same label, or one contains a blank.
    """
    everything = [label for sentence in labelled for label in sentence.labels]
    _check_two(path, everything, good_label, "--good_label")
    texts = [" ".join(sentence.words) for sentence in labelled]
    detections = detectors.detect_all(detector, texts)
    probabilities = [
        _by_word(detection, sentence.words, path)
        for detection, sentence in zip(detections, labelled, strict=True)
    ]
    labels = [
        np.array([label != good_label for label in sentence.labels])
        for sentence in labelled
    ]
    by_name = scores.tokens(probabilities, labels)
    replaced = sum(int(one.sum()) for one in labels)
    title = f"Telling {replaced:,} replaced words of {len(everything):,}"
    return ZeroShotReport(title, "words", by_name, _truncated(detections))


def _by_word(detection: Detection, words: Sequence[str], path: str) -> np.ndarray:
    """Probabilities [words]; nan for words that were cut off or have no token."""
    # The rules of case and accents neither add nor remove blanks.
    spans, start = [], 0
    for word in detection.normalized.split(" "):
        spans.append((start, start + len(word)))
        start += len(word) + 1
    if len(spans) != len(words):
        raise ValueError(
            f"{path}: a word of {' '.join(words)!r} contains a blank: write "
            "each part on its own line."
        )
    return np.array([detection.maximum_within([span]) for span in spans])


def _truncated(detections: Sequence[Detection]) -> int:
    return sum(detection.truncated for detection in detections)


def _check_two(path: str, labels: Sequence[str], good: str, flag: str) -> None:
    if good not in labels or all(label == good for label in labels):
        present = ", ".join(sorted(set(labels))[:10])
        raise ValueError(
            f"{path} must have both good and bad labels, and {flag}={good} is the good "
            f"one; it has {present}: change the flag or the file."
        )
