"""A WordPiece vocabulary: loading and checking it; the text rules that go with it."""

import dataclasses
import functools
import hashlib
import json

import numpy as np
import tensorflow as tf

from electra_tf import files
from electra_tf.batch import SpecialIds

SPECIAL_PIECES = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
SUFFIX_INDICATOR = "##"
"""Prefix of a piece that continues a word."""
MAX_WORD_CHARACTERS = 100
"""Longest word that is cut into pieces; a longer one is a single [UNK], as in Hugging
Face tokenizers (the reference has 200)."""


@dataclasses.dataclass(frozen=True)
class TextRules:
    """Changes made to a text, beyond BERT's cleaning, before it is cut into pieces.

    The accents of Spanish carry meaning (año, ano), so they are kept by default.
    """

    lowercase: bool = True
    strip_accents: bool = False

    def __str__(self) -> str:
        case = "lower-cased" if self.lowercase else "cased"
        return f"{case}, accents {'stripped' if self.strip_accents else 'kept'}"


@dataclasses.dataclass(frozen=True)
class Vocabulary:
    """The pieces of a WordPiece vocabulary; a piece's id is its index."""

    pieces: tuple[str, ...]

    def __post_init__(self):
        first_lines: dict[str, int] = {}
        for line, piece in enumerate(self.pieces, 1):
            if not piece:
                raise ValueError(
                    f"Line {line} of the vocabulary is empty, but each of its "
                    f"{len(self.pieces)} lines must be a piece: delete the line."
                )
            if piece in first_lines:
                raise ValueError(
                    f"The vocabulary has {piece!r} twice, on lines "
                    f"{first_lines[piece]} and {line}, and a piece can have one id "
                    "only: replace the second, e.g. by [unused1]."
                )
            first_lines[piece] = line
        missing = [piece for piece in SPECIAL_PIECES if piece not in first_lines]
        if missing:
            raise ValueError(
                f"The vocabulary of {len(self.pieces)} pieces has no "
                f"{', '.join(missing)}, but needs {', '.join(SPECIAL_PIECES)}: add "
                "one line for each, or learn a vocabulary with prepare.py."
            )

    @classmethod
    def load(cls, path: str) -> "Vocabulary":
        """Reads a file of one piece per line.

        Raises:
            ValueError: there is no such file, it isn't UTF-8, a special piece is
                missing, or a piece is empty or repeated.
        """
        if not tf.io.gfile.exists(path) or tf.io.gfile.isdir(path):
            raise ValueError(
                f"There is no vocabulary file {path}: give the path of a vocab.txt, "
                "or learn one with prepare.py --vocab_size."
            )
        with tf.io.gfile.GFile(path, "rb") as file:
            data = file.read()
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise ValueError(
                f"{path} is not UTF-8: byte {data[error.start]:#04x} on line {line} "
                "is invalid. Save the file as UTF-8."
            ) from error
        lines = text.removesuffix("\n").split("\n")
        try:
            return cls(tuple(line.removesuffix("\r") for line in lines))
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None

    def save(self, path: str) -> None:
        """Writes one piece per line."""
        files.write(path, self._content.decode())

    @property
    def _content(self) -> bytes:
        return "".join(f"{piece}\n" for piece in self.pieces).encode()

    def __len__(self) -> int:
        return len(self.pieces)

    @functools.cached_property
    def ids(self) -> dict[str, int]:
        """The id of each piece."""
        return {piece: index for index, piece in enumerate(self.pieces)}

    @property
    def continues_V(self) -> np.ndarray:
        """Whether each piece continues a word, bool [V]."""
        return np.array([piece.startswith(SUFFIX_INDICATOR) for piece in self.pieces])

    @functools.cached_property
    def special_ids(self) -> SpecialIds:
        """The ids of [PAD], [UNK], [CLS], [SEP] and [MASK]."""
        return SpecialIds(*(self.ids[piece] for piece in SPECIAL_PIECES))

    @functools.cached_property
    def hash(self) -> str:
        """SHA-256 of the file that `save` writes."""
        return hashlib.sha256(self._content).hexdigest()

    def fingerprint(self, text_rules: TextRules) -> str:
        """16 hexadecimal digits that identify this vocabulary under these rules."""
        rules = json.dumps(dataclasses.asdict(text_rules), sort_keys=True)
        return hashlib.sha256(f"{self.hash} {rules}".encode()).hexdigest()[:16]
