"""Where a build writes: a directory that appears whole, and the shards in it."""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import tensorflow as tf

from electra_tf import files
from electra_tf.data.block import Records
from electra_tf.data.journal import Journal
from electra_tf.data.manifest import MANIFEST_NAME, VOCABULARY_NAME, Shard

SETTINGS_NAME = "build.json"


@contextlib.contextmanager
def output_directory(output: str, overwrite: bool) -> Iterator[str]:
    """A temporary directory beside the output, which becomes the output at the end.

    Raises:
        ValueError: the output exists, and may not be overwritten.
    """
    check_output(output, overwrite)
    with files.whole_directory(output) as temporary:
        yield temporary


def check_output(output: str, overwrite: bool) -> None:
    """Checks that there is nothing that may not be replaced.

    Raises:
        ValueError: there is.
    """
    if not tf.io.gfile.exists(output):
        return
    if not tf.io.gfile.isdir(output):
        raise ValueError(f"--output={output} is a file: choose another directory.")
    if not tf.io.gfile.listdir(output):
        return
    if not tf.io.gfile.exists(tf.io.gfile.join(output, MANIFEST_NAME)):
        raise ValueError(
            f"--output={output} holds other files, no {MANIFEST_NAME}: choose "
            "another directory."
        )
    if not overwrite:
        raise ValueError(
            f"--output={output} holds a finished build already: choose another "
            "directory, or pass --overwrite to replace it."
        )


class Unfinished:
    """A local directory that a build works in, and continues in after it was killed.

    It stands beside the output, or under /tmp where the output is remote.
    """

    def __init__(self, output: str):
        output = output.rstrip("/")
        self._output = output
        self.directory = f"{output}.unfinished"
        if "://" in output:
            name = hashlib.sha256(output.encode()).hexdigest()[:16]
            self.directory = os.path.join(tempfile.gettempdir(), f"electra_tf-{name}")

    @contextlib.contextmanager
    def locked(self, say: Callable[[str], None]) -> Iterator[None]:
        """Keeps others out; removes the directory if there is nothing to continue.

        Args:
            say: takes a line where there is.

        Raises:
            ValueError: another build works there.
        """
        os.makedirs(self.directory, exist_ok=True)
        with open(self.path("lock"), "w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise ValueError(
                    f"Another build is working in {self.directory}: wait for it, or "
                    "choose another --output."
                ) from error
            try:
                yield
            except BaseException:
                # Something is done where there is a vocabulary, which comes first.
                if os.path.exists(self.path(VOCABULARY_NAME)):
                    say(
                        f"{self.directory} keeps what is done: the same command "
                        "continues there."
                    )
                else:
                    shutil.rmtree(self.directory)
                raise

    def path(self, name: str) -> str:
        """Of a file in it."""
        return os.path.join(self.directory, name)

    def check(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Notes what is built here.

        Returns:
            What was noted when the build began.

        Raises:
            ValueError: something else is being built.
        """
        path = self.path(SETTINGS_NAME)
        if not os.path.exists(path):
            files.write_json(path, settings)
        noted = json.loads(files.read(path))
        settings = json.loads(json.dumps(settings))
        for name in settings:
            if noted.get(name) != settings[name]:
                raise ValueError(
                    f"{self.directory} holds an unfinished build with another {name}: "
                    f"{_shown(noted.get(name))}, not {_shown(settings[name])}. Run the "
                    "command that began it, or delete that directory to begin again."
                )
        return noted

    def discard(self) -> None:
        """Leaves nothing to continue from."""
        os.remove(self.path(VOCABULARY_NAME))

    def finish(self) -> None:
        """Makes it the output, in place of what stands there."""
        if "://" in self._output:
            with files.whole_directory(self._output) as temporary:
                for name in filter(_is_data, os.listdir(self.directory)):
                    target = tf.io.gfile.join(temporary, name)
                    tf.io.gfile.copy(self.path(name), target)
            shutil.rmtree(self.directory)
            return
        if os.path.exists(self._output):
            shutil.rmtree(self._output)
        os.rename(self.directory, self._output)
        self.directory = self._output
        for name in os.listdir(self.directory):
            if not _is_data(name):
                self._remove(name)

    def _remove(self, name: str) -> None:
        path = self.path(name)
        shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)


def shard_name(split: str, index: int, count: int) -> str:
    """Of a file, as TFRecord shards are called."""
    return f"{split}-{index:05}-of-{count:05}.tfrecord"


class ShardWriter:
    """Appends blocks of records to the shards of a journal, and counts them."""

    def __init__(self, journal: Journal, num_shards: Mapping[str, int]):
        """Opens the shards of each split; continues from the journal's state."""
        self._journal = journal
        self._names = {
            (split, index): shard_name(split, index, count)
            for split, count in num_shards.items()
            for index in range(count)
        }
        self.counts: dict[str, list[int]] = {}
        """Of each file: examples and tokens."""
        if journal.state:
            self.counts = journal.state["shards"]
            return
        for name in self._names.values():
            self.counts[name] = [0, 0]
            journal.append(name, b"")  # A shard without examples is a file too.

    def append(self, split: str, index: int, block_records: Records) -> None:
        """Writes records at the end of a shard."""
        name = self._names[split, index]
        self._journal.append(name, block_records.framed)
        self.counts[name][0] += block_records.examples
        self.counts[name][1] += block_records.tokens

    def shards(self) -> tuple[Shard, ...]:
        """Describes all files."""
        shards = []
        for (split, _), name in self._names.items():
            examples, tokens = self.counts[name]
            size, sha256 = self._journal.described(name)
            shards.append(Shard(name, split, examples, tokens, size, sha256))
        return tuple(shards)


def _is_data(name: str) -> bool:
    """Whether a file of a build is one of the data directory that it makes."""
    return name in (MANIFEST_NAME, VOCABULARY_NAME) or name.endswith(".tfrecord")


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else f"{text[:100]} ... {text[-100:]}"
