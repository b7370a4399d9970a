"""Signatures estimate similarity, and bands bring together what is similar."""

import itertools
import random

import numpy as np
import pytest
from hypothesis import given, strategies

from electra_tf.corpus import minhash

GOLDEN = [29577923, 3415075553, 3263835990, 3494407582]
FOX = ["El zorro rojo salta sobre el perro.", "Y después se va a su casa."]


def trigrams(words: list[str]) -> set[tuple[str, ...]]:
    padded = [*words, "", ""]
    return {tuple(padded[i : i + 3]) for i in range(len(words))}


def test_signatures_are_the_same_on_every_machine_and_with_every_library():
    """Else a build that continues after an update would not find what it surveyed."""
    made = minhash.signatures([FOX])
    assert made.dtype == np.uint32 and made.shape == (1, 128)
    assert made[0, :4].tolist() == GOLDEN


@pytest.mark.parametrize(
    "other",
    [
        ["EL ZORRO ROJO SALTA SOBRE EL PERRO Y DESPUÉS SE VA A SU CASA"],
        [
            "«El zorro rojo» —salta…  sobre el perro—.",
            "",
            "¿Y después se va a su casa?",
        ],
    ],
)
def test_case_white_space_and_punctuation_make_no_difference(other):
    made = minhash.signatures([FOX, other])
    np.testing.assert_array_equal(made[0], made[1])


def test_neighbours_make_no_difference():
    """Documents are hashed together, but no trigram spans two of them."""
    texts = [FOX, ["hola"], ["hola y adiós"], ["... !"], ["año 1905"], FOX[:1]]
    together = minhash.signatures(texts)
    for text, signature in zip(texts, together, strict=True):
        np.testing.assert_array_equal(minhash.signatures([text])[0], signature)
    # All of them have different words.
    assert len({tuple(row) for row in together.tolist()}) == len(texts)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.6])
def test_the_estimate_is_near_the_similarity_of_jaccard(share):
    generator = random.Random(share)
    words = [f"palabra{generator.randrange(2000)}" for _ in range(800)]
    copy = [w if generator.random() >= share else "otra" for w in words]
    a, b = trigrams(words), trigrams(copy)
    made = minhash.signatures([[" ".join(words)], [" ".join(copy)]])
    estimate = minhash.similarity(made[:1], made[1:])[0]
    # Three standard deviations of the mean of 128 draws, 0.044 each at most.
    assert abs(estimate - len(a & b) / len(a | b)) <= 0.133


def test_equal_minima_in_different_bands_do_not_meet():
    bands_DB = minhash.bands(np.full([2, 128], 7, np.uint32))
    assert len(np.unique(bands_DB[0])) == minhash.BANDS
    np.testing.assert_array_equal(bands_DB[0], bands_DB[1])


@given(
    strategies.lists(
        strategies.tuples(strategies.integers(0, 4), strategies.integers(0, 99)),
        unique=True,
    )
)
def test_everyone_meets_the_first_and_the_one_before(rows):
    hashes_N, orders_N = np.array(rows, np.uint64).reshape(-1, 2).T
    expected = set()
    for number in {number for number, _ in rows}:
        bucket = sorted(order for other, order in rows if other == number)
        for before, order in itertools.pairwise(bucket):
            expected |= {(order, before), (order, bucket[0])}
    later, earlier = minhash.pairs(hashes_N, orders_N)
    assert {*zip(later.tolist(), earlier.tolist(), strict=True)} == expected


def test_no_document_has_no_signature():
    assert minhash.signatures([]).shape == (0, 128)
    assert minhash.bands(np.zeros([0, 128], np.uint32)).shape == (0, 32)
