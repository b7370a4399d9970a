"""Finds damage that a disk or a copy did to shards, and names it.

A TFRecord file has a checksum per record, but behind a bad record nothing tells where
the next one begins: a damaged shard can be read up to the damage.
"""

import io
from collections.abc import Sequence

import tensorflow as tf
from absl import logging

from electra_tf import files
from electra_tf.progress import Progress
from electra_tf.shards import records
from electra_tf.shards.manifest import MANIFEST_NAME, Manifest, Shard


def verify(manifest: Manifest, directory: str, splits: Sequence[str]) -> None:
    """Reads the shards of some splits and checks that none has changed.

    Raises:
        ValueError: names the shards that have.
    """
    shards = [shard for shard in manifest.shards if shard.split in splits]
    if damaged := damaged_shards(shards, directory):
        paths = [tf.io.gfile.join(directory, shard.name) for shard in damaged]
        raise ValueError(
            f"{len(damaged)} of {len(shards)} shards have another SHA-256 than the "
            f"manifest says: {', '.join(paths)}. {_cure(directory)}"
        )


def damaged_shards(shards: Sequence[Shard], directory: str) -> list[Shard]:
    """Shards that can't be read or whose SHA-256 differs; logs its progress."""
    total, done = sum(shard.bytes for shard in shards), 0
    logging.info("Reading %d shards, %.1f MB, to check them", len(shards), total / 1e6)
    progress = Progress(total, _LogStream(), what="MB of shards")
    damaged = []

    def count(read: int) -> None:
        nonlocal done
        done += read
        progress.update(done, done)

    for shard in shards:
        path = tf.io.gfile.join(directory, shard.name)
        sha256 = ""
        try:
            sha256 = files.sha256(path, count)
        except tf.errors.OpError as error:
            logging.error("%s cannot be read: %s", path, files.reason(error))
        if sha256 != shard.sha256:
            damaged.append(shard)
    logging.info("Read %.1f MB in %.1f s", done / 1e6, progress.seconds)
    return damaged


class _LogStream(io.StringIO):
    """A stream that writes each line to the log."""

    def write(self, text: str) -> int:
        logging.info("%s", text.rstrip())
        return len(text)


def explain(
    manifest: Manifest, directory: str, splits: Sequence[str], error: Exception
) -> None:
    """Raises an error that names the first damaged or foreign record, if there is one.

    Args:
        manifest: the manifest of the shards.
        directory: the directory that the shards' names are relative to.
        splits: the splits to search.
        error: the error that reading them raised.

    Raises:
        ValueError: names the shard and the number of the record, from 0.
    """
    for split in splits:
        for shard in manifest.split(split):
            readable = readable_records(directory, shard)
            if readable < shard.examples:
                raise ValueError(
                    f"{tf.io.gfile.join(directory, shard.name)} is damaged at its "
                    f"record {readable} of {shard.examples} ({files.reason(error)}). "
                    f"{_cure(directory)}"
                ) from error
            _check_examples(manifest, directory, shard)


def _cure(directory: str) -> str:
    return (
        "Copy what is damaged again, or rerun prepare.py with the same command, which "
        f"makes the same bytes; prepare.py --without_damaged={directory} takes damaged "
        "shards out of the manifest."
    )


def readable_records(directory: str, shard: Shard) -> int:
    """Number of records of a shard before its first damage."""
    path = tf.io.gfile.join(directory, shard.name)
    ds = tf.data.TFRecordDataset(path).ignore_errors().batch(1024)
    return int(ds.reduce(0, lambda count, records_N: count + tf.size(records_N)))


def _check_examples(manifest: Manifest, directory: str, shard: Shard) -> None:
    """Raises a ValueError at the first whole record that is no example."""
    path = tf.io.gfile.join(directory, shard.name)
    logging.info("Looking through %s for a record that is no example", path)
    first = 0
    for batch_N in tf.data.TFRecordDataset(path).take(shard.examples).batch(1024):
        if _problem(batch_N, manifest):
            for number, record in enumerate(batch_N, first):
                if problem := _problem(record[None], manifest):
                    raise ValueError(
                        f"Record {number} of {path} {problem}: rerun prepare.py."
                    )
        first += len(batch_N)


def _problem(serialized_N: tf.Tensor, manifest: Manifest) -> str:
    """Describes what is wrong with some records; "" if nothing is."""
    try:
        ids_NS = records.parse_batch(
            serialized_N,
            manifest.record_format,
            manifest.max_seq_length,
            manifest.special_ids.pad,
        ).input_ids_BS
    except records.UNREADABLE:
        return (
            f"is no example of the format {manifest.record_format.value}, which "
            f"{MANIFEST_NAME} says"
        )
    smallest, largest = int(tf.reduce_min(ids_NS)), int(tf.reduce_max(ids_NS))
    if smallest >= 0 and largest < manifest.vocabulary_size:
        return ""
    return (
        f"has token id {smallest if smallest < 0 else largest}, but the vocabulary has "
        f"{manifest.vocabulary_size} pieces"
    )
