"""Questions about contexts, in the format of SQuAD 1.1 and 2.0."""

import dataclasses
import re
from typing import NamedTuple

from absl import logging

from electra_tf import files
from electra_tf.labelled.tables import text_of


class Answer(NamedTuple):
    """A correct answer, a span of the context."""

    text: str
    start: int
    """Its first character in the context; -1 if the text is not there."""


class Question(NamedTuple):
    """A question about a context, with all correct answers."""

    id: str
    article: str
    """Title of the context's article, or file and number."""
    context: str
    question: str
    answers: tuple[Answer, ...]
    """Empty if the context has no answer (SQuAD 2.0)."""

    @property
    def placed(self) -> list[Answer]:
        """The answers that are in the context."""
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
    """Reads questions, and warns of answers that are not where the file says.

    Answers without text are dropped.

    Args:
        path: a file in SQuAD's JSON.

    Raises:
        ValueError: the file does not exist, has another format or no question, or a
            question or context is empty.
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
                    "in or remove it."
                )
            given = [answer for answer in qa.answers if answer.text]
            answers = [_placed(answer, paragraph.context) for answer in given]
            for answer, original in zip(answers, given, strict=True):
                lost += answer.start < 0
                moved += 0 <= answer.start != original.answer_start
            questions.append(
                Question(qa.id, article, paragraph.context, qa.question, tuple(answers))
            )
    if not questions:
        raise ValueError(f"{path} has no question.")
    if lost:
        logging.warning(
            "%s: %d answers are not in their context: they are not trained on",
            path,
            lost,
        )
    if moved:
        logging.warning(
            "%s: %d answers are not at the position that the file gives: the nearest "
            "occurrence of the same text is used",
            path,
            moved,
        )
    return questions


def _placed(answer: _Answer, context: str) -> Answer:
    """The answer at the occurrence of its text nearest to the given position."""
    given, text = answer.answer_start, answer.text
    # A lookahead, because occurrences may overlap: "la la" in "la la la".
    starts = [match.start() for match in re.finditer(f"(?={re.escape(text)})", context)]
    return Answer(text, min(starts, key=lambda at: abs(at - given), default=-1))
