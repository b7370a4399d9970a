"""Directories that appear whole or not at all."""

import contextlib
from collections.abc import Iterator

import tensorflow as tf


@contextlib.contextmanager
def whole_directory(path: str) -> Iterator[str]:
    """Yields a temporary directory that takes the name `path` when all went well.

    Raises:
        ValueError: `path` exists.
    """
    path = path.rstrip("/")
    if tf.io.gfile.exists(path):
        raise ValueError(f"{path!r} exists: choose another output, or remove it first.")
    temporary = path + ".tmp"
    if tf.io.gfile.exists(temporary):
        tf.io.gfile.rmtree(temporary)
    tf.io.gfile.makedirs(temporary)
    try:
        yield temporary
    except BaseException:
        tf.io.gfile.rmtree(temporary)
        raise
    tf.io.gfile.rename(temporary, path)
