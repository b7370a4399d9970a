"""Labelled words in the columns of CoNLL's shared tasks, or in CoNLL-U."""

import itertools
import operator
import re
from collections.abc import Sequence
from typing import NamedTuple

from electra_tf.labelled.tables import text_of

_DOCSTART = re.compile(r"\s*-DOCSTART-(\s|$)")
_NEWDOC = re.compile(r"#\s*newdoc\b")
CONLL_U_COLUMNS = 10
CONLL_U_FORM, CONLL_U_UPOS = 1, 3
"""Columns of CoNLL-U, from 0."""


class _Sentence(NamedTuple):
    words: tuple[str, ...]
    labels: tuple[str, ...]


class Sentence(_Sentence):
    """The words of a sentence and their labels.

    Sentences with the same words and labels are equal, whatever their document.
    """

    document: tuple[str, int] | None = None
    """File and number of the document; None if the file has only one."""


def read(path: str, word_column: int = 0, label_column: int = -1) -> list[Sentence]:
    """Reads a file with a word per line and a blank line after each sentence.

    Args:
        path: a UTF-8 file. *.conllu is CoNLL-U: words and their UPOS are read, without
            comments, multiword tokens and empty nodes. Any other has columns separated
            by tabs, or by blanks in lines without a tab. A document starts at a line
            `-DOCSTART-` or, in CoNLL-U, a comment `# newdoc`; in a file of columns
            without such lines, after more than one blank line.
        word_column: from 0, or from the end if negative; not used for CoNLL-U.
        label_column: like `word_column`.

    Raises:
        ValueError: the file does not exist, isn't UTF-8 or has no sentence; a line has
            too few columns, not as many as the first, or an empty word or label; in
            CoNLL-U, not ten columns, or no UPOS.
    """
    split = (
        _conll_u if path.endswith(".conllu") else _Columns(word_column, label_column)
    )
    lines = [*text_of(path).split("\n"), ""]
    documents = _documents(lines, path.endswith(".conllu"))
    sentences: list[Sentence] = []
    pairs: list[tuple[str, str]] = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                pairs += split(line)
            except ValueError as error:
                raise ValueError(
                    f"{path}: line {number} is {line.rstrip()!r}, which has {error}; a "
                    "blank line ends a sentence, and tabs separate columns if words "
                    "have blanks."
                ) from None
        elif pairs:
            words, labels = zip(*pairs, strict=True)
            sentences.append(Sentence(words, labels))
            sentences[-1].document = path, documents[number - 1]
            pairs = []
    if not sentences:
        raise ValueError(f"{path} has no sentence.")
    if len({sentence.document for sentence in sentences}) == 1:
        for sentence in sentences:
            sentence.document = None
    return sentences


def _documents(lines: Sequence[str], is_conll_u: bool) -> list[int]:
    """Number of the document that each line belongs to."""
    mark = _NEWDOC if is_conll_u else _DOCSTART
    begins = [mark.match(line) is not None for line in lines]
    if not any(begins) and not is_conll_u:
        is_blank = [not line.strip() for line in lines]
        begins = [False, *map(operator.and_, is_blank, is_blank[1:])]
    return list(itertools.accumulate(begins))


class _Columns:
    """Parses lines, which must have as many columns as the first one."""

    def __init__(self, word: int, label: int) -> None:
        self._wanted = word, label
        self._number = 0

    def __call__(self, line: str) -> Sequence[tuple[str, str]]:
        line = line.strip(" \t\r")
        # Other blanks, such as U+00A0 in "10 000", are part of a word.
        columns = re.split(r" *\t *" if "\t" in line else " +", line)
        if columns[0] == "-DOCSTART-":
            return []
        number = self._number = self._number or len(columns)
        if len(columns) != number:
            raise ValueError(f"{len(columns)}, not {number}, columns")
        if number < 2 or not all(-number <= i < number for i in self._wanted):
            raise ValueError("too few columns")
        word, label = (columns[i] for i in self._wanted)
        if not word or not label:
            raise ValueError("an empty word or label")
        return [(word, label)]


def _conll_u(line: str) -> Sequence[tuple[str, str]]:
    if line.startswith("#"):
        return []
    columns = line.rstrip("\r").split("\t")
    if len(columns) != CONLL_U_COLUMNS:
        raise ValueError(f"{len(columns)}, not {CONLL_U_COLUMNS}, columns")
    if re.fullmatch(r"\d+[-.]\d+", columns[0]):  # A multiword token, an empty node.
        return []
    word, label = columns[CONLL_U_FORM], columns[CONLL_U_UPOS]
    if not columns[0].isdecimal() or not word.strip() or label in ("", "_"):
        raise ValueError("no number, no form or no UPOS")
    return [(word, label)]
