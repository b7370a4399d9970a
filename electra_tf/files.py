"""Files and directories that appear whole or not at all, local or gs://."""

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Iterator
from typing import Any, Literal, TypeVar

import pydantic
import tensorflow as tf

T = TypeVar("T")


def read(path: str) -> str:
    """The text of a file."""
    with tf.io.gfile.GFile(path) as file:
        return file.read()


def digest(path: str) -> str:
    """The first 16 hexadecimal digits of a file's SHA-256."""
    sha256 = hashlib.sha256()
    with tf.io.gfile.GFile(path, "rb") as file:
        while piece := file.read(2**20):
            sha256.update(piece)
    return sha256.hexdigest()[:16]


def write(path: str, text: str) -> None:
    """Writes a text file so that it is never seen half-written."""
    temporary = path + ".tmp"
    with tf.io.gfile.GFile(temporary, "w") as file:
        file.write(text)
    tf.io.gfile.rename(temporary, path, overwrite=True)


def append_line(path: str, line: str) -> None:
    """Appends a line to a text file; a last line that a full disk cut off is ended."""
    before = ""
    if tf.io.gfile.exists(path) and (size := tf.io.gfile.stat(path).length):
        with tf.io.gfile.GFile(path, "rb") as file:
            file.seek(size - 1)
            before = "" if file.read(1) == b"\n" else "\n"
    with tf.io.gfile.GFile(path, "a") as file:
        file.write(f"{before}{line}\n")


def write_json(path: str, value: Any) -> None:
    """Writes a JSON file, and its directory where there is none."""
    tf.io.gfile.makedirs(os.path.dirname(path) or ".")
    write(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


Extra = Literal["forbid", "ignore"]


def read_json(path: str, kind: type[T], extra: Extra = "forbid") -> T:
    """Reads a file, as `parse_json` does a text."""
    with tf.io.gfile.GFile(path, "rb") as file:
        return parse_json(file.read(), kind, path, extra)


def parse_json(
    text: str | bytes, kind: type[T], place: str, extra: Extra = "forbid"
) -> T:
    """Reads JSON strictly: a number in quotes is no number, a fraction no int.

    Args:
        text: a JSON document.
        kind: a dataclass, a NamedTuple, or another type with parameters.
        place: where the text is from, for errors.
        extra: what happens to fields that `kind` doesn't have.

    Raises:
        ValueError: the text is no JSON, is nested hundreds deep, or a field is
            missing, unknown or of the wrong type.
    """
    try:
        return pydantic.TypeAdapter(kind).validate_json(text, strict=True, extra=extra)
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(map(str, first["loc"]))
        raise ValueError(
            f"{place}: {field + ': ' if field else ''}{first['msg']}"
            f"{_shown(first['type'], first['input'])}. Was this file edited, cut off, "
            "or written by another version?"
        ) from error


def _shown(problem: str, value: Any) -> str:
    """The value, where it is what is wrong; at most a line of it."""
    if problem == "json_invalid" or problem.startswith("missing"):
        return ""
    text = repr(value)
    return f", not {text if len(text) <= 60 else text[:60] + '…'}"


def reason(error: Exception) -> str:
    """What went wrong with a file, without what TensorFlow says of its own insides."""
    if not isinstance(error, tf.errors.OpError):
        return str(error)
    # {{function_node ...}} REASON [Op:...], or a traceback, REASON, [[{{node ...}}]].
    text = error.message.rpartition("\n\n")[2].partition("\n\t")[0]
    return re.sub(r"\{\{.*?\}\} ?", "", text).partition(" [Op:")[0]


@contextlib.contextmanager
def whole_directory(path: str) -> Iterator[str]:
    """Yields a temporary directory that takes the name `path` when all went well.

    What stands under that name is replaced then, not before; the caller checks first
    whether it may be. On failure the temporary directory is removed.
    """
    path = path.rstrip("/")
    temporary = f"{path}.tmp-{os.getpid()}"
    tf.io.gfile.makedirs(temporary)
    try:
        yield temporary
        if tf.io.gfile.exists(path):
            tf.io.gfile.rmtree(path)
        tf.io.gfile.rename(temporary, path)
    finally:
        if tf.io.gfile.exists(temporary):
            tf.io.gfile.rmtree(temporary)
