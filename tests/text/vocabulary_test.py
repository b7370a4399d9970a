"""A vocabulary is checked when it is read, and learnt the same every time."""

import pathlib
import subprocess
import sys

import pytest

from electra_tf.text import wordpiece
from electra_tf.text.vocabulary import SPECIAL_PIECES, TextRules, Vocabulary

LINES = [
    "El zorro rojo salta sobre el perro perezoso.",
    "¿Dónde está la biblioteca de Alejandría, señor Muñoz?",
    "Los zorros saltan; las zorras saltaban. ¡Qué saltos!",
    "En 1605 se publicó el Quijote: 2 partes, 126 capítulos.",
    "日本 y 😀 en una línea",
] * 4


def learn(text_rules: TextRules = TextRules(), size: int = 150) -> Vocabulary:
    return wordpiece.learn(LINES, size, text_rules)


def test_a_saved_vocabulary_loads_as_the_same(tmp_path):
    path = str(tmp_path / "vocab.txt")
    saved = learn()
    saved.save(path)
    loaded = Vocabulary.load(path)
    assert loaded == saved
    assert loaded.hash == saved.hash
    assert loaded.fingerprint(TextRules()) == saved.fingerprint(TextRules())


def test_the_fingerprint_depends_on_the_text_rules_and_on_the_order_of_pieces():
    saved = learn()
    swapped = Vocabulary((*saved.pieces[:-2], saved.pieces[-1], saved.pieces[-2]))
    fingerprints = {
        saved.fingerprint(TextRules()),
        saved.fingerprint(TextRules(lowercase=False)),
        saved.fingerprint(TextRules(strip_accents=True)),
        swapped.fingerprint(TextRules()),
    }
    assert len(fingerprints) == 4


def test_special_ids_come_from_the_file_whatever_their_place(tmp_path):
    path = tmp_path / "vocab.txt"
    path.write_bytes(b"a\r\n[MASK]\r\n[SEP]\r\n[PAD]\r\n[CLS]\r\nb\r\n[UNK]")
    ids = Vocabulary.load(str(path)).special_ids
    assert ids == (3, 6, 4, 2, 1)
    assert ids.mask == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[PAD]\n[UNK]\n[CLS]\na\n", r"no \[SEP\], \[MASK\]"),
        (
            b"[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nb\na\nb\n",
            "'b' twice, on lines 6 and 8",
        ),
        (b"[PAD]\n[UNK]\n\n[CLS]\n[SEP]\n[MASK]\n", "Line 3 .* is empty"),
        (b"[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\xf1o\n", "byte 0xf1 on line 6"),
        (b"", "Line 1 .* is empty"),
    ],
    ids=["missing", "duplicate", "empty line", "not UTF-8", "empty file"],
)
def test_a_broken_file_is_refused_with_its_place(tmp_path, content, message):
    path = tmp_path / "vocab.txt"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as error:
        Vocabulary.load(str(path))
    assert str(path) in str(error.value)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ValueError, match="There is no vocabulary file"):
        Vocabulary.load(str(tmp_path / "vocab.txt"))


def test_another_process_learns_the_same_pieces_in_the_same_order():
    program = (
        "from tests.text import vocabulary_test\nprint(vocabulary_test.learn().hash)"
    )
    printed = subprocess.run(
        [sys.executable, "-c", program],
        cwd=pathlib.Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert printed.strip() == learn().hash == learn().hash


def test_special_pieces_come_first_in_a_learnt_vocabulary():
    learnt = learn()
    assert learnt.pieces[:5] == SPECIAL_PIECES
    assert len(learnt) == 150
    assert "el" in learnt.ids and "á" in learnt.ids


def test_a_small_corpus_yields_fewer_pieces_than_asked():
    assert len(learn(size=10_000)) < 1000


def test_a_vocabulary_smaller_than_the_alphabet_is_refused():
    with pytest.raises(ValueError, match="20 pieces is too small.*Raise --vocab_size"):
        learn(size=20)


def test_nothing_is_learnt_from_no_text():
    with pytest.raises(ValueError, match="no text"):
        wordpiece.learn(["", "  "], 100, TextRules())


@pytest.mark.parametrize("lowercase", [False, True])
@pytest.mark.parametrize("strip_accents", [False, True])
def test_every_learnt_piece_is_reachable(lowercase, strip_accents):
    text_rules = TextRules(lowercase, strip_accents)
    learnt = learn(text_rules, size=400)
    assert wordpiece.unreachable(learnt, text_rules) == []


def test_pieces_that_the_rules_or_longer_pieces_forbid_are_unreachable():
    pieces = ["a", "##b", "Casa", "año", "a b", "##.", "a.", "日本", "##", "##ñ", "c"]
    vocab = Vocabulary((*SPECIAL_PIECES, *pieces))
    assert wordpiece.unreachable(vocab, TextRules(strip_accents=True)) == [
        "Casa", "año", "a b", "##.", "a.", "日本", "##", "##ñ",
    ]  # fmt: skip


def test_a_piece_is_reachable_if_only_after_a_longer_beginning():
    # "ab" and "cb" are pieces themselves, but "abb" is "ab", "##b".
    vocab = Vocabulary((*SPECIAL_PIECES, "a", "c", "##b", "ab", "cb"))
    assert wordpiece.unreachable(vocab, TextRules()) == []
