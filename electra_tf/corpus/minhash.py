"""Estimates how similar documents are: MinHash signatures, and bands that find pairs.

A document is the set of its word trigrams, ignoring case, white space and punctuation.
The similarity of two documents is Jaccard's: shared trigrams over all. Trigrams forgive
more than longer n-grams: where one word of ten is replaced, the similarity is 0.57,
with 5-grams 0.42. rensa computes the 128 minima of a signature. Two documents are
compared if they agree in one of 32 bands of 4 minima, which 87 % of the pairs with a
similarity of 0.5 do, and 99 % with 0.6. benchmarks/near_duplicates.py measures both.

Shape letters: D documents, P permutations, B bands, R minima of a band, W words,
U bytes, N rows.
"""

import functools
from collections.abc import Sequence

import numpy as np
import rensa

from electra_tf.corpus import hashing

PERMUTATIONS = 128
"""The standard deviation of an estimated similarity is 0.04 at most."""
BANDS = 32
WORDS = 3
"""Words per n-gram. After the last word come two empty ones, so that short documents
have n-grams, too."""

_PAIRS_AT_ONCE = 125_000
_SEED = 1
_BASE = 0x9E3779B97F4A7C15
"""Base of the polynomial that hashes a word; odd, so it has an inverse modulo 2^64."""
_WORD_BYTES = np.array(
    [byte >= 128 or chr(byte).isalnum() for byte in range(256)], np.bool_
)
"""Which bytes of UTF-8 belong to words; `_words` excludes non-ASCII punctuation."""


def signatures(documents: Sequence[Sequence[str]]) -> np.ndarray:
    """The signatures of documents, each a list of lines: uint32 [D, P].

    All documents without a single word have the same one.
    """
    hashes, ends_D = _ngrams(documents)
    matrix = rensa.RMinHash.digest_matrix_from_flat_token_hashes(
        hashes, [0, *ends_D.tolist()], PERMUTATIONS, _SEED
    )
    rows = np.array(matrix.to_rows(), np.uint32)
    return rows.reshape(len(documents), PERMUTATIONS)


def bands(signatures_DP: np.ndarray) -> np.ndarray:
    """A hash for each band of each document: uint64 [D, B]."""
    minima_DBR = signatures_DP.reshape(-1, BANDS, PERMUTATIONS // BANDS)
    hash_DB = np.broadcast_to(
        np.arange(BANDS, dtype=np.uint64), [len(minima_DBR), BANDS]
    )
    for row in range(minima_DBR.shape[2]):
        hash_DB = hashing.mixed(hash_DB * np.uint64(_BASE) + minima_DBR[:, :, row])
    return hash_DB


def similarity(a_NP: np.ndarray, b_NP: np.ndarray) -> np.ndarray:
    """Estimated similarity of the documents of two signatures, row by row: [N]."""
    return (a_NP == b_NP).mean(axis=1)


def are_near(
    signatures_DP: np.ndarray, a_N: np.ndarray, b_N: np.ndarray, threshold: float
) -> np.ndarray:
    """Whether the similarity of pairs of documents reaches a threshold: bool [N].

    Args:
        signatures_DP: of all documents; may be mapped from a file.
        a_N: index of the first document of each pair.
        b_N: index of the second.
        threshold: similarity from 0 to 1.
    """
    chunks = [
        similarity(signatures_DP[a_N[chunk]], signatures_DP[b_N[chunk]]) >= threshold
        for start in range(0, len(a_N), _PAIRS_AT_ONCE)
        for chunk in [slice(start, start + _PAIRS_AT_ONCE)]
    ]
    return np.concatenate([np.zeros(0, bool), *chunks])


def pairs(hashes_N: np.ndarray, orders_N: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of documents to compare, among those that share a band.

    Each is paired with the first one that has its hash, and with the one before it; so
    the cost is linear where thousands share a band.

    Args:
        hashes_N: hashes of bands.
        orders_N: orders of the documents that have these bands.

    Returns:
        Orders of the later and of the earlier documents.
    """
    by_hash_N = np.lexsort([orders_N, hashes_N])
    hashes_N, orders_N = hashes_N[by_hash_N], orders_N[by_hash_N]
    is_first_N = np.ones(len(hashes_N), bool)
    is_first_N[1:] = hashes_N[1:] != hashes_N[:-1]
    firsts_N = np.maximum.accumulate(np.where(is_first_N, np.arange(len(hashes_N)), 0))
    later = np.flatnonzero(~is_first_N)
    # The second one's first is the one before it.
    third = later[firsts_N[later] < later - 1]
    indices = np.concatenate(
        [np.stack([later, firsts_N[later]]), [third, third - 1]], 1
    )
    return orders_N[indices[0]], orders_N[indices[1]]


def _ngrams(documents: Sequence[Sequence[str]]) -> tuple[np.ndarray, np.ndarray]:
    """Hashes of all n-grams, document by document, and where each document ends."""
    texts = ["\n".join([*lines, ""]).lower().encode() for lines in documents]
    bytes_U = np.frombuffer(b"".join(texts), np.uint8)
    starts_W, ends_W = _words(bytes_U)
    powers, inverses = _powers(len(bytes_U))
    # The hash of bytes from a to b is their share of the sum, moved to the beginning.
    sums = np.concatenate(
        [[np.uint64(0)], np.cumsum((bytes_U + np.uint64(1)) * powers)]
    )
    hashes_W = hashing.mixed((sums[ends_W] - sums[starts_W]) * inverses[starts_W])

    ends_D = np.searchsorted(starts_W, np.cumsum([len(text) for text in texts]))
    # The number of words that a document has from this one on.
    left_W = np.repeat(ends_D, np.diff(ends_D, prepend=0)) - np.arange(len(hashes_W))
    ngrams_W = hashes_W
    for place in range(1, WORDS):
        following_W = np.concatenate([hashes_W[place:], np.zeros(place, np.uint64)])
        following_W = np.where(
            left_W > place, following_W[: len(hashes_W)], np.uint64(0)
        )
        ngrams_W = hashing.mixed(ngrams_W * np.uint64(_BASE) + following_W)
    return ngrams_W, ends_D


def _words(bytes_U: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where the words of UTF-8 text begin and end."""
    is_word_U = _WORD_BYTES[bytes_U]
    # U+0080 to U+00BF: « » ¿ ¡ and the like. U+2000 to U+2FFF: dashes, quotation marks.
    for lead, size in ((0xC2, 2), (0xE2, 3)):
        (at,) = np.nonzero(bytes_U == lead)
        for place in range(size):
            is_word_U[at + place] = False
    edges_U = np.diff(is_word_U.astype(np.int8), prepend=0, append=0)
    return np.flatnonzero(edges_U == 1), np.flatnonzero(edges_U == -1)


def _powers(count: int) -> tuple[np.ndarray, np.ndarray]:
    """The first powers of `_BASE` and of its inverse, modulo 2^64."""
    size = 1 << max(20, count.bit_length())  # Computed once for nearly all blocks.
    powers, inverses = _power_tables(size)
    return powers[:count], inverses[: count + 1]


@functools.lru_cache(maxsize=1)
def _power_tables(size: int) -> tuple[np.ndarray, np.ndarray]:
    bases = (_BASE, pow(_BASE, -1, 1 << 64))
    factors = (np.full(size, base, np.uint64) for base in bases)
    powers, inverses = (np.cumprod(factor) for factor in factors)
    return powers, inverses
