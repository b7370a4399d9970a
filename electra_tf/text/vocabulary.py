"""A WordPiece vocabulary: learn, load, check; the text rules that go with it."""

import dataclasses
import functools
import hashlib
import json
from collections import Counter
from collections.abc import Iterable

import numpy as np
import tensorflow as tf
import tokenizers
from tokenizers import models, normalizers, pre_tokenizers, trainers

from electra_tf import files
from electra_tf.batch import SpecialIds

SPECIAL_PIECES = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
SUFFIX_INDICATOR = "##"
"""Before a piece that continues a word."""
MAX_WORD_CHARACTERS = 100
"""A longer word is one [UNK], as in Hugging Face tokenizers (the reference: 200)."""
ALPHABET_SIZE = 1000
"""Characters, the most frequent ones, that a learnt vocabulary starts from."""


@dataclasses.dataclass(frozen=True)
class TextRules:
    """What is done to a text before it is cut into pieces, beyond BERT's cleaning.

    The accents of Spanish carry meaning (año, ano), so they are kept by default.
    """

    lowercase: bool = True
    strip_accents: bool = False

    def __str__(self) -> str:
        case = "lower-cased" if self.lowercase else "cased"
        return f"{case}, accents {'stripped' if self.strip_accents else 'kept'}"


@dataclasses.dataclass(frozen=True)
class Vocabulary:
    """The pieces of a WordPiece vocabulary; a piece's id is its place."""

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
            ValueError: there is no such file, it isn't UTF-8, a piece is missing,
                empty or there twice.
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
        """Bool, whether a piece continues a word."""
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
        """16 hexadecimal digits that name this vocabulary under these rules."""
        rules = json.dumps(dataclasses.asdict(text_rules), sort_keys=True)
        return hashlib.sha256(f"{self.hash} {rules}".encode()).hexdigest()[:16]


def learn(lines: Iterable[str], size: int, text_rules: TextRules) -> Vocabulary:
    """Learns a WordPiece vocabulary; the same lines give the same one.

    The trainer of Hugging Face numbers the pieces "##x" in the order of a randomised
    hash map and breaks ties between merges by these numbers, so that left alone it
    learns another vocabulary each time. It keeps the order of the pieces it is given
    as special: so the alphabet is counted here and passed that way.

    Args:
        lines: any pieces of text; iterated twice, so not an iterator.
        size: pieces to learn; a small corpus may yield fewer.
        text_rules: what is done to the lines before.

    Returns:
        The special pieces, the alphabet as beginnings and as continuations of words,
        then the learnt pieces, the most frequent pairs first.

    Raises:
        ValueError: there is no text, or size is too small for the alphabet.
    """
    assert iter(lines) is not lines, "lines are iterated twice"
    given = [*SPECIAL_PIECES, *_alphabet(lines, text_rules)]
    if len(given) == len(SPECIAL_PIECES):
        raise ValueError(
            "The corpus has no text to learn a vocabulary from: check the files that "
            "--corpus names, or give a vocabulary with --vocab."
        )
    if size < len(given):
        raise ValueError(
            f"A vocabulary of {size} pieces is too small: the special pieces and the "
            f"alphabet of this corpus alone are {len(given)}. Raise --vocab_size."
        )
    trainer = trainers.WordPieceTrainer(
        vocab_size=size, special_tokens=given, limit_alphabet=0, show_progress=False
    )
    tokenizer = tokenizers.Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = _word_stages(text_rules)
    tokenizer.train_from_iterator(lines, trainer)
    ids = tokenizer.get_vocab()
    return Vocabulary(tuple(sorted(ids, key=ids.__getitem__)))


def unreachable(vocabulary: Vocabulary, text_rules: TextRules) -> list[str]:
    """The pieces, special ones aside, that no text can produce under the rules.

    A piece that begins a word must come out of the normalisation as it is, as one
    word. A piece that continues one must do so after some other piece, where the
    longest match doesn't take a part of it.
    """
    pieces = vocabulary.ids.keys() - set(SPECIAL_PIECES)
    beginnings = [piece for piece in pieces if not piece.startswith(SUFFIX_INDICATOR)]
    beginnings = [piece for piece in beginnings if _is_word(piece, text_rules)]
    # Short ones first: almost every continuation is reached after some single letter.
    beginnings.sort(key=lambda piece: (len(piece), piece))
    known = set(beginnings)

    def continues(rest: str, start: str) -> bool:
        longer_matches = (start + rest[:end] for end in range(1, len(rest) + 1))
        return (
            not any(match in known for match in longer_matches)
            and len(start + rest) <= MAX_WORD_CHARACTERS
            and _is_word(start + rest, text_rules)
        )

    def reachable(piece: str) -> bool:
        if not piece.startswith(SUFFIX_INDICATOR):
            return piece in known
        rest = piece.removeprefix(SUFFIX_INDICATOR)
        if not rest or not _is_word("a" + rest, text_rules):
            return False
        return any(continues(rest, start) for start in beginnings)

    return [
        piece
        for piece in vocabulary.pieces
        if piece in pieces - known and not reachable(piece)
    ]


@functools.cache
def _word_stages(
    text_rules: TextRules,
) -> tuple[normalizers.Normalizer, pre_tokenizers.PreTokenizer]:
    """Hugging Face's stages of a BERT tokenizer from text to words."""
    normalizer = normalizers.BertNormalizer(
        lowercase=text_rules.lowercase, strip_accents=text_rules.strip_accents
    )
    return normalizer, pre_tokenizers.BertPreTokenizer()


def _is_word(text: str, text_rules: TextRules) -> bool:
    """Whether a text comes out of the stages as one word, unchanged."""
    normalizer, pre_tokenizer = _word_stages(text_rules)
    words = pre_tokenizer.pre_tokenize_str(normalizer.normalize_str(text))
    return [word for word, _ in words] == [text] and len(text) <= MAX_WORD_CHARACTERS


def _alphabet(lines: Iterable[str], text_rules: TextRules) -> list[str]:
    """The most frequent characters, and "##x" of those that can continue a word."""
    normalizer, _ = _word_stages(text_rules)
    counts: Counter[str] = Counter()
    for line in lines:
        counts.update(line)
    normalized: Counter[str] = Counter()
    for character, count in counts.items():
        for result in normalizer.normalize_str(character).replace(" ", ""):
            normalized[result] += count
    by_frequency = sorted(normalized, key=lambda result: (-normalized[result], result))
    alphabet = sorted(by_frequency[:ALPHABET_SIZE])
    continuing = [x for x in alphabet if _is_word("a" + x, text_rules)]
    return alphabet + [SUFFIX_INDICATOR + x for x in continuing]
