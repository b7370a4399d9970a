"""Tables of texts and labels: tab-separated values, JSON lines, or two text files."""

import csv
import io
import sys
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import tensorflow as tf
from absl import logging

from electra_tf import files

_TEXT, _LABELS = "_text.txt", "_labels.txt"
_ONE_COLUMN = " Tabs separate columns; a file of JSON lines has a name in .jsonl."


class Table(NamedTuple):
    """Rows of a file, with names for its columns."""

    path: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    """Line number of each row in the file, from 1."""

    def column(self, name: str) -> list[str]:
        """Returns the values of a column.

        Raises:
            ValueError: there is no such column, or it has an empty value.
        """
        values = self._values(name)
        for value, line in zip(values, self.lines, strict=True):
            if not value.strip():
                raise ValueError(
                    f"{self.path}: line {line} has nothing in column {name!r}: fill it "
                    "in or delete the line."
                )
        return values

    def where(self, conditions: Sequence[str]) -> "Table":
        """Returns the rows that meet all conditions.

        Args:
            conditions: such as "Split=dev".

        Raises:
            ValueError: a condition has no "=", or no row meets them.
        """
        kept = list(range(len(self.rows)))
        for condition in conditions:
            name, equals, wanted = condition.partition("=")
            if not equals:
                raise ValueError(
                    f"--where={condition} must be COLUMN=VALUE, such as "
                    "--where=Split=dev."
                )
            values = self._values(name)
            kept = [i for i in kept if values[i] == wanted]
        if not kept:
            wanted = f" with {' and '.join(conditions)}" if conditions else ""
            known = "; ".join(
                f"{name} is {', '.join(sorted(set(self._values(name)))[:10])}"
                for name in (condition.partition("=")[0] for condition in conditions)
            )
            raise ValueError(
                f"{self.path} has no row{wanted}{f' ({known})' if known else ''}: use "
                "another file, or values that it has."
            )
        return self._only(kept)

    def without(self, placeholder: str, names: Sequence[str]) -> "Table":
        """Returns the rows whose columns `names` are no placeholder, as PAWS-X's NS.

        Raises:
            ValueError: there is no such column, or no row remains.
        """
        columns = [self._values(name) for name in names]
        kept = [i for i, row in enumerate(zip(*columns)) if placeholder not in row]
        if left_out := len(self.rows) - len(kept):
            logging.warning(
                "%s: %d rows are left out because their text is %r",
                self.path,
                left_out,
                placeholder,
            )
        if not kept:
            raise ValueError(f"{self.path}: the text of all rows is {placeholder!r}.")
        return self._only(kept)

    def _only(self, kept: Sequence[int]) -> "Table":
        return self._replace(
            rows=tuple(self.rows[i] for i in kept),
            lines=tuple(self.lines[i] for i in kept),
        )

    def _values(self, name: str) -> list[str]:
        if name not in self.columns:
            hint = "" if len(self.columns) > 1 else _ONE_COLUMN
            raise ValueError(
                f"{self.path} has no column {name!r}; it has "
                f"{', '.join(self.columns)}: name one of them by flag.{hint}"
            )
        index = self.columns.index(name)
        return [row[index] for row in self.rows]


def read_table(path: str, columns: Sequence[str] = (), quoted: bool = False) -> Table:
    """Reads tab-separated values, JSON lines, or a text and a label file.

    Args:
        path: a UTF-8 file. *.jsonl has an object per line; *_text.txt has a sentence
            per line and its labels beside it in *_labels.txt, as TweetEval does; any
            other has tab-separated values.
        columns: names for tab-separated values whose first line has none.
        quoted: whether tab-separated values may be quoted (RFC 4180); otherwise a
            quotation mark is a character like any other.

    Raises:
        ValueError: the file does not exist or isn't UTF-8, a quotation is not closed,
            a line has more or fewer columns than the first, or holds their names
            although `columns` gives them.
    """
    if path.endswith(".jsonl"):
        return _read_json_lines(path)
    if path.endswith(_TEXT):
        return _read_two_files(path)
    rows, lines = [], []
    for number, row in (_quoted if quoted else _plain)(path):
        if row in ((), ("",)):  # An empty line.
            continue
        if not columns:
            columns = row
            continue
        if row == tuple(columns):
            raise ValueError(
                f"{path}: line {number} has the names of the columns: remove it, or "
                "leave --columns out."
            )
        if len(row) != len(columns):
            raise ValueError(
                f"{path}: line {number} has {len(row)} columns, but there are names "
                f"for {len(columns)} ({', '.join(columns)}): columns are separated by "
                "one tab."
            )
        rows.append(row)
        lines.append(number)
    return Table(path, tuple(columns), tuple(rows), tuple(lines))


def _plain(path: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    in_quotes = 0
    for number, line in enumerate(text_of(path).split("\n"), 1):
        row = tuple(line.rstrip("\r").split("\t"))
        in_quotes += any(
            value.startswith('"') and value.endswith('"') and '""' in value[1:-1]
            for value in row
        )
        yield number, row
    if in_quotes:
        logging.warning(
            '%s: %d lines have a quoted value with "" in it: is --quoted missing?',
            path,
            in_quotes,
        )


def _quoted(path: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    reader = csv.reader(io.StringIO(text_of(path), ""), "excel-tab", strict=True)
    csv.field_size_limit(sys.maxsize)
    line = 1
    try:
        for row in reader:
            yield line, tuple(row)
            line = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(
            f"{path}: the row that starts on line {line}: {error}. Leave --quoted out "
            "if a quotation mark is a character like any other."
        ) from error


def _read_two_files(path: str) -> Table:
    labels_path = path.removesuffix(_TEXT) + _LABELS
    texts, labels = (
        text_of(one).removesuffix("\n").split("\n") for one in (path, labels_path)
    )
    if len(texts) != len(labels):
        raise ValueError(
            f"{path} has {len(texts)} lines but {labels_path} has {len(labels)}: both "
            "need the same number."
        )
    rows = tuple(
        (text.rstrip("\r"), label.strip())
        for text, label in zip(texts, labels, strict=True)
    )
    return Table(path, ("sentence", "label"), rows, tuple(range(1, len(rows) + 1)))


def _read_json_lines(path: str) -> Table:
    rows: list[dict[str, str]] = []
    lines = []
    for number, line in enumerate(text_of(path).split("\n"), 1):
        if not line.strip():
            continue
        row = files.parse_json(line, dict[str, Any], f"{path}: line {number}")
        if rows and row.keys() != rows[0].keys():
            raise ValueError(
                f"{path}: line {number} has the fields {', '.join(row)}, but the first "
                f"has {', '.join(rows[0])}: all lines need the same fields."
            )
        rows.append({name: "" if v is None else str(v) for name, v in row.items()})
        lines.append(number)
    columns = tuple(rows[0]) if rows else ()
    values = tuple(tuple(row[name] for name in columns) for row in rows)
    return Table(path, columns, values, tuple(lines))


def text_of(path: str) -> str:
    """Reads a UTF-8 file.

    Raises:
        ValueError: the file does not exist, or isn't UTF-8.
    """
    if not tf.io.gfile.exists(path) or tf.io.gfile.isdir(path):
        raise ValueError(f"There is no file {path}: check its path.")
    with tf.io.gfile.GFile(path, "rb") as file:
        content = file.read()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(f"{path} is not UTF-8 on line {line}: convert it.") from error
