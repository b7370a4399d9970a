"""Questions with their answers in a text, in the format of SQuAD 1.1 and 2.0."""

import dataclasses
import re
from typing import NamedTuple

from absl import logging

from electra_tf import files
from electra_tf.labelled.tables import text_of


class Answer(NamedTuple):
    """A part of a context."""

    text: str
    start: int
    """Characters into the context; -1 where the text is not in it."""


class Question(NamedTuple):
    """What is asked about a context, and every answer that is right."""

    id: str
    article: str
    """Its title, or file and number."""
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
    title: str = ""


@dataclasses.dataclass
class _Squad:
    data: list[_Article]


def read(path: str) -> list[Question]:
    """Reads questions, and says how many answers do not stand where they should.

    Answers without text are none.

    Args:
        path: of SQuAD's JSON.

    Raises:
        ValueError: there is no such file, it is of another format, has no question, or
            one that is empty, or whose context is.
    """
    squad = files.parse_json(text_of(path), _Squad, path, "ignore")
    questions, lost, moved = [], 0, 0
    paragraphs = [
        (article.title or f"{path}, article {number}", paragraph)
        for number, article in enumerate(squad.data, 1)
        for paragraph in article.paragraphs
    ]
    for article, paragraph in paragraphs:
        for qa in paragraph.qas:
            if not paragraph.context.strip() or not qa.question.strip():
                raise ValueError(
                    f"{path}: the question {qa.id!r} or its context is empty: fill it "
                    "in or leave it out."
                )
            said = [answer for answer in qa.answers if answer.text]
            answers = [_placed(answer, paragraph.context) for answer in said]
            for found, answer in zip(answers, said, strict=True):
                lost += found.start < 0
                moved += 0 <= found.start != answer.answer_start
            questions.append(
                Question(qa.id, article, paragraph.context, qa.question, tuple(answers))
            )
    if not questions:
        raise ValueError(f"{path} has no question.")
    if lost:
        logging.warning(
            "%s: %d answers are not in their context, so they can't be learnt from",
            path,
            lost,
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
    # Ahead, for one place may begin within another: "la la" in "la la la".
    places = [match.start() for match in re.finditer(f"(?={re.escape(text)})", context)]
    return Answer(text, min(places, key=lambda at: abs(at - said), default=-1))
