"""Text → arrays of ids and targets.

Shape letters: N examples, S sequence, W words.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from electra_tf.batch import SpecialIds
from electra_tf.finetuning.config import FinetuneConfig
from electra_tf.labelled.tokens import Sentence
from electra_tf.text.tokenizer import Tokenizer

LENGTH_MULTIPLE = 16
"""Rows are padded to a multiple of it."""
NO_TARGET = -1
"""Target of tokens without a label: later pieces of a word, special ids, padding."""


class Features(NamedTuple):
    """Inputs and targets of a model, a row per example or part of one."""

    ids_NS: np.ndarray
    """int32."""
    mask_NS: np.ndarray
    """int32, 1 at real tokens."""
    segments_NS: np.ndarray
    """int32, 1 over the second text, its [SEP] included."""
    targets: np.ndarray
    """[N] int32 or float32 for texts; [N, S] int32 for tokens, `NO_TARGET` without a
    label; [N, 2] int32 for spans, first and last token."""


class WordPieces(NamedTuple):
    """The pieces of a word."""

    ids: list[int]
    spans: list[tuple[int, int]]
    """Characters of each piece in the word, after the text rules."""
    length: int
    """Characters of the word after the text rules."""


class Featurizer:
    """Encodes text as a model's ids.

    Args:
        tokenizer: the model's tokenizer.
        special_ids: special ids of its vocabulary.
        config: has the lengths.
    """

    def __init__(
        self, tokenizer: Tokenizer, special_ids: SpecialIds, config: FinetuneConfig
    ) -> None:
        self.config = config
        self._tokenizer = tokenizer
        self._special = special_ids

    def texts(
        self, first: Sequence[str], second: Sequence[str], targets: np.ndarray
    ) -> tuple[Features, int, int]:
        """Encodes texts, or pairs of them, with a target each.

        Args:
            first: the texts, or the first one of each pair.
            second: the second one of each pair; empty for single texts.
            targets: [N].

        Returns:
            The features; how many examples were truncated (of a pair, the longer text
            loses its end first); how many have a text without any token.
        """
        if not len(second):
            texts, room = self.tokenize(first), self.config.max_seq_length - 2
            truncated = sum(len(ids) > room for ids in texts)
            features = self.rows([(ids[:room], None) for ids in texts], targets)
            return features, truncated, texts.count([])
        rows: list[tuple[list[int], list[int] | None]] = []
        truncated, empty, room = 0, 0, self.config.max_seq_length - 3
        pairs = zip(self.tokenize(first), self.tokenize(second), strict=True)
        for ours, theirs in pairs:
            kept = _fitting(len(ours), len(theirs), room)
            truncated += sum(kept) < len(ours) + len(theirs)
            empty += not ours or not theirs
            rows.append((ours[: kept[0]], theirs[: kept[1]]))
        return self.rows(rows, targets), truncated, empty

    def words(
        self, sentences: Sequence[Sentence], label_ids: Sequence[Sequence[int]]
    ) -> tuple[Features, list[list[tuple[int, int]]]]:
        """Encodes sentences with a target at the first piece of each word.

        A sentence that is longer than a row continues in further rows.

        Args:
            sentences: the words.
            label_ids: a label per word of each sentence.

        Returns:
            The features; row and position of the first piece of each sentence's words.
        """
        words = [word for sentence in sentences for word in sentence.words]
        pieces = iter(self.tokenize(words))
        special, room = self._special, self.config.max_seq_length - 2
        rows: list[list[int]] = []
        targets: list[list[int]] = []
        positions: list[list[tuple[int, int]]] = []
        for sentence, labels in zip(sentences, label_ids, strict=True):
            rows.append([special.cls])
            targets.append([NO_TARGET])
            positions.append([])
            for _, label in zip(sentence.words, labels, strict=True):
                # Some words, such as a control character, have no pieces.
                ids = next(pieces)[:room] or [special.unk]
                if len(rows[-1]) - 1 + len(ids) > room:
                    rows.append([special.cls])
                    targets.append([NO_TARGET])
                positions[-1].append((len(rows) - 1, len(rows[-1])))
                rows[-1] += ids
                targets[-1] += [label] + [NO_TARGET] * (len(ids) - 1)
        rows = [[*row, special.sep] for row in rows]
        targets = [[*row, NO_TARGET] for row in targets]
        segments = [[0] * len(row) for row in rows]
        features = self._padded(rows, segments, np.zeros(0))
        padded = _pad(targets, features.ids_NS.shape[1], NO_TARGET)
        return features._replace(targets=padded), positions

    def rows(
        self, rows: Sequence[tuple[list[int], list[int] | None]], targets: np.ndarray
    ) -> Features:
        """Adds the special ids: [CLS] first [SEP], or [CLS] first [SEP] second [SEP].

        Args:
            rows: ids of the first and second text, which must fit.
            targets: a target per row.
        """
        cls, sep = self._special.cls, self._special.sep
        parts = [
            ([cls, *first, sep], [] if second is None else [*second, sep])
            for first, second in rows
        ]
        ids = [first + second for first, second in parts]
        segments = [[0] * len(first) + [1] * len(second) for first, second in parts]
        return self._padded(ids, segments, targets)

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        """Returns the ids of each text, without special ids."""
        return self._tokenizer.tokenize(tf.constant(list(texts), "string")).to_list()

    def tokenize_words(self, words: Sequence[str]) -> list[WordPieces]:
        """Returns the ids of each word and their characters in it."""
        words_N = tf.constant(list(words), "string")
        ids, starts, ends = self._tokenizer.tokenize_with_offsets(words_N)
        normalized_N = self._tokenizer.normalize(words_N)
        lengths_N = tf.strings.length(normalized_N, "UTF8_CHAR").numpy()
        rows = (values.to_list() for values in (ids, starts, ends))
        return [
            WordPieces(word, list(zip(first, last, strict=True)), int(length))
            for word, first, last, length in zip(*rows, lengths_N, strict=True)
        ]

    def _padded(
        self, rows: list[list[int]], segments: list[list[int]], targets: np.ndarray
    ) -> Features:
        longest = max(map(len, rows))
        length = -(-longest // LENGTH_MULTIPLE) * LENGTH_MULTIPLE
        length = min(length, self.config.max_seq_length)
        return Features(
            _pad(rows, length, self._special.pad),
            _pad([[1] * len(row) for row in rows], length, 0),
            _pad(segments, length, 0),
            targets,
        )


def _fitting(first: int, second: int, room: int) -> tuple[int, int]:
    """Lengths of two texts after truncating the longer one until both fit."""
    while first + second > room:
        if first >= second:
            first -= 1
        else:
            second -= 1
    return first, second


def _pad(rows: list[list[int]], length: int, value: int) -> np.ndarray:
    padded = np.full((len(rows), length), value, np.int32)
    for index, row in enumerate(rows):
        padded[index, : len(row)] = row
    return padded
