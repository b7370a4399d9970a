"""Extractive question answering: where in a text does the answer stand?

Shape letters: N windows, S sequence.
"""

from collections.abc import Sequence

import numpy as np

from electra_tf.finetuning import losses, scoring, windows
from electra_tf.finetuning.features import Encoder
from electra_tf.finetuning.tasks import Split, Task
from electra_tf.finetuning.windows import Window
from electra_tf.labelled import squad
from electra_tf.labelled.squad import Question

CANDIDATES = 20
"""First and last tokens, the most probable ones, that are tried together."""
MAX_ANSWER_TOKENS = 30


class QuestionAnswering(Task):
    """SQuAD 1.1, and 2.0 where a training question has no answer."""

    head = "span"
    metric = "f1"
    loss = staticmethod(losses.of_spans)
    may_be_impossible = False
    """Whether "" can be the answer."""

    @property
    def outputs(self) -> int:
        """The logits of the first and of the last token."""
        return 2

    def read(self, path: str, split: str) -> list[Question]:
        """Reads SQuAD's JSON."""
        return squad.read(path)

    def learn(self, examples: list[Question], path: str) -> list[Question]:
        """Whether "" may be right; answers that are not in their text are left out."""
        self.may_be_impossible = any(not one.answers for one in examples)
        kept = [one for one in examples if not one.answers or one.placed]
        if not any(one.answers for one in kept):
            raise ValueError(
                f"{path} has no answer that stands in its context: there is nothing to "
                "learn."
            )
        return kept

    def check(self, examples: Sequence[Question], path: str) -> None:
        """Any answer may be predicted."""

    def group(self, example: Question) -> str:
        """The article."""
        return example.article

    def split(self, examples: Sequence[Question], encoder: Encoder) -> Split:
        """A row per window of a context."""
        features, found = windows.encode(examples, encoder)
        return Split(examples, features, found)

    def predictions(self, split: Split, logits: np.ndarray) -> list[str]:
        """The best answer of each question, over its windows [N, S, 2]."""
        return [
            self._answer(question, found, logits)
            for question, found in zip(split.examples, split.places, strict=True)
        ]

    def scores(
        self, examples: Sequence[Question], predictions: Sequence[str]
    ) -> dict[str, float]:
        """As `scoring.answers`."""
        right = [[answer.text for answer in one.answers] for one in examples]
        return scoring.answers(right, predictions)

    def _answer(
        self, question: Question, found: Sequence[Window], logits: np.ndarray
    ) -> str:
        spans = [span for window in found for span in _spans(window, logits)]
        none = min(float(logits[window.row, 0].sum()) for window in found)
        if not spans:
            return ""
        score, start, end = max(spans)
        if self.may_be_impossible and none > score:
            return ""
        return question.context[start:end]


def _spans(window: Window, logits: np.ndarray) -> list[tuple[float, int, int]]:
    """Score, first and last character of a window's likely answers."""
    number = len(window.spans)
    context_T2 = logits[window.row, window.offset : window.offset + number]
    firsts, lasts = (np.argsort(-context_T2[:, side])[:CANDIDATES] for side in (0, 1))
    return [
        (
            float(context_T2[first, 0] + context_T2[last, 1]),
            window.spans[first][0],
            window.spans[last][1],
        )
        for first in firsts
        for last in lasts
        if first <= last < first + MAX_ANSWER_TOKENS
    ]
