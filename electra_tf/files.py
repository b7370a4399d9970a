"""Files that appear as a whole or not at all, local or gs://.

What a function here has written to a local disk survives a power cut: the file is
synced before it is renamed, and then its directory.
"""

import errno
import hashlib
import json
import os
import re
from collections.abc import Callable
from typing import Any, Literal, TypeVar

import pydantic
import tensorflow as tf

T = TypeVar("T")


def scheme(path: str) -> str:
    """The scheme of a path, such as "gs" of gs://bucket; "" if there is none."""
    match = re.match(r"(\w+)://", path)
    return match[1] if match else ""


def is_remote(path: str) -> bool:
    """Whether a path has a scheme: no file locks there, no fsync."""
    return bool(scheme(path))


def read(path: str) -> str:
    """The text of a file."""
    with tf.io.gfile.GFile(path) as file:
        return file.read()


def sha256(path: str, read: Callable[[int], object] | None = None) -> str:
    """The SHA-256 of a file, in hexadecimal digits.

    Args:
        path: local or gs://.
        read: called with the number of bytes after each piece that was read.
    """
    digest = hashlib.sha256()
    with tf.io.gfile.GFile(path, "rb") as file:
        while piece := file.read(2**23):
            digest.update(piece)
            if read is not None:
                read(len(piece))
    return digest.hexdigest()


def sync(path: str) -> None:
    """Waits until a file's bytes, or a directory's entries, are on the disk."""
    if is_remote(path):
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems have no fsync of directories.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


def sync_tree(directory: str) -> None:
    """Syncs every file and directory below a directory, and the directory itself."""
    if is_remote(directory):
        return
    for parent, _, names in os.walk(directory):
        for name in names:
            sync(os.path.join(parent, name))
        sync(parent)


def make_directory(path: str) -> None:
    """Makes a directory and its missing parents, durably."""
    if is_remote(path):
        tf.io.gfile.makedirs(path)
        return
    missing, parent = [], os.path.abspath(path)
    while not os.path.isdir(parent):
        missing.append(parent)
        parent = os.path.dirname(parent)
    os.makedirs(path, exist_ok=True)
    for made in reversed(missing):
        sync(os.path.dirname(made))


def rename(source: str, target: str) -> None:
    """Renames a file durably, and replaces an existing file of the new name.

    The caller must have synced the file.
    """
    tf.io.gfile.rename(source, target, overwrite=True)
    sync(parent(target))


def write(path: str, content: str | bytes) -> None:
    """Writes a file so that it is never seen half-written."""
    temporary = path + ".tmp"
    mode = "w" if isinstance(content, str) else "wb"
    with tf.io.gfile.GFile(temporary, mode) as file:
        file.write(content)
    sync(temporary)
    rename(temporary, path)


def append_line(path: str, line: str) -> None:
    """Appends a line to a text file, and first ends a truncated last line.

    Lines are on the disk after the next `sync` of the file.
    """
    before = ""
    if tf.io.gfile.exists(path) and (size := tf.io.gfile.stat(path).length):
        with tf.io.gfile.GFile(path, "rb") as file:
            file.seek(size - 1)
            before = "" if file.read(1) == b"\n" else "\n"
    with tf.io.gfile.GFile(path, "a") as file:
        file.write(f"{before}{line}\n")


def write_json(path: str, value: Any) -> None:
    """Writes a JSON file, and makes its directory if it is missing."""
    make_directory(parent(path))
    write(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def remove_if_empty(directory: str) -> None:
    """Removes a local directory without files; a bucket has none."""
    if os.path.isdir(directory) and not os.listdir(directory):
        os.rmdir(directory)


Extra = Literal["forbid", "ignore"]


def read_json(path: str, kind: type[T], extra: Extra = "forbid") -> T:
    """Reads a JSON file; see `parse_json`."""
    with tf.io.gfile.GFile(path, "rb") as file:
        return parse_json(file.read(), kind, path, extra)


def parse_json(
    text: str | bytes, kind: type[T], place: str, extra: Extra = "forbid"
) -> T:
    """Parses JSON strictly: a quoted number is not a number, a fraction not an int.

    Args:
        text: a JSON document.
        kind: a dataclass, a NamedTuple, or another type with parameters.
        place: origin of the text, for errors.
        extra: whether fields that `kind` does not have are errors.

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
    """The wrong value, shortened; "" if the problem is something else."""
    if problem == "json_invalid" or problem.startswith("missing"):
        return ""
    text = repr(value)
    return f", not {text if len(text) <= 60 else text[:60] + '…'}"


def reason(error: Exception) -> str:
    """The reason of an error, without TensorFlow's internals."""
    if not isinstance(error, tf.errors.OpError):
        return str(error)
    # {{function_node ...}} REASON [Op:...], or a traceback, REASON, [[{{node ...}}]].
    text = error.message.rpartition("\n\n")[2].partition("\n\t")[0]
    return re.sub(r"\{\{.*?\}\} ?", "", text).partition(" [Op:")[0]


def parent(path: str) -> str:
    """Directory of a file or directory."""
    return os.path.dirname(path.rstrip("/")) or "."
