"""Output of the signature `detect`, one `Detection` per text, and as a table."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from electra_tf.console import printable


class Word(NamedTuple):
    """A whole word or punctuation mark, with the detector's prediction."""

    text: str
    start: int
    """Character offset into the normalised text."""
    end: int
    """Character offset into the normalised text."""
    probability: float
    """Probability that the word was replaced: the highest of its tokens."""
    replaced: bool
    """Whether a token of it is predicted to be replaced."""


class Detection(NamedTuple):
    """The detector's output for a text; T tokens, without [CLS], [SEP] and padding."""

    normalized: str
    """The text after the model's rules of case and accents."""
    tokens_T: list[str]
    starts_T: np.ndarray
    """Int32, character offsets into `normalized`."""
    ends_T: np.ndarray
    """Int32, character offsets into `normalized`."""
    probabilities_T: np.ndarray
    """Float32, probability that the token was replaced."""
    replaced_T: np.ndarray
    """Int32, 1 if the token is predicted to be replaced."""
    truncated: bool
    """Whether the text was longer than the model's length, and its end cut off."""

    @property
    def words(self) -> list[Word]:
        """The tokens joined to words."""
        joined: list[Word] = []
        for i, token in enumerate(self.tokens_T):
            start, end = int(self.starts_T[i]), int(self.ends_T[i])
            probability = float(self.probabilities_T[i])
            replaced = bool(self.replaced_T[i])
            if joined and token.startswith("##"):
                last = joined.pop()
                start = last.start
                probability = max(last.probability, probability)
                replaced = last.replaced or replaced
            # The text's own characters: the token of an unknown word is [UNK].
            word = self.normalized[start:end]
            joined.append(Word(word, start, end, probability, replaced))
        return joined

    @property
    def mean(self) -> float:
        """Mean probability over the tokens."""
        return float(self.probabilities_T.mean())

    @property
    def maximum(self) -> float:
        """Highest probability of a token."""
        return float(self.probabilities_T.max())

    def maximum_within(self, spans: Sequence[tuple[int, int]]) -> float:
        """Highest probability of a token in spans of characters; nan if there is none.

        Args:
            spans: offsets of first and last + 1 character into `normalized`.
        """
        inside = [
            probability
            for start, end, probability in zip(
                self.starts_T, self.ends_T, self.probabilities_T, strict=True
            )
            if any(start < last and first < end for first, last in spans)
        ]
        return float(max(inside, default=np.nan))


def unpack(outputs: Mapping[str, tf.Tensor]) -> list[Detection]:
    """Splits the outputs of `detect` by text."""
    arrays = {name: tensor.numpy() for name, tensor in outputs.items()}
    detections = []
    for row, length in enumerate(arrays["length"]):
        inside = slice(1, length - 1)
        tokens = arrays["tokens"][row, inside]
        detections.append(
            Detection(
                arrays["normalized"][row].decode(),
                [token.decode("utf-8", "replace") for token in tokens],
                arrays["starts"][row, inside],
                arrays["ends"][row, inside],
                arrays["replaced_probability"][row, inside],
                arrays["replaced"][row, inside],
                bool(arrays["truncated"][row]),
            )
        )
    return detections


def table(detections: Sequence[Detection]) -> str:
    """Tokens above predictions (0 or 1) and probabilities, a block of lines per text.

    The published model card of ELECTRICIDAD shows them in this form.
    """
    blocks = []
    for detection in detections:
        rows = (
            [printable(token) for token in detection.tokens_T],
            detection.replaced_T,
            [f"{probability:.2f}" for probability in detection.probabilities_T],
        )
        width = max([6, *(len(token) + 2 for token in rows[0])])
        blocks.append(
            "\n".join("".join(f"{cell:>{width}}" for cell in row) for row in rows)
        )
    return "\n\n".join(blocks)
