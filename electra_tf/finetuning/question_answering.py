"""Extractive question answering: the answer is a span of the question's context.

Long contexts are read in overlapping windows. A context is split at white space and its
words into pieces, so each piece's characters in the context are known; where the text
rules change a word's length, each of its pieces has the characters of the whole word.
Shape letters: N windows, S sequence, T tokens of a window.
"""

import re
from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
from absl import logging

from electra_tf.finetuning import losses
from electra_tf.finetuning.features import NO_TARGET, Features, Featurizer
from electra_tf.finetuning.task import Task, TaskSplit
from electra_tf.labelled import scoring, squad
from electra_tf.labelled.squad import Question

_WORD = re.compile(r"[\S\x0b\x0c\x1c-\x1f\x85]+")
"""A word; to a tokenizer these control characters are not white space."""


class Window(NamedTuple):
    """A part of a context that fits in one row of the features."""

    row: int
    offset: int
    """Position of its first token in the row."""
    spans: list[tuple[int, int]]
    """First and last character (exclusive) of each token in the context."""


class AnswerPositions(NamedTuple):
    """The tokens of a split's rows that an answer can start or end at."""

    windows: list[list[Window]]
    """The windows of each question."""
    max_answer_tokens: int


class QuestionAnswering(Task):
    """SQuAD 1.1, or 2.0 if a training question has no answer."""

    head = "span"
    metrics = scoring.ANSWERS
    loss = staticmethod(losses.span_loss)
    may_be_impossible = False
    """Whether "" can be the answer."""
    null_threshold = 0.0
    """The answer is "" if its score exceeds the best span's by more than this."""

    @property
    def outputs(self) -> int:
        """Logits of a span's first and last token."""
        return 2

    def read(self, path: str, split: str) -> list[Question]:
        """Reads SQuAD's JSON."""
        return squad.read(path)

    def learn(self, examples: Sequence[Question], path: str) -> None:
        """Finds out whether questions can be without an answer."""
        self.may_be_impossible = any(not one.answers for one in examples)
        if not any(one.placed for one in examples):
            raise ValueError(
                f"{path} has no answer that is in its context: there is nothing to "
                "learn."
            )

    def trainable(self, examples: list[Question]) -> list[Question]:
        """Questions without an answer, or with one that is in the context."""
        return [one for one in examples if not one.answers or one.placed]

    def group_keys(self, example: Question) -> list[Hashable]:
        """The article, and the context, which several articles may share."""
        return [("article", example.article), ("context", example.context)]

    def identity(self, example: Question) -> Hashable:
        """Context and question."""
        return example.context, example.question

    def encode(self, examples: Sequence[Question], featurizer: Featurizer) -> TaskSplit:
        """Each window of a context is a row."""
        features, windows = encode(examples, featurizer)
        limit = featurizer.config.max_answer_tokens
        return TaskSplit(examples, features, AnswerPositions(windows, limit))

    def tune(self, split: TaskSplit, logits: np.ndarray) -> None:
        """Chooses the threshold with the highest F1, as SQuAD 2.0's script does."""
        if not self.may_be_impossible:
            return
        texts, margins = zip(*self._best(split, logits), strict=True)
        gold = _gold(split.examples)
        self.null_threshold = scoring.null_threshold(
            scoring.answer_f1(gold, texts),
            scoring.answer_f1(gold, [""] * len(gold)),
            margins,
        )

    def predictions(self, split: TaskSplit, logits: np.ndarray) -> list[str]:
        """The best answer to each question, from its windows' logits [N, S, 2]."""
        return [
            "" if self.may_be_impossible and margin > self.null_threshold else text
            for text, margin in self._best(split, logits)
        ]

    def scores(
        self, examples: Sequence[Question], predictions: Sequence[str]
    ) -> dict[str, float]:
        """Scores of `scoring.answers`, and the threshold where "" can be right."""
        return scoring.answers(_gold(examples), predictions) | self.settings()

    def settings(self) -> dict[str, float]:
        """The threshold, where "" can be right."""
        return {"null_threshold": self.null_threshold} if self.may_be_impossible else {}

    def _best(self, split: TaskSplit, logits: np.ndarray) -> list[tuple[str, float]]:
        """Each question's best span, and the score of "" minus the span's score."""
        best = []
        positions: AnswerPositions = split.positions
        for question, windows in zip(split.examples, positions.windows, strict=True):
            null = min(float(logits[window.row, 0].sum()) for window in windows)
            score, start, end = max(
                _best_span(window, logits, positions.max_answer_tokens)
                for window in windows
            )
            best.append((question.context[start:end], null - score))
        return best


def encode(
    questions: Sequence[Question], featurizer: Featurizer
) -> tuple[Features, list[list[Window]]]:
    """Encodes each window of a context as [CLS] question [SEP] window [SEP].

    Args:
        questions: with their contexts.
        featurizer: encodes text as the model's ids.

    Returns:
        The features and each question's windows. Targets are int32 [N, 2], the first
        and last token of the first answer in the context: 0 in windows without it, and
        `NO_TARGET` if no window has the whole of it.
    """
    contexts: dict[str, tuple[list[int], list[tuple[int, int]]]] = {}
    rows: list[tuple[list[int], list[int] | None]] = []
    targets: list[tuple[int, int]] = []
    windows: list[list[Window]] = []
    # A question leaves at least half of the row to the context.
    config, too_long = featurizer.config, 0
    length = config.max_seq_length - 3
    limit = min(config.max_question_tokens, length // 2)
    tokenized = featurizer.tokenize([one.question for one in questions])
    for one, question in zip(questions, tokenized, strict=True):
        if one.context not in contexts:
            contexts[one.context] = _tokens(one.context, featurizer)
        ids, spans = contexts[one.context]
        question = question[:limit]
        room = length - len(question)
        answer, offset = _answer(one, spans), len(question) + 2
        # Windows overlap by at least half, so an answer at a border is whole in one.
        stride = min(config.doc_stride, max(1, room // 2))
        ours: list[Window] = []
        for start in range(0, max(1, len(ids)), stride):
            part = slice(start, start + room)
            ours.append(Window(len(rows), offset, spans[part]))
            rows.append((question, ids[part]))
            targets.append(_target(answer, start, room, offset))
            if start + room >= len(ids):
                break
        if one.placed and not any(any(target) for target in targets[-len(ours) :]):
            targets[-len(ours) :] = [(NO_TARGET, NO_TARGET)] * len(ours)
            too_long += 1
        windows.append(ours)
    if too_long:
        logging.warning(
            "%d answers are longer than a window: they are not trained on", too_long
        )
    truncated = sum(len(question) > limit for question in tokenized)
    if truncated:
        logging.warning("%d questions were truncated to %d tokens", truncated, limit)
    return featurizer.rows(rows, np.array(targets, np.int32)), windows


def _tokens(
    context: str, featurizer: Featurizer
) -> tuple[list[int], list[tuple[int, int]]]:
    """The ids of a context, and the characters of each."""
    words = [match.span() for match in _WORD.finditer(context)]
    pieces = featurizer.tokenize_words([context[start:end] for start, end in words])
    ids: list[int] = []
    spans: list[tuple[int, int]] = []
    for (start, end), word in zip(words, pieces, strict=True):
        ids += word.ids
        if word.length == end - start:
            spans += [(start + first, start + last) for first, last in word.spans]
        else:
            spans += [(start, end)] * len(word.ids)
    return ids, spans


def _answer(question: Question, spans: list[tuple[int, int]]) -> tuple[int, int] | None:
    """First and last token of the first answer in the context, if there is one."""
    if not question.placed:
        return None
    text, first = question.placed[0]
    last = first + len(text)
    inside = [
        index
        for index, (start, end) in enumerate(spans)
        if start < last and first < end
    ]
    return (inside[0], inside[-1]) if inside else None


def _target(
    answer: tuple[int, int] | None, start: int, room: int, offset: int
) -> tuple[int, int]:
    """The answer's first and last token in a window's row; (0, 0) if not inside."""
    if answer is None or answer[0] < start or answer[1] >= start + room:
        return 0, 0
    return answer[0] - start + offset, answer[1] - start + offset


def _gold(questions: Sequence[Question]) -> list[list[str]]:
    return [[answer.text for answer in one.answers] for one in questions]


def _best_span(
    window: Window, logits: np.ndarray, max_answer_tokens: int
) -> tuple[float, int, int]:
    """Score, first and last character (exclusive) of a window's best answer."""
    number = len(window.spans)
    first_T, last_T = logits[window.row, window.offset : window.offset + number].T
    # Not infinite, so that a threshold between two margins is a number.
    best = (float(np.finfo(np.float32).min), 0, 0)
    for ahead in range(min(number, max_answer_tokens)):
        sums_T = first_T[: number - ahead] + last_T[ahead:]
        token = int(sums_T.argmax())
        if sums_T[token] > best[0]:
            start, end = window.spans[token][0], window.spans[token + ahead][1]
            best = (float(sums_T[token]), start, end)
    return best
