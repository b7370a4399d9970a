"""Compares two vocabularies on the same text.

Shape letters: N lines, V vocabulary.
"""

import dataclasses
import re
import sys
from collections import Counter
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from electra_tf.corpus import documents
from electra_tf.progress import Progress
from electra_tf.quantities import ratio
from electra_tf.text import wordpiece
from electra_tf.text.tokenizer import Tokenizer
from electra_tf.text.vocabulary import SUFFIX_INDICATOR, TextRules, Vocabulary

CUT_WORDS = 10
"""Number of words that are cut differently in a comparison."""
MAX_WORDS_HELD = 500_000
"""Maximum number of different words to choose these from; later ones are ignored."""

_LETTERS = re.compile(r"\W*([^\W\d_]+)\W*")


@dataclasses.dataclass
class VocabularyCounts:
    """Counts of one vocabulary's pieces on the text."""

    path: str
    pieces: int
    unreachable: int
    """Pieces that no text can produce under the rules."""
    tokens: int = 0
    unknown_tokens: int = 0
    words: int = 0
    """Number of tokens that don't continue a word; a punctuation mark is a word."""
    pieces_used: int = 0
    tokens_per_word: float = 0.0
    characters_per_token: float = 0.0
    unknown: float = 0.0
    """Share of [UNK] in the tokens."""


@dataclasses.dataclass(frozen=True)
class CutWord:
    """A word that the two vocabularies cut differently."""

    word: str
    times: int
    pieces: tuple[list[str], list[str]]


@dataclasses.dataclass(frozen=True)
class VocabularyComparison:
    """Numbers and words that compare two vocabularies on a text."""

    text_rules: TextRules
    text_bytes: int
    """Size of the text with line ends, without blank lines."""
    characters: int
    """Characters of the text after the rules, without blanks."""
    pieces_in_common: int
    vocabularies: tuple[VocabularyCounts, VocabularyCounts]
    cut_words: list[CutWord]
    """The most frequent words that are cut differently."""


def compare(
    paths: Sequence[str],
    sources: Sequence[documents.Source],
    limit_bytes: int,
    text_rules: TextRules,
) -> VocabularyComparison:
    """Cuts a text with both vocabularies.

    Args:
        paths: files of two vocabularies.
        sources: sources of the text.
        limit_bytes: size of the text, divided among the sources by their size; 0: all.
        text_rules: rules applied to the text before.

    Raises:
        ValueError: there are not two vocabularies, one is missing or unusable, or
            there is no text.
    """
    if len(paths) != 2:
        raise ValueError(
            f"--compare names {len(paths)} vocabularies, but compares 2: give "
            "--compare=a.txt,b.txt."
        )
    both = [_CountingTokenizer(path, text_rules) for path in paths]
    text_bytes = characters = 0
    words: Counter[str] = Counter()
    stored = sum(source.text_bytes for source in sources)
    progress = Progress(int(min(limit_bytes or stored, stored)))
    try:
        for text in documents.Excerpt(sources, limit_bytes or sys.maxsize):
            lines = [line for line in text.split("\n") if line and not line.isspace()]
            text_bytes += sum(len(line.encode()) + 1 for line in lines)
            normalized_N = both[0].normalize(tf.constant(lines, tf.string))
            for cutter in both:
                cutter.count(normalized_N)
            line_words = tf.strings.split(normalized_N).values.numpy().tolist()
            characters += _add_words(words, line_words)
            progress.update(text_bytes, text_bytes)
    finally:
        progress.close()
    if not text_bytes:
        raise ValueError(
            f"--text names {len(sources)} sources without a document: give text files."
        )
    a, b = both
    return VocabularyComparison(
        text_rules=text_rules,
        text_bytes=text_bytes,
        characters=characters,
        pieces_in_common=len(a.vocabulary.ids.keys() & b.vocabulary.ids.keys()),
        vocabularies=(a.counts(characters), b.counts(characters)),
        cut_words=_cut_words(words, a, b),
    )


class _CountingTokenizer:
    """A tokenizer that counts the pieces it makes."""

    def __init__(self, path: str, text_rules: TextRules):
        self.vocabulary = Vocabulary.load(path)
        self._path = path
        self._text_rules = text_rules
        tokenizer = Tokenizer(self.vocabulary, text_rules)
        signature = [tf.TensorSpec([None], tf.string)]
        self.normalize = tf.function(tokenizer.normalize, input_signature=signature)
        self.cut = tf.function(tokenizer.tokenize, input_signature=signature)
        self._tokens_V = np.zeros(len(self.vocabulary), np.int64)

    def count(self, lines_N: tf.Tensor) -> None:
        ids = self.cut(lines_N).values.numpy()
        self._tokens_V += np.bincount(ids, minlength=len(self._tokens_V))

    def counts(self, characters: int) -> VocabularyCounts:
        tokens = int(self._tokens_V.sum())
        unknown = int(self._tokens_V[self.vocabulary.special_ids.unk])
        words = sum(
            int(count)
            for piece, count in zip(self.vocabulary.pieces, self._tokens_V, strict=True)
            if not piece.startswith(SUFFIX_INDICATOR)
        )
        unreachable = wordpiece.unreachable(self.vocabulary, self._text_rules)
        return VocabularyCounts(
            path=self._path,
            pieces=len(self.vocabulary),
            unreachable=len(unreachable),
            tokens=tokens,
            unknown_tokens=unknown,
            words=words,
            pieces_used=int(np.count_nonzero(self._tokens_V)),
            tokens_per_word=ratio(tokens, words),
            characters_per_token=ratio(characters, tokens),
            unknown=ratio(unknown, tokens),
        )


def _add_words(words: Counter[str], line_words: Sequence[bytes]) -> int:
    """Counts words of letters, without punctuation around them.

    Returns:
        The number of characters, without blanks.
    """
    characters = 0
    for data, times in Counter(line_words).items():
        word = data.decode()
        characters += len(word) * times
        letters = _LETTERS.fullmatch(word)
        if letters and (letters[1] in words or len(words) < MAX_WORDS_HELD):
            words[letters[1]] += times
    return characters


def _cut_words(
    words: Counter[str], a: _CountingTokenizer, b: _CountingTokenizer
) -> list[CutWord]:
    """The most frequent words that the two cut differently."""
    ranked = sorted(words, key=lambda word: (-words[word], word))
    cut_words: list[CutWord] = []
    for first in range(0, len(ranked), 1000):
        some = ranked[first : first + 1000]
        pieces = [
            [[cutter.vocabulary.pieces[i] for i in ids] for ids in rows]
            for cutter in (a, b)
            for rows in [cutter.cut(tf.constant(some)).to_list()]
        ]
        cut_words += [
            CutWord(word, words[word], (of_a, of_b))
            for word, of_a, of_b in zip(some, *pieces, strict=True)
            if of_a != of_b
        ]
        if len(cut_words) >= CUT_WORDS:
            break
    return cut_words[:CUT_WORDS]
