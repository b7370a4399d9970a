"""Files and directories that appear whole or not at all, local or gs://."""

import contextlib
import json
import os
from collections.abc import Iterator
from typing import Any

import tensorflow as tf


def read(path: str) -> str:
    """The text of a file."""
    with tf.io.gfile.GFile(path) as file:
        return file.read()


def write(path: str, text: str) -> None:
    """Writes a text file so that it is never seen half-written."""
    temporary = path + ".tmp"
    with tf.io.gfile.GFile(temporary, "w") as file:
        file.write(text)
    tf.io.gfile.rename(temporary, path, overwrite=True)


def write_json(path: str, value: Any) -> None:
    """Writes a JSON file, and its directory where there is none."""
    tf.io.gfile.makedirs(os.path.dirname(path) or ".")
    write(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


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
