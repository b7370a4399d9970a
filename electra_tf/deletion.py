"""What a command may delete: the files that it made itself, which it knows by name.

The names are patterns of paths below a directory, as of `fnmatch`; `*` stands for any
number of characters, slashes too.
"""

import fnmatch
import os
from collections.abc import Iterator, Sequence

import tensorflow as tf


def others(directory: str, made: Sequence[str]) -> list[str]:
    """Paths below a directory of the files that match none of the names, sorted."""
    return sorted(path for path in _files(directory) if not _is_made(path, made))


def check(directory: str, made: Sequence[str], flag: str) -> None:
    """Checks that nothing is below a directory but what a command made.

    Raises:
        ValueError: names what is there.
    """
    if found := others(directory, made):
        shown = ", ".join(found[:5]) + (", ..." if len(found) > 5 else "")
        raise ValueError(
            f"{directory} holds files that this command did not make ({shown}), and "
            f"that it does not delete: move them, or choose another {flag}."
        )


def remove(directory: str, made: Sequence[str], keep: Sequence[str] = ()) -> None:
    """Removes the files that match, but for some, and directories empty by then.

    Args:
        directory: local or gs://; may not exist.
        made: names of what may be removed.
        keep: paths of what stays nevertheless.
    """
    for path in _files(directory):
        if _is_made(path, made) and path not in keep:
            tf.io.gfile.remove(tf.io.gfile.join(directory, path))
    for parent, _, _ in list(os.walk(directory, topdown=False)):
        remove_if_empty(parent)


def remove_if_empty(directory: str) -> None:
    """Removes a local directory without files; a bucket has none."""
    if os.path.isdir(directory) and not os.listdir(directory):
        os.rmdir(directory)


def _files(directory: str) -> Iterator[str]:
    directory = directory.rstrip("/")
    for parent, _, names in list(tf.io.gfile.walk(directory)):
        inside = parent[len(directory) :].strip("/")
        for name in names:
            yield f"{inside}/{name}" if inside else name


def _is_made(path: str, made: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in made)
