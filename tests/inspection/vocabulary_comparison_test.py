"""Counts of two vocabularies on a text, checked by hand."""

import pathlib

import pytest

from electra_tf.corpus import documents
from electra_tf.inspection import tables, vocabulary_comparison
from electra_tf.text.vocabulary import SPECIAL_PIECES, TextRules, Vocabulary


@pytest.fixture
def two(tmp_path) -> list[str]:
    paths = [str(tmp_path / "a.txt"), str(tmp_path / "b.txt")]
    Vocabulary((*SPECIAL_PIECES, "el", "gat", "##o", ".")).save(paths[0])
    Vocabulary((*SPECIAL_PIECES, "el", "un", "gato", ".", "Gato")).save(paths[1])
    return paths


def text(tmp_path: pathlib.Path, content: str) -> list[documents.Source]:
    (tmp_path / "text.txt").write_text(content)
    return documents.expand(str(tmp_path / "text.txt"))


def test_two_vocabularies_are_counted_on_the_same_text(tmp_path, two):
    sources = text(tmp_path, "El gato.\nUn gato\n\nel\n")
    result = vocabulary_comparison.compare(two, sources, 0, TextRules())
    a, b = result.vocabularies
    # el gat ##o . | [UNK] gat ##o | el; and el gato . | un gato | el
    assert (a.tokens, a.words, a.unknown_tokens) == (8, 6, 1)
    assert (b.tokens, b.words, b.unknown_tokens) == (6, 6, 0)
    assert (a.tokens_per_word, b.tokens_per_word) == (8 / 6, 1)
    assert (a.unknown, b.unknown) == (1 / 8, 0)
    assert result.characters == 15
    assert (a.characters_per_token, b.characters_per_token) == (15 / 8, 15 / 6)
    assert (a.pieces, b.pieces) == (9, 10)
    assert result.pieces_in_common == 5 + 2  # The special ones, "el" and ".".
    assert (a.unreachable, b.unreachable) == (0, 1)  # "Gato", lower-cased.
    assert [(cut.word, cut.times, cut.pieces) for cut in result.cut_words] == [
        ("gato", 2, (["gat", "##o"], ["gato"])),
        ("un", 1, (["[UNK]"], ["un"])),
    ]
    report = tables.vocabularies(result)
    assert "B makes 25.0% fewer tokens than A" in report
    assert "lower-cased, accents kept" in report


def test_the_text_rules_decide_what_is_compared(tmp_path, two):
    sources = text(tmp_path, "Gato\n")
    cased = vocabulary_comparison.compare(two, sources, 0, TextRules(lowercase=False))
    assert [counts.unknown for counts in cased.vocabularies] == [1, 0]


def test_a_limit_ends_the_reading(tmp_path, two):
    sources = text(tmp_path, "el gato\n\n" * 300_000)
    result = vocabulary_comparison.compare(two, sources, 100_000, TextRules())
    assert 90_000 < result.text_bytes < 2_000_000  # Blocks are of about a megabyte.


def test_what_cannot_be_compared_is_refused(tmp_path, two):
    sources = text(tmp_path, "el\n")
    with pytest.raises(ValueError, match="names 1 vocabularies.*compares 2"):
        vocabulary_comparison.compare(two[:1], sources, 0, TextRules())
    with pytest.raises(ValueError, match="no vocabulary file"):
        vocabulary_comparison.compare([two[0], "none.txt"], sources, 0, TextRules())
    with pytest.raises(ValueError, match="without a document"):
        vocabulary_comparison.compare(two, text(tmp_path, ""), 0, TextRules())
