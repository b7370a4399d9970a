"""Where a build writes: a directory that appears whole, and the shards in it."""

import contextlib
import dataclasses
import hashlib
from collections.abc import Iterator, Mapping

import tensorflow as tf

from electra_tf import files
from electra_tf.data.block import Records
from electra_tf.data.manifest import MANIFEST_NAME, Shard


@contextlib.contextmanager
def output_directory(output: str, overwrite: bool) -> Iterator[str]:
    """A temporary directory beside the output, which becomes the output at the end.

    Raises:
        ValueError: the output exists, and may not be overwritten.
    """
    _check_output(output, overwrite)
    with files.whole_directory(output) as temporary:
        yield temporary


def _check_output(output: str, overwrite: bool) -> None:
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


def shard_name(split: str, index: int, count: int) -> str:
    """Of a file beside the manifest."""
    return f"{split}-{index:05}-of-{count:05}.tfrecord"


class ShardWriter:
    """Appends blocks of records to the shards, and keeps their counts and hashes."""

    def __init__(self, directory: str, num_shards: Mapping[str, int]):
        """Opens the shards of each split."""
        self._open = {}
        for split, count in num_shards.items():
            for index in range(count):
                name = shard_name(split, index, count)
                path = tf.io.gfile.join(directory, name)
                self._open[split, index] = OpenShard(path, name, split)

    def append(self, split: str, index: int, block_records: Records) -> None:
        """Writes records at the end of a shard."""
        self._open[split, index].append(block_records)

    def close(self) -> tuple[Shard, ...]:
        """Ends all files and describes them."""
        return tuple(shard.close() for shard in self._open.values())


class OpenShard:
    """A shard that is being written."""

    def __init__(self, path: str, name: str, split: str):
        """Opens the file, under a path that needn't end in its name yet."""
        self._file = tf.io.gfile.GFile(path, "wb")
        self._hash = hashlib.sha256()
        self._shard = Shard(name, split, examples=0, tokens=0, bytes=0, sha256="")
        self._file.write(b"")  # Opens it: a shard without examples is a file too.

    def append(self, block_records: Records) -> None:
        """Writes records at the end."""
        self._file.write(block_records.framed)
        self._hash.update(block_records.framed)
        self._shard = dataclasses.replace(
            self._shard,
            examples=self._shard.examples + block_records.examples,
            tokens=self._shard.tokens + block_records.tokens,
            bytes=self._shard.bytes + len(block_records.framed),
        )

    def close(self) -> Shard:
        """Ends the file and describes it."""
        self._file.close()
        return dataclasses.replace(self._shard, sha256=self._hash.hexdigest())
