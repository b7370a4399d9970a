"""Extractive question answering: where in a text does the answer stand?

Shape letters: N windows, S sequence.
"""

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np

from electra_tf.finetuning import losses, scoring, windows
from electra_tf.finetuning.features import Encoder
from electra_tf.finetuning.tasks import Split, Task
from electra_tf.finetuning.windows import Window
from electra_tf.labelled import squad
from electra_tf.labelled.squad import Question


class Places(NamedTuple):
    """Where answers may stand."""

    windows: list[list[Window]]
    """Of each question."""
    max_answer_tokens: int


class QuestionAnswering(Task):
    """SQuAD 1.1, and 2.0 where a training question has no answer."""

    head = "span"
    metrics = scoring.ANSWERS
    loss = staticmethod(losses.of_spans)
    may_be_impossible = False
    """Whether "" can be the answer."""
    null_threshold = 0.0
    """By how much no answer must score above the best one to be preferred."""

    @property
    def outputs(self) -> int:
        """The logits of the first and of the last token."""
        return 2

    def read(self, path: str, split: str) -> list[Question]:
        """Reads SQuAD's JSON."""
        return squad.read(path)

    def learn(self, examples: Sequence[Question], path: str) -> None:
        """Whether "" may be right."""
        self.may_be_impossible = any(not one.answers for one in examples)
        if not any(one.placed for one in examples):
            raise ValueError(
                f"{path} has no answer that stands in its context: there is nothing to "
                "learn."
            )

    def learnable(self, examples: list[Question]) -> list[Question]:
        """Those without an answer, or with one that stands in its context."""
        return [one for one in examples if not one.answers or one.placed]

    def keys(self, example: Question) -> list[Hashable]:
        """Its article, and its context, which several articles may have."""
        return [("article", example.article), ("context", example.context)]

    def identity(self, example: Question) -> Hashable:
        """Context and question."""
        return example.context, example.question

    def split(self, examples: Sequence[Question], encoder: Encoder) -> Split:
        """A row per window of a context."""
        features, found = windows.encode(examples, encoder)
        limit = encoder.config.max_answer_tokens
        return Split(examples, features, Places(found, limit))

    def tune(self, split: Split, logits: np.ndarray) -> None:
        """Chooses the threshold of the highest F1, as SQuAD 2.0's script does."""
        if not self.may_be_impossible:
            return
        texts, margins = zip(*self._best(split, logits), strict=True)
        right = _right(split.examples)
        self.null_threshold = scoring.null_threshold(
            scoring.answer_f1(right, texts),
            scoring.answer_f1(right, [""] * len(right)),
            margins,
        )

    def predictions(self, split: Split, logits: np.ndarray) -> list[str]:
        """The best answer of each question, over its windows [N, S, 2]."""
        return [
            "" if self.may_be_impossible and margin > self.null_threshold else text
            for text, margin in self._best(split, logits)
        ]

    def scores(
        self, examples: Sequence[Question], predictions: Sequence[str]
    ) -> dict[str, float]:
        """As `scoring.answers`; and the threshold, where "" can be right."""
        return scoring.answers(_right(examples), predictions) | self.settings()

    def settings(self) -> dict[str, float]:
        """The threshold, where "" can be right."""
        return {"null_threshold": self.null_threshold} if self.may_be_impossible else {}

    def _best(self, split: Split, logits: np.ndarray) -> list[tuple[str, float]]:
        """Of each question: the best span's text, and by how much "" is better."""
        found = []
        places: Places = split.places
        for question, ours in zip(split.examples, places.windows, strict=True):
            none = min(float(logits[window.row, 0].sum()) for window in ours)
            score, start, end = max(
                _span(window, logits, places.max_answer_tokens) for window in ours
            )
            found.append((question.context[start:end], none - score))
        return found


def _right(questions: Sequence[Question]) -> list[list[str]]:
    return [[answer.text for answer in one.answers] for one in questions]


def _span(
    window: Window, logits: np.ndarray, max_answer_tokens: int
) -> tuple[float, int, int]:
    """Score, first and last character of a window's best answer."""
    number = len(window.spans)
    first_T, last_T = logits[window.row, window.offset : window.offset + number].T
    # Not infinite, so that a threshold between two margins is a number.
    best = (float(np.finfo(np.float32).min), 0, 0)
    for ahead in range(min(number, max_answer_tokens)):
        sums = first_T[: number - ahead] + last_T[ahead:]
        place = int(sums.argmax())
        if sums[place] > best[0]:
            start, end = window.spans[place][0], window.spans[place + ahead][1]
            best = (float(sums[place]), start, end)
    return best
