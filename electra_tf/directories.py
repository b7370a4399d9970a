"""Output: places that can be written, directories made whole, deletion of own files.

A command knows the files that it makes by patterns of their paths below a directory, as
`fnmatch` has them; `*` matches any characters, slashes included.
"""

import contextlib
import fnmatch
import os
import tempfile
from collections.abc import Iterator, Sequence

import tensorflow as tf

from electra_tf import files


def others(directory: str, made: Sequence[str]) -> list[str]:
    """Paths below a directory, sorted, that match none of a command's patterns."""
    return sorted(path for path in _files(directory) if not _is_made(path, made))


def check_deletable(directory: str, made: Sequence[str], flag: str) -> None:
    """Checks that a directory holds only files that a command made.

    Raises:
        ValueError: names the other files.
    """
    if foreign := others(directory, made):
        shown = ", ".join(foreign[:5]) + (", ..." if len(foreign) > 5 else "")
        raise ValueError(
            f"{directory} holds files that this command did not make ({shown}), and "
            f"that it does not delete: move them, or choose another {flag}."
        )


def remove(directory: str, made: Sequence[str], keep: Sequence[str] = ()) -> None:
    """Removes the files that match a pattern, and directories that are then empty.

    Args:
        directory: local or gs://; may not exist.
        made: patterns of the files to remove.
        keep: paths of matching files to keep.
    """
    for path in _files(directory):
        if _is_made(path, made) and path not in keep:
            tf.io.gfile.remove(tf.io.gfile.join(directory, path))
    for parent, _, _ in list(os.walk(directory, topdown=False)):
        files.remove_if_empty(parent)


@contextlib.contextmanager
def whole(path: str, replaceable: Sequence[str] | None = None) -> Iterator[str]:
    """Yields a temporary directory that takes the name `path` when all went well.

    On failure the temporary directory is removed, and what stands at `path` stays.

    Args:
        path: of the directory to make.
        replaceable: names, as of `deletion`, of the files that may be replaced in a
            directory that has the name; None: there must be none.

    Raises:
        ValueError: when the directory is whole, there is one that may not be replaced.
    """
    path = path.rstrip("/")
    temporary = f"{path}.tmp-{os.getpid()}"
    files.make_directory(temporary)
    try:
        yield temporary
        files.sync_tree(temporary)
        if not tf.io.gfile.exists(path):
            files.rename(temporary, path)
            return
        if replaceable is None:
            raise ValueError(
                f"{path} has appeared meanwhile: remove it, or choose another --output."
            )
        check_deletable(path, replaceable, "--output")
        replaced = f"{path}.replaced-{os.getpid()}"
        files.rename(path, replaced)
        files.rename(temporary, path)
        remove(replaced, replaceable)
    finally:
        if tf.io.gfile.exists(temporary):
            tf.io.gfile.rmtree(temporary)


def check_writable(path: str, flag: str) -> None:
    """Checks, before any work is done, that a file can be written.

    Args:
        path: path of the file; the file and its directory may not exist.
        flag: flag that names the file, for the error.

    Raises:
        ValueError: the path is a directory, or nothing can be written there.
    """
    if tf.io.gfile.isdir(path):
        raise ValueError(f"{flag}={path} is a directory: name a file in it.")
    if files.is_remote(path):
        return
    parent = existing_directory(os.path.dirname(os.path.abspath(path)))
    try:
        with tempfile.TemporaryFile(dir=parent):
            pass
    except OSError as error:
        raise ValueError(
            f"{flag}={path} cannot be written ({error.strerror}: {parent}): choose "
            "another place, or see to that one."
        ) from error


def existing_directory(path: str) -> str:
    """The path itself or its nearest existing parent, which may be a file."""
    path = os.path.abspath(path)
    while not os.path.exists(path):
        path = os.path.dirname(path)
    return path


def _files(directory: str) -> Iterator[str]:
    directory = directory.rstrip("/")
    for parent, _, names in list(tf.io.gfile.walk(directory)):
        inside = parent[len(directory) :].strip("/")
        for name in names:
            yield f"{inside}/{name}" if inside else name


def _is_made(path: str, made: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in made)
