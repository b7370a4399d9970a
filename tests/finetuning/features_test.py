"""Examples become ids and targets, and nothing of them is lost without a word."""

import numpy as np
import pytest

from electra_tf.finetuning import features
from electra_tf.finetuning.config import FinetuneConfig
from electra_tf.finetuning.features import NO_TARGET
from electra_tf.labelled.tokens import Sentence
from electra_tf.text.tokenizer import Tokenizer
from electra_tf.text.vocabulary import TextRules
from tests.interop.models import VOCABULARY

IDS = VOCABULARY.ids


def featurizer(max_seq_length: int) -> features.Featurizer:
    tokenizer = Tokenizer(VOCABULARY, TextRules())
    config = FinetuneConfig(max_seq_length=max_seq_length)
    return features.Featurizer(tokenizer, VOCABULARY.special_ids, config)


def pieces(row: np.ndarray) -> list[str]:
    return [VOCABULARY.pieces[i] for i in row]


def test_a_text_stands_between_cls_and_sep():
    targets = np.array([4])
    found, cut, empty = featurizer(16).texts(["El niño corre"], [], targets)
    assert pieces(found.ids_NS[0])[:6] == [
        "[CLS]",
        "el",
        "niño",
        "corre",
        "[SEP]",
        "[PAD]",
    ]
    assert found.mask_NS[0].sum() == 5
    assert found.segments_NS.sum() == 0
    assert found.targets is targets and (cut, empty) == (0, 0)


def test_the_second_text_of_a_pair_is_the_second_segment():
    found, cut, empty = featurizer(16).texts(
        ["el niño"], ["la niña corre"], np.zeros(1)
    )
    row = ["[CLS]", "el", "niño", "[SEP]", "la", "niña", "corre", "[SEP]"]
    assert pieces(found.ids_NS[0])[: len(row)] == row
    assert found.segments_NS[0].tolist() == [0] * 4 + [1] * 4 + [0] * 8
    assert (cut, empty) == (0, 0)


@pytest.mark.parametrize(
    ("first", "second", "room", "kept"),
    [
        (3, 4, 7, (3, 4)),
        (3, 9, 7, (3, 4)),
        (9, 3, 7, (4, 3)),
        (9, 9, 7, (3, 4)),
        (0, 9, 4, (0, 4)),
    ],
)
def test_the_longer_text_gives_way(first, second, room, kept):
    assert features._fitting(first, second, room) == kept


def test_a_text_that_is_cut_is_counted_and_keeps_its_sep():
    texts = ["la " * 30, "la"]
    found, cut, empty = featurizer(8).texts(texts, [], np.zeros(2))
    assert (cut, empty) == (1, 0)
    assert found.ids_NS.shape == (2, 8)
    assert pieces(found.ids_NS[0])[-1] == "[SEP]"


def test_a_word_s_label_stands_at_its_first_piece():
    # «rojo» is ro ##jo; a soft hyphen is nothing to the tokenizer.
    sentence = Sentence(("el", "rojo", "\u00ad", "corre"), ("A", "B", "C", "D"))
    found, places = featurizer(16).words([sentence], [[0, 1, 2, 3]])
    row = ["[CLS]", "el", "ro", "##jo", "[UNK]", "corre", "[SEP]"]
    assert pieces(found.ids_NS[0])[: len(row)] == row
    assert found.targets[0].tolist() == [NO_TARGET, 0, 1, NO_TARGET, 2, 3] + 10 * [
        NO_TARGET
    ]
    assert places == [[(0, 1), (0, 2), (0, 4), (0, 5)]]


def test_a_long_sentence_goes_on_in_further_rows():
    words = ("rojo", "el") * 5
    sentences = [Sentence(words, ("A",) * 10), Sentence(("la",), ("A",))]
    found, places = featurizer(6).words(sentences, [list(range(10)), [0]])
    # Four pieces fit: a word that doesn't is the first of the next row.
    assert len(found.ids_NS) == 6
    assert [row for row, _ in places[0]] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert places[1] == [(5, 1)]
    for number, (row, place) in enumerate(places[0]):
        assert found.targets[row, place] == number
