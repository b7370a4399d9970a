"""Labelled words are read from the columns that shared tasks use."""

import pathlib

import pytest

from electra_tf.labelled import tokens
from electra_tf.labelled.tokens import Sentence

CONLL_U = """# text = Vámonos al mar
1-2\tVámonos\t_\t_\t_\t_\t_\t_\t_\t_
1\tVamos\tir\tVERB\t_\t_\t0\troot\t_\t_
2\tnos\tyo\tPRON\t_\t_\t1\tobj\t_\t_
2.1\tvacío\t_\tX\t_\t_\t_\t_\t_\t_
3\t10 000\t10000\tNUM\t_\t_\t1\tobl\t_\t_

"""


def write(directory: pathlib.Path, content: str, name: str = "file.txt") -> str:
    path = directory / name
    path.write_bytes(content.encode())
    return str(path)


def test_sentences_end_with_blank_lines(tmp_path):
    path = write(tmp_path, "-DOCSTART- -X- O\n\nEl DA O\r\nser VS B-X\n \n\nla\tDA\tO")
    assert tokens.read(path) == [
        Sentence(("El", "ser"), ("O", "B-X")),
        Sentence(("la",), ("O",)),
    ]
    assert tokens.read(path, 0, 1)[0].labels == ("DA", "VS")
    assert tokens.read(path, -2, 0)[0] == Sentence(("DA", "VS"), ("El", "ser"))


def test_words_of_conll_u_are_neither_multiword_nor_empty(tmp_path):
    path = write(tmp_path, CONLL_U, "file.conllu")
    assert tokens.read(path) == [
        Sentence(("Vamos", "nos", "10 000"), ("VERB", "PRON", "NUM"))
    ]


def test_a_sentence_is_the_same_in_any_document(tmp_path):
    path = write(tmp_path, "el O\n\n\nel O\n\n")
    first, second = tokens.read(path)
    assert (first.document, second.document) == ((path, 0), (path, 1))
    assert first == second and hash(first) == hash(second)
    # It is part of the note beside a run, which older versions wrote so.
    assert repr(first) == "Sentence(words=('el',), labels=('O',))"


def test_a_document_begins_at_its_mark_and_nowhere_else(tmp_path):
    for name, content, documents in (
        ("a.x", "el O\n\n-DOCSTART- O\n\nla O\n\n\nro O\n", [0, 1, 1]),
        ("b.x", "\n\nel O\n\nla O\n\n\n\nro O\n\n\n", [1, 1, 3]),
        ("c.x", "-DOCSTART- O\n\nel O\n\nla O\n\n\n", [None, None]),
        ("d.x", "el O\n\nla O\n", [None, None]),
        ("e.x", "-DOCSTART-x O\n\nla O\n", [None, None]),
    ):
        found = [one.document for one in tokens.read(write(tmp_path, content, name))]
        assert [one and one[1] for one in found] == documents, name


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        ("el O\nser\n", "f.txt", "line 2 is 'ser', which has 1, not 2, columns"),
        ("el\nser\n", "f.txt", "line 1 is 'el', which has too few columns"),
        ("el DA O\nser VS\n", "f.txt", "line 2 is 'ser VS', which has 2, not 3, col"),
        (
            "el O\nNueva York O\n",
            "f.txt",
            "'Nueva York O', which has 3, not 2, columns",
        ),
        ("1\tel\n", "f.conllu", "line 1 is .* has 2, not 10, columns"),
        ("2 el él PRON _ _ 0 root _ _\n", "f.conllu", "has 1, not 10, columns"),
        ("x\tel" + "\t_" * 8 + "\n", "f.conllu", "no number, no form or no UPOS"),
        ("1\tel" + "\t_" * 8 + "\n", "f.conllu", "no number, no form or no UPOS"),
        ("1\t\t_\tDET" + "\t_" * 6, "f.conllu", "no number, no form or no UPOS"),
        ("\n \n", "f.txt", "has no sentence"),
        ("# only a comment\n", "f.conllu", "has no sentence"),
    ],
)
def test_lines_that_are_no_labelled_words_are_refused(tmp_path, content, name, message):
    with pytest.raises(ValueError, match=message):
        tokens.read(write(tmp_path, content, name))


@pytest.mark.parametrize("wanted", [(0, 1), (1, 2)])
def test_an_empty_word_or_label_is_refused(tmp_path, wanted):
    path = write(tmp_path, "el\tDA\tO\nser\t\tO\n")
    assert tokens.read(path, 0, 2)[0].words == ("el", "ser")
    with pytest.raises(ValueError, match="line 2 is .* an empty word or label"):
        tokens.read(path, *wanted)


def test_other_blanks_are_part_of_a_word(tmp_path):
    path = write(tmp_path, "10\u00a0000\tNUM\tO\n10 000 \t NUM\tO \nel  DA   O\n")
    (sentence,) = tokens.read(path, 0, 1)
    words = ("10\u00a0000", "10 000", "el")
    assert sentence == Sentence(words, ("NUM", "NUM", "DA"))
