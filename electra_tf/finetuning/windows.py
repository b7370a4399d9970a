"""Questions and long contexts → windows that a model can read.

A context is cut at its blanks, and each word into its pieces: so their places in the
text as it was written are known. Where the rules of a model make a word shorter or
longer, all its pieces have the place of the word.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from absl import logging

from electra_tf.finetuning.features import NO_TARGET, Encoder, Features
from electra_tf.labelled.squad import Question

_WORD = re.compile(r"[\S\x0b\x0c\x1c-\x1f\x85]+")
"""What stands between blanks; to a tokenizer these controls are none."""


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
        answer that stands in the context, 0 where the window has none, and
        `NO_TARGET` where no window has the whole of it; and the windows of each
        question.
    """
    contexts: dict[str, tuple[list[int], list[tuple[int, int]]]] = {}
    rows: list[tuple[list[int], list[int] | None]] = []
    targets: list[tuple[int, int]] = []
    windows: list[list[Window]] = []
    # A question leaves half of the places to the context.
    config, unseen = encoder.config, 0
    places = config.max_seq_length - 3
    limit = min(config.max_question_tokens, places // 2)
    asked = encoder.tokenize([one.question for one in questions])
    for one, question in zip(questions, asked, strict=True):
        if one.context not in contexts:
            contexts[one.context] = _tokens(one.context, encoder)
        ids, spans = contexts[one.context]
        question = question[:limit]
        room = places - len(question)
        answer, offset, found = _answer(one, spans), len(question) + 2, []
        # Windows overlap by half at least: an answer across a border is whole in one.
        stride = min(config.doc_stride, max(1, room // 2))
        for start in range(0, max(1, len(ids)), stride):
            part = slice(start, start + room)
            found.append(Window(len(rows), offset, spans[part]))
            rows.append((question, ids[part]))
            targets.append(_inside(answer, start, room, offset))
            if start + room >= len(ids):
                break
        if one.placed and not any(any(target) for target in targets[-len(found) :]):
            targets[-len(found) :] = [(NO_TARGET, NO_TARGET)] * len(found)
            unseen += 1
        windows.append(found)
    if unseen:
        logging.warning("%d answers are longer than a window: not learnt from", unseen)
    cut = sum(len(question) > limit for question in asked)
    if cut:
        logging.warning("%d questions were cut to %d tokens", cut, limit)
    features = encoder.framed(rows, np.array(targets, np.int32))
    return features, windows


def _tokens(context: str, encoder: Encoder) -> tuple[list[int], list[tuple[int, int]]]:
    """The ids of a context, and where each stands in it."""
    places = [match.span() for match in _WORD.finditer(context)]
    words = encoder.tokenize_in_place([context[start:end] for start, end in places])
    ids: list[int] = []
    spans: list[tuple[int, int]] = []
    for (start, end), word in zip(places, words, strict=True):
        ids += word.ids
        if word.length == end - start:
            spans += [(start + first, start + last) for first, last in word.spans]
        else:
            spans += [(start, end)] * len(word.ids)
    return ids, spans


def _answer(question: Question, spans: list[tuple[int, int]]) -> tuple[int, int] | None:
    """First and last token of the first answer in the context; None for none."""
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


def _inside(
    answer: tuple[int, int] | None, start: int, room: int, offset: int
) -> tuple[int, int]:
    """The answer's tokens in the row of a window; (0, 0) where it isn't whole there."""
    if answer is None or answer[0] < start or answer[1] >= start + room:
        return 0, 0
    return answer[0] - start + offset, answer[1] - start + offset
