"""Questions and long contexts → windows that a model can read.

A context is cut into words and punctuation marks, each into its pieces: so a piece's
place in the text as it was written is known under any rules of case and accents.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from electra_tf.finetuning.features import Encoder, Features
from electra_tf.labelled.squad import Question

MAX_QUESTION_TOKENS = 64
_UNIT = re.compile(r"\w+|[^\w\s]")


class Window(NamedTuple):
    """A part of a context, in a row of the features."""

    row: int
    offset: int
    """Of the context's first token in the row."""
    spans: list[tuple[int, int]]
    """Of each of its tokens: characters into the context."""


def encode(
    questions: Sequence[Question], encoder: Encoder
) -> tuple[Features, list[list[Window]]]:
    """[CLS] question [SEP] part of the context [SEP], for every part.

    Args:
        questions: with their contexts.
        encoder: of the model.

    Returns:
        Features whose targets are int32 [N, 2], first and last token of the first
        answer that stands in the context, 0 where the window has none; and the windows
        of each question.
    """
    contexts: dict[str, tuple[list[int], list[tuple[int, int]]]] = {}
    rows: list[tuple[list[int], list[int]]] = []
    targets: list[tuple[int, int]] = []
    windows: list[list[Window]] = []
    asked = encoder.tokenize([one.question for one in questions])
    for one, question in zip(questions, asked, strict=True):
        if one.context not in contexts:
            contexts[one.context] = _tokens(one.context, encoder)
        ids, spans = contexts[one.context]
        # A question leaves half of the places to the context.
        places = encoder.max_seq_length - 3
        question = question[: min(MAX_QUESTION_TOKENS, places // 2)]
        room = places - len(question)
        found = []
        for start in range(0, max(1, len(ids)), min(encoder.stride, room)):
            part = slice(start, start + room)
            window = Window(len(rows), len(question) + 2, spans[part])
            rows.append((question, ids[part]))
            targets.append(_target(one, window))
            found.append(window)
            if start + room >= len(ids):
                break
        windows.append(found)
    features = encoder.pairs(rows, np.array(targets, np.int32))
    return features, windows


def _tokens(context: str, encoder: Encoder) -> tuple[list[int], list[tuple[int, int]]]:
    """The ids of a context, and where each stands in it."""
    units = [match.span() for match in _UNIT.finditer(context)]
    pieces = encoder.tokenize([context[start:end] for start, end in units])
    ids = [piece for unit in pieces for piece in unit]
    spans = [
        span for span, unit in zip(units, pieces, strict=True) for _ in range(len(unit))
    ]
    return ids, spans


def _target(question: Question, window: Window) -> tuple[int, int]:
    if not question.placed:
        return 0, 0
    text, first = question.placed[0]
    last = first + len(text)
    inside = [
        index
        for index, (start, end) in enumerate(window.spans)
        if start < last and first < end
    ]
    whole = (
        inside
        and window.spans[inside[0]][0] <= first
        and window.spans[inside[-1]][1] >= last
    )
    if not whole:
        return 0, 0
    return window.offset + inside[0], window.offset + inside[-1]
