"""Labelled text is read, and what is wrong with a file is named by line."""

import pathlib

import pytest

from electra_tf.labelled import tables


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


@pytest.mark.parametrize("quoted", [False, True])
def test_a_row_of_empty_values_is_a_row(write, quoted):
    table = tables.read_table(write("a\tb\n1\t2\n\n\t\n"), quoted=quoted)
    assert table.lines == (2, 4)
    with pytest.raises(ValueError, match="line 4"):
        table.column("a")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a\tb\n1\t2\t3\n", r"line 2 has 3 columns, .* names for 2 \(a, b\)"),
        ("a\tb\n1\t2\n1\n", "line 3 has 1 columns"),
        ("", "has no row: use another file"),
        ("a\tb\n", "has no row: use"),
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
    with pytest.raises(ValueError, match="it has a,b: .* Tabs separate columns; a fil"):
        tables.read_table(write("a,b\n1,2\n")).column("a")
    with pytest.raises(ValueError, match="line 3 has nothing in column 'b'"):
        table.column("b")
    with pytest.raises(ValueError, match="no row with a=7 and b=2 .a is 1, 3; b is"):
        table.where(["a=7", "b=2"])
    with pytest.raises(ValueError, match="--where=a must be COLUMN=VALUE"):
        table.where(["a"])
    with pytest.raises(ValueError, match="There is no file /none.tsv"):
        tables.read_table("/none.tsv")


def test_quotes_are_characters_unless_the_file_is_quoted(write, caplog):
    quoted = write('a\tb\n"uno ""y""\u2028dos"\t2\n\n"tres\ncuatro"\t4\n')
    table = tables.read_table(quoted, quoted=True)
    assert table.rows == (('uno "y"\u2028dos', "2"), ("tres\ncuatro", "4"))
    assert table.lines == (2, 4)
    assert not caplog.records
    plain = tables.read_table(write('a\tb\n"uno ""y"" dos"\t2\n"tres"\t4\n'))
    assert plain.rows == (('"uno ""y"" dos"', "2"), ('"tres"', "4"))
    assert "1 lines have a quoted value" in caplog.text
    for row in ('"uno" y\t2\n', '"uno\t2\n3\t4\n'):
        with pytest.raises(
            ValueError, match="row that starts on line 2: .* Leave --quoted"
        ):
            tables.read_table(write(f"a\tb\n{row}"), quoted=True)
    long = tables.read_table(write(f'a\tb\n"{"x" * 200_000}"\t2\n'), quoted=True)
    assert len(long.rows[0][0]) == 200_000


def test_rows_with_a_placeholder_are_left_out_and_counted(write, caplog):
    table = tables.read_table(write("a\tb\tc\nNS\t1\t0\nuno\t2\tNS\ndos\tNS\t1\n"))
    kept = table.without("NS", ["a", "b"])
    assert kept.rows == (("uno", "2", "NS"),) and kept.lines == (3,)
    assert "2 rows are left out because their text is 'NS'" in caplog.text
    with pytest.raises(ValueError, match="the text of all rows is 'NS'"):
        table.where(["c=1"]).without("NS", ["b"])


def test_json_lines_are_a_table_too(tmp_path):
    path = tmp_path / "file.jsonl"
    path.write_text('{"text": "uno\\t", "label": 1}\n\n{"text": "dos", "label": 0.5}\n')
    table = tables.read_table(str(path))
    assert table.column("text") == ["uno\t", "dos"]
    assert table.column("label") == ["1", "0.5"]
    assert table.lines == (1, 3)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"a": 1}\n{"a": \n', "line 2: Invalid JSON"),
        ("[1]\n", "line 1: Input should be an object"),
        ('{"a": "\\ud800"}\n', "line 1: Invalid JSON: .*hex escape"),
        ('{"a": 1}\n{"b": 1}\n', "line 2 has the fields b, but the first has a"),
    ],
)
def test_json_lines_that_are_no_table_are_refused(tmp_path, content, message):
    path = tmp_path / "file.jsonl"
    path.write_text(content)
    with pytest.raises(ValueError, match=message):
        tables.read_table(str(path))


def test_names_of_columns_may_be_given(tmp_path):
    path = tmp_path / "f.tsv"
    path.write_text("el\tla\t1\nniño\tniña\t0\n")
    table = tables.read_table(str(path), ("a", "b", "label"))
    assert table.column("b") == ["la", "niña"] and table.lines == (1, 2)
    with pytest.raises(ValueError, match=r"line 1 has 3 columns, .* names for 2"):
        tables.read_table(str(path), ("a", "b"))
    with pytest.raises(ValueError, match="line 2 has the names of the columns"):
        tables.read_table(str(path), ("niño", "niña", "0"))


def test_texts_and_labels_may_be_in_two_files(tmp_path):
    path = tmp_path / "train_text.txt"
    path.write_text("el\tniño\nla\n")
    (tmp_path / "train_labels.txt").write_text("2\n0")
    table = tables.read_table(str(path))
    assert table.column("sentence") == ["el\tniño", "la"]
    assert table.column("label") == ["2", "0"]
    (tmp_path / "train_labels.txt").write_text("2\n0\n1\n")
    with pytest.raises(ValueError, match=r"has 2 lines but .*labels.txt has 3"):
        tables.read_table(str(path))
