"""Learning a WordPiece vocabulary, and its pieces that no text can produce."""

import functools
from collections import Counter
from collections.abc import Iterable

import tokenizers
from tokenizers import models, normalizers, pre_tokenizers, trainers

from electra_tf.text.vocabulary import (
    MAX_WORD_CHARACTERS,
    SPECIAL_PIECES,
    SUFFIX_INDICATOR,
    TextRules,
    Vocabulary,
)

ALPHABET_SIZE = 1000
"""Number of the most frequent characters that a learnt vocabulary starts from."""


def learn(lines: Iterable[str], size: int, text_rules: TextRules) -> Vocabulary:
    """Learns a WordPiece vocabulary; the same lines give the same one.

    The trainer of Hugging Face numbers the pieces "##x" in the order of a randomised
    hash map and breaks ties between merges by these numbers, so that by itself it
    learns another vocabulary each time. But it keeps the order of special pieces: the
    alphabet is counted here and passed as such.

    Args:
        lines: any parts of a text; iterated twice, so not an iterator.
        size: number of pieces; a small corpus may yield fewer.
        text_rules: rules applied to the lines.

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
    """Pieces, special ones aside, that no text can produce under the rules.

    A piece that begins a word is reachable if normalisation leaves it as it is, as one
    word. One that continues a word is reachable if it can follow some other piece
    without the longest match taking a part of it.
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
    """Hugging Face's stages of a BERT tokenizer that cut a text into words."""
    normalizer = normalizers.BertNormalizer(
        lowercase=text_rules.lowercase, strip_accents=text_rules.strip_accents
    )
    return normalizer, pre_tokenizers.BertPreTokenizer()


def _is_word(text: str, text_rules: TextRules) -> bool:
    """Whether the stages leave a text as it is, as one word."""
    normalizer, pre_tokenizer = _word_stages(text_rules)
    words = pre_tokenizer.pre_tokenize_str(normalizer.normalize_str(text))
    return [word for word, _ in words] == [text] and len(text) <= MAX_WORD_CHARACTERS


def _alphabet(lines: Iterable[str], text_rules: TextRules) -> list[str]:
    """The most frequent characters, and "##x" for those that can continue a word."""
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
