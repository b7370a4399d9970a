"""Labelled text is read, and what is wrong with a file is named by line."""

import pathlib

import pytest

from electra_tf.zero_shot import tables
from electra_tf.zero_shot.tables import Sentence


@pytest.fixture
def write(tmp_path: pathlib.Path):
    def write(content: str | bytes) -> str:
        path = tmp_path / "file.tsv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write


def test_columns_are_found_by_name_and_rows_by_value(write):
    table = tables.read_table(
        write('\ufeffa\tb\tSplit\nuno "y\tdos\tdev\n\n\t2\ttrain\r\ntres\t4\tdev\n')
    )
    assert table.where([]).column("b") == ["dos", "2", "4"]
    kept = table.where(["Split=dev", "b=4"])
    assert kept.column("a") == ["tres"]
    assert kept.lines == (5,)
    assert table.where(["Split=dev"]).column("a") == ['uno "y', "tres"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a\tb\n1\t2\t3\n", r"line 2 has 3 columns, .* names 2 \(a, b\)"),
        ("a\tb\n1\t2\n1\n", "line 3 has 1 columns"),
        ("", "has no row: see to --where and to the file"),
        ("a\tb\n", "has no row: see"),
        (b"a\tb\n1\t\xff\n", "is not UTF-8 on line 2"),
    ],
)
def test_a_file_that_is_no_table_is_refused(write, content, message):
    with pytest.raises(ValueError, match=message):
        tables.read_table(write(content)).where([])


def test_what_a_table_does_not_have_is_named(write):
    table = tables.read_table(write("a\tb\n1\t2\n3\t \n"))
    with pytest.raises(ValueError, match="has no column 'c'; it has a, b"):
        table.column("c")
    with pytest.raises(ValueError, match="line 3 has nothing in column 'b'"):
        table.column("b")
    with pytest.raises(ValueError, match="has no row with a=7 and b=2"):
        table.where(["a=7", "b=2"])
    with pytest.raises(ValueError, match="--where=a must be COLUMN=VALUE"):
        table.where(["a"])
    with pytest.raises(ValueError, match="There is no file /none.tsv"):
        tables.read_table("/none.tsv")


def test_sentences_of_tokens_end_with_blank_lines(write):
    path = write("el\t0\nser\t1\n\n\nla\t0\r\n")
    assert tables.read_tokens(path) == [
        Sentence(("el", "ser"), ("0", "1")),
        Sentence(("la",), ("0",)),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("el\t0\nser\n", "line 2 is 'ser', but must be a word, a tab and a label"),
        ("el\t0\t1\n", "line 1 is"),
        ("el\t\n", "line 1 is"),
        ("\n\n", "has no sentence"),
    ],
)
def test_lines_that_are_no_labelled_words_are_refused(write, content, message):
    with pytest.raises(ValueError, match=message):
        tables.read_tokens(write(content))
