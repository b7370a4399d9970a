"""Where a build writes, and what it may delete there.

A build works in `unfinished/` inside its output, so on the disk that was meant, and
moves its files up at the end, the manifest last: where a manifest is, the rest is. It
deletes only what it made itself: shards that a manifest of a build lists, that
manifest and its vocabulary, and its own working files.
"""

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import tensorflow as tf

from electra_tf import directories, fields, files, lock
from electra_tf.shards.manifest import MANIFEST_NAME, VOCABULARY_NAME, Manifest

UNFINISHED = "unfinished"
"""Directory inside the output, where a build works."""
SHARDS = "shards"
"""Directory inside `unfinished/` for shards that are ready to be moved up."""
SURVEY = "survey"
"""Directory inside `unfinished/` for the results of the first of two passes."""
_SETTINGS = "build.json"
_REPLACED = "replaced.json"
"""The manifest of the replaced build, while its files are being removed."""
_WORKING_FILES = (
    "*.json",
    "*.tfrecord",
    "*.tmp",
    VOCABULARY_NAME,
    f"{SHARDS}/*",
    f"{SURVEY}/*",
)
"""Patterns of all files that a build makes in its working directory."""
_NOT_OURS = ("lost+found/", "lost+found")
"""Names in an empty file system that is mounted at the output."""


def check_output(output: str, overwrite: bool) -> None:
    """Checks that a build can write here without deleting what is not its own.

    Raises:
        ValueError: the output is a file, holds files that no build made, or holds a
            finished build without `overwrite`.
    """
    if not tf.io.gfile.exists(output):
        return
    if not tf.io.gfile.isdir(output):
        raise ValueError(f"--output={output} is a file: choose another directory.")
    there = [name for name in tf.io.gfile.listdir(output) if name not in _NOT_OURS]
    there = [name.rstrip("/") for name in there]
    unfinished = working_directory(output)
    made = {UNFINISHED}
    for path in (
        tf.io.gfile.join(output, MANIFEST_NAME),
        tf.io.gfile.join(unfinished, MANIFEST_NAME),
        tf.io.gfile.join(unfinished, _REPLACED),
    ):
        if tf.io.gfile.exists(path):
            made |= _names(Manifest.read(path))
    if others := sorted(set(there) - made):
        shown = ", ".join(others[:5]) + (", ..." if len(others) > 5 else "")
        raise ValueError(
            f"--output={output} holds other files than those of a build ({shown}), "
            "which are not deleted: choose another directory."
        )
    if MANIFEST_NAME in there and not overwrite:
        raise ValueError(
            f"--output={output} holds a finished build already: choose another "
            "directory, or pass --overwrite to replace it."
        )


def working_directory(output: str) -> str:
    """Where a local build works: inside a local output, else in a temporary place."""
    if files.is_remote(output):
        name = hashlib.sha256(output.rstrip("/").encode()).hexdigest()[:16]
        return os.path.join(tempfile.gettempdir(), f"electra_tf-{name}")
    return os.path.join(output, UNFINISHED)


@contextlib.contextmanager
def working(output: str) -> Iterator[str]:
    """Yields `unfinished/` in the output, for work that can't continue after a kill.

    What earlier attempts left there is removed first, and what this one leaves is
    removed at the end.

    Raises:
        ValueError: a build that can be continued is there.
    """
    directory = tf.io.gfile.join(output, UNFINISHED)
    if tf.io.gfile.exists(tf.io.gfile.join(directory, _SETTINGS)):
        raise ValueError(
            f"{directory} holds an unfinished build: run the command that began it, "
            "delete that directory, or choose another --output."
        )
    is_new = not tf.io.gfile.exists(output)
    discard(directory)
    files.make_directory(directory)
    try:
        yield directory
    finally:
        discard(directory)
        if is_new:
            files.remove_if_empty(output)


def publish(directory: str, output: str, overwrite: bool) -> Manifest:
    """Moves a finished build to its output, in place of an earlier build.

    After a kill at any moment it can be repeated: what identifies the build is moved
    last. Only files that the build did not make stay in `directory`.

    Args:
        directory: holds `manifest.json`, `vocab.txt` and `shards/`.
        output: data directory of the build.
        overwrite: whether an earlier build may be replaced.

    Raises:
        ValueError: from `check_output`; nothing was deleted.
    """
    check_output(output, overwrite)
    files.make_directory(output)
    replaced = tf.io.gfile.join(directory, _REPLACED)
    old = tf.io.gfile.join(output, MANIFEST_NAME)
    if tf.io.gfile.exists(old):
        _move(old, replaced)
    if tf.io.gfile.exists(replaced):
        for name in _names(Manifest.read(replaced)):
            _remove_if_there(tf.io.gfile.join(output, name))
        files.sync(output)
        tf.io.gfile.remove(replaced)
        files.sync(directory)
    manifest = Manifest.load(directory)
    for name in sorted(_names(manifest) - {MANIFEST_NAME, VOCABULARY_NAME}):
        source = tf.io.gfile.join(directory, SHARDS, name)
        if tf.io.gfile.exists(source):
            _move(source, tf.io.gfile.join(output, name))
    vocabulary = tf.io.gfile.join(directory, VOCABULARY_NAME)
    if tf.io.gfile.exists(vocabulary):
        _move(vocabulary, tf.io.gfile.join(output, VOCABULARY_NAME))
    discard(directory, keep=(MANIFEST_NAME, _SETTINGS))
    _move(tf.io.gfile.join(directory, MANIFEST_NAME), old)
    discard(directory)
    return manifest


def discard(directory: str, keep: Sequence[str] = ()) -> None:
    """Removes the files that a build made in its working directory, and no others."""
    directories.remove(directory, _WORKING_FILES, keep)


class Unfinished:
    """The directory in which a build works, and continues after it was killed."""

    def __init__(self, output: str):
        self._output = output.rstrip("/")
        self.directory = working_directory(self._output)
        self._lock: lock.Lock | None = None

    @contextlib.contextmanager
    def locked(self, say: Callable[[str], None]) -> Iterator[None]:
        """Keeps others out; removes the directory if there is nothing to continue.

        Args:
            say: is called with a line for the user if there is something.

        Raises:
            ValueError: another build works there.
        """
        is_new = not files.is_remote(self._output) and not os.path.exists(self._output)
        try:
            with lock.exclusive(self.directory) as self._lock:
                try:
                    yield
                except BaseException:
                    if self._is_begun:
                        say(
                            f"{self.directory} keeps what is done: the same command "
                            "continues there."
                        )
                    else:
                        discard(self.directory)
                    raise
        finally:
            files.remove_if_empty(self.directory)
            if is_new:
                files.remove_if_empty(self._output)

    def check_lock(self) -> None:
        """Checks, before something is saved, that no other build has come here.

        Raises:
            ValueError: one has.
        """
        assert self._lock is not None
        self._lock.check()

    def path(self, *names: str) -> str:
        """Path of a file in the directory."""
        return os.path.join(self.directory, *names)

    def check(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Notes what is built here.

        Returns:
            What was noted when the build began.

        Raises:
            ValueError: something else is being built.
        """
        path = self.path(_SETTINGS)
        if not os.path.exists(path) or not self._is_begun:
            files.write_json(path, settings)
        noted = json.loads(files.read(path))
        settings = json.loads(json.dumps(settings))
        begun = {name: noted.get(name) for name in settings}
        for name, (theirs, ours) in fields.differences(begun, settings).items():
            raise ValueError(
                f"{self.directory} holds an unfinished build with another {name}: "
                f"{_shown(theirs)}, not {_shown(ours)}. Run the command that began it, "
                "or delete that directory to begin again."
            )
        return noted

    @property
    def is_whole(self) -> bool:
        """Whether the build only has to be moved to the output."""
        return os.path.exists(self.path(MANIFEST_NAME))

    @property
    def _is_begun(self) -> bool:
        """Whether anything is done; the vocabulary is the first."""
        return self.is_whole or os.path.exists(self.path(VOCABULARY_NAME))

    def forget_vocabulary(self) -> None:
        """Removes the vocabulary, so that there is nothing to continue."""
        os.remove(self.path(VOCABULARY_NAME))

    def finish(self, overwrite: bool) -> Manifest:
        """Moves the build to its output, in place of an earlier one."""
        return publish(self.directory, self._output, overwrite)


def shard_name(split: str, index: int, count: int) -> str:
    """File name of a shard, by the custom of TFRecord files."""
    return f"{split}-{index:05}-of-{count:05}.tfrecord"


def shard_names(shards_per_split: Mapping[str, int]) -> dict[tuple[str, int], str]:
    """File names of all shards, by split and index."""
    return {
        (split, index): shard_name(split, index, count)
        for split, count in shards_per_split.items()
        for index in range(count)
    }


def _names(manifest: Manifest) -> set[str]:
    """Names of a build's files in its directory; adopted shards are elsewhere."""
    shards = (*manifest.shards, *manifest.left_out)
    names = {shard.name for shard in shards if "/" not in shard.name}
    return {MANIFEST_NAME, VOCABULARY_NAME, *names}


def _move(source: str, target: str) -> None:
    """Renames a synced file, or copies it between file systems and removes it."""
    if files.is_remote(source) == files.is_remote(target):
        files.rename(source, target)
        return
    tf.io.gfile.copy(source, target, overwrite=True)
    files.sync(target)
    tf.io.gfile.remove(source)


def _remove_if_there(path: str) -> None:
    if tf.io.gfile.exists(path):
        tf.io.gfile.remove(path)


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else f"{text[:100]} ... {text[-100:]}"
