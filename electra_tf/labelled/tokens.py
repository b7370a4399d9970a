"""Words with their labels, in the columns of CoNLL's shared tasks and of CoNLL-U."""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from electra_tf.labelled.tables import text_of

CONLL_U_FORM, CONLL_U_UPOS = 1, 3
"""Columns of CoNLL-U, from 0."""


class Sentence(NamedTuple):
    """Words with their labels."""

    words: tuple[str, ...]
    labels: tuple[str, ...]


def read(path: str, word_column: int = 0, label_column: int = -1) -> list[Sentence]:
    """Reads a word per line, with a blank line after a sentence.

    Args:
        path: of a file in UTF-8. One that ends in .conllu is CoNLL-U: words and their
            UPOS, without comments, multiword tokens and empty nodes. Any other has
            columns separated by blanks or tabs; `-DOCSTART-` lines are passed over.
        word_column: from 0; of the end from -1. Not for CoNLL-U.
        label_column: as `word_column`.

    Raises:
        ValueError: there is no such file, it isn't UTF-8, it has no sentence, or a
            line has too few columns.
    """
    split = (
        _conll_u if path.endswith(".conllu") else _columns(word_column, label_column)
    )
    sentences: list[Sentence] = []
    pairs: list[tuple[str, str]] = []
    lines = text_of(path).split("\n")
    for number, line in enumerate([*lines, ""], 1):
        if line.strip():
            try:
                pairs += split(line)
            except IndexError:
                raise ValueError(
                    f"{path}: line {number} is {line.rstrip()!r}, which has too few "
                    "columns; a blank line ends a sentence."
                ) from None
        elif pairs:
            words, labels = zip(*pairs, strict=True)
            sentences.append(Sentence(words, labels))
            pairs = []
    if not sentences:
        raise ValueError(f"{path} has no sentence.")
    return sentences


def _columns(word: int, label: int) -> Callable[[str], Sequence[tuple[str, str]]]:
    def split(line: str) -> Sequence[tuple[str, str]]:
        # Other blanks, such as U+00A0 in "10 000", are part of a word.
        columns = re.split(r"[ \t]+", line.strip(" \t\r"))
        if columns[0] == "-DOCSTART-":
            return []
        if len(columns) < 2:
            raise IndexError
        return [(columns[word], columns[label])]

    return split


def _conll_u(line: str) -> Sequence[tuple[str, str]]:
    if line.startswith("#"):
        return []
    columns = line.rstrip("\r").split("\t")
    if not columns[0].isdecimal():  # 3-4 is a multiword token, 3.1 an empty node.
        return []
    return [(columns[CONLL_U_FORM], columns[CONLL_U_UPOS])]
