"""Questions with their answers in a text, in the format of SQuAD 1.1 and 2.0."""

import dataclasses
import re
from typing import NamedTuple

import tensorflow as tf
from absl import logging

from electra_tf import files


class Answer(NamedTuple):
    """A part of a context."""

    text: str
    start: int
    """Characters into the context; -1 where the text is not in it."""


class Question(NamedTuple):
    """What is asked about a context, and every answer that is right."""

    id: str
    context: str
    question: str
    answers: tuple[Answer, ...]
    """None where the context has no answer (SQuAD 2.0)."""

    @property
    def placed(self) -> list[Answer]:
        """The answers that stand in the context."""
        return [answer for answer in self.answers if answer.start >= 0]


@dataclasses.dataclass
class _Answer:
    text: str
    answer_start: int


@dataclasses.dataclass
class _Qa:
    id: str
    question: str
    answers: list[_Answer]


@dataclasses.dataclass
class _Paragraph:
    context: str
    qas: list[_Qa]


@dataclasses.dataclass
class _Article:
    paragraphs: list[_Paragraph]


@dataclasses.dataclass
class _Squad:
    data: list[_Article]


def read(path: str) -> list[Question]:
    """Reads questions, and says how many answers do not stand where they should.

    Answers without text are none.

    Args:
        path: of SQuAD's JSON.

    Raises:
        ValueError: there is no such file, it is of another format, or has no question.
    """
    if not tf.io.gfile.exists(path) or tf.io.gfile.isdir(path):
        raise ValueError(f"There is no file {path}: see to its path.")
    articles = files.read_json(path, _Squad, "ignore").data
    paragraphs = [one for article in articles for one in article.paragraphs]
    questions = [
        Question(
            qa.id,
            paragraph.context,
            qa.question,
            tuple(
                _placed(answer, paragraph.context)
                for answer in qa.answers
                if answer.text
            ),
        )
        for paragraph in paragraphs
        for qa in paragraph.qas
    ]
    if not questions:
        raise ValueError(f"{path} has no question.")
    lost = sum(len(one.answers) - len(one.placed) for one in questions)
    if lost:
        logging.warning(
            "%s: %d answers are not in their context, so they can't be learnt from",
            path,
            lost,
        )
    said = [answer for one in paragraphs for qa in one.qas for answer in qa.answers]
    found = [answer for one in questions for answer in one.answers]
    said = [answer for answer in said if answer.text]
    moved = sum(
        0 <= ours.start != theirs.answer_start
        for ours, theirs in zip(found, said, strict=True)
    )
    if moved:
        logging.warning(
            "%s: %d answers do not stand where the file says: the nearest place of the "
            "same text is taken",
            path,
            moved,
        )
    return questions


def _placed(answer: _Answer, context: str) -> Answer:
    """The answer where the file says, or at the nearest place of the same text."""
    said, text = answer.answer_start, answer.text
    places = [match.start() for match in re.finditer(re.escape(text), context)]
    return Answer(text, min(places, key=lambda at: abs(at - said), default=-1))
