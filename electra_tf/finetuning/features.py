"""Examples → arrays of ids and targets.

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
"""Lengths are rounded up to it."""
NO_TARGET = -1
"""Of tokens that are not judged: pieces after a word's first, specials, padding."""


class Features(NamedTuple):
    """What a model reads and what it should answer, an example per row."""

    ids_NS: np.ndarray
    """int32."""
    mask_NS: np.ndarray
    """int32, 1 at real tokens."""
    segments_NS: np.ndarray
    """int32, 1 over the second text, its [SEP] included."""
    targets: np.ndarray
    """[N] int32 or float32 of texts; [N, S] int32 of tokens, `NO_TARGET` between;
    [N, 2] int32 of spans, their first and last token."""


class Placed(NamedTuple):
    """The pieces of a word."""

    ids: list[int]
    spans: list[tuple[int, int]]
    """Characters into the word under the model's rules of case and accents."""
    length: int
    """Characters of the word under these rules."""


class Encoder:
    """Cuts text into a model's ids.

    Args:
        tokenizer: of the model.
        special_ids: of its vocabulary.
        config: lengths.
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
        """Texts, or pairs of them, with a target each.

        Args:
            first: texts.
            second: of each, its other; empty for texts alone.
            targets: [N].

        Returns:
            The features, how many examples were cut (of a pair, the longer text loses
            its end first), and how many have a text without a token.
        """
        if not len(second):
            texts, room = self.tokenize(first), self.config.max_seq_length - 2
            cut, empty = sum(len(ids) > room for ids in texts), texts.count([])
            features = self.framed([(ids[:room], None) for ids in texts], targets)
            return features, cut, empty
        rows: list[tuple[list[int], list[int] | None]] = []
        cut, empty, room = 0, 0, self.config.max_seq_length - 3
        pairs = zip(self.tokenize(first), self.tokenize(second), strict=True)
        for ours, theirs in pairs:
            kept = _fitting(len(ours), len(theirs), room)
            cut += sum(kept) < len(ours) + len(theirs)
            empty += not ours or not theirs
            rows.append((ours[: kept[0]], theirs[: kept[1]]))
        return self.framed(rows, targets), cut, empty

    def words(
        self, sentences: Sequence[Sentence], label_ids: Sequence[Sequence[int]]
    ) -> tuple[Features, list[list[tuple[int, int]]]]:
        """Sentences of words with a target at the first piece of each.

        A sentence that is longer than the model goes on in further rows.

        Args:
            sentences: words.
            label_ids: of each word.

        Returns:
            The features, and of each sentence's words the row and place of their
            first piece.
        """
        words = [word for sentence in sentences for word in sentence.words]
        pieces = iter(self.tokenize(words))
        special, room = self._special, self.config.max_seq_length - 2
        rows: list[list[int]] = []
        targets: list[list[int]] = []
        places: list[list[tuple[int, int]]] = []
        for sentence, labels in zip(sentences, label_ids, strict=True):
            rows.append([special.cls])
            targets.append([NO_TARGET])
            found = []
            for _, label in zip(sentence.words, labels, strict=True):
                # A word that is nothing to the tokenizer, as a control character.
                ids = next(pieces)[:room] or [special.unk]
                if len(rows[-1]) - 1 + len(ids) > room:
                    rows.append([special.cls])
                    targets.append([NO_TARGET])
                found.append((len(rows) - 1, len(rows[-1])))
                rows[-1] += ids
                targets[-1] += [label] + [NO_TARGET] * (len(ids) - 1)
            places.append(found)
        rows = [[*row, special.sep] for row in rows]
        targets = [[*row, NO_TARGET] for row in targets]
        segments = [[0] * len(row) for row in rows]
        features = self._padded(rows, segments, np.zeros(0))
        padded = _pad(targets, features.ids_NS.shape[1], NO_TARGET)
        return features._replace(targets=padded), places

    def framed(
        self, rows: Sequence[tuple[list[int], list[int] | None]], targets: np.ndarray
    ) -> Features:
        """[CLS] first [SEP], and, where there is a second, second [SEP].

        Args:
            rows: ids of the first text and of the second one, that fit.
            targets: of each row.
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
        """Ids of each text, without specials."""
        return self._tokenizer.tokenize(tf.constant(list(texts), "string")).to_list()

    def tokenize_in_place(self, words: Sequence[str]) -> list[Placed]:
        """Ids of each word, and where in it they stand."""
        words_N = tf.constant(list(words), "string")
        ids, starts, ends = self._tokenizer.tokenize_with_offsets(words_N)
        normalized_N = self._tokenizer.normalize(words_N)
        lengths_N = tf.strings.length(normalized_N, "UTF8_CHAR").numpy()
        rows = (values.to_list() for values in (ids, starts, ends))
        return [
            Placed(word, list(zip(first, last, strict=True)), int(length))
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
    """Lengths of two texts that fit: the longer one gives way."""
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
