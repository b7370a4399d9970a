"""Shards that a disk or a copy has damaged: where, and what is left of them.

A TFRecord file has a checksum per record. Behind a bad one nothing tells where the next
begins: what can be read of a shard is what stands before.
"""

import dataclasses
from collections.abc import Callable, Sequence

import tensorflow as tf
from absl import logging

from electra_tf import files
from electra_tf.config import Config, OnCorrupt
from electra_tf.shards import records
from electra_tf.shards.manifest import MANIFEST_NAME, Manifest, Shard

UNREADABLE = (
    tf.errors.DataLossError,
    tf.errors.InvalidArgumentError,
    tf.errors.UnknownError,  # A disk that fails (EIO).
    # TensorFlow's message about an example that it can't parse quotes its bytes.
    UnicodeDecodeError,
)
"""What reading a shard raises that is not as it was written."""


def reader(on_corrupt: OnCorrupt) -> Callable[[tf.Tensor], tf.data.Dataset]:
    """From the path of a shard to the dataset of its records, or of the readable."""
    if on_corrupt is OnCorrupt.ERROR:
        return tf.data.TFRecordDataset
    return lambda path: tf.data.TFRecordDataset(path).ignore_errors()


def without_damaged(
    manifest: Manifest, directory: str, splits: Sequence[str]
) -> Manifest:
    """The manifest of the records that can be read, each shard read once for it.

    Tokens are reckoned in proportion. Every loss is a warning that names the shard.
    """
    shards, lost = [], 0
    for shard in manifest.shards:
        if shard.split not in splits:
            shards.append(shard)
            continue
        left = min(readable(directory, shard), shard.examples)
        lost += shard.examples - left
        if left < shard.examples:
            logging.warning(
                "%s is damaged at its record %d: that one and the %d after it are left "
                "out (config.data.on_corrupt=SKIP)",
                tf.io.gfile.join(directory, shard.name),
                left,
                shard.examples - left - 1,
            )
        tokens = round(shard.tokens * left / max(shard.examples, 1))
        shards.append(dataclasses.replace(shard, examples=left, tokens=tokens))
    if lost:
        total = sum(shard.examples for shard in manifest.shards)
        logging.warning("%d of %d examples are left out", lost, total)
    return dataclasses.replace(manifest, shards=tuple(shards))


def readable(directory: str, shard: Shard) -> int:
    """Records of a shard before its first damage."""
    path = tf.io.gfile.join(directory, shard.name)
    ds = tf.data.TFRecordDataset(path).ignore_errors().batch(1024)
    return int(ds.reduce(0, lambda count, records_N: count + tf.size(records_N)))


def explain(
    manifest: Manifest, config: Config, splits: Sequence[str], error: Exception
) -> None:
    """Raises the error of the first record that is damaged or no example, if one is.

    Raises:
        ValueError: names the shard and the number of the record, from 0.
    """
    directory = config.data.directory
    for split in splits:
        for shard in manifest.split(split):
            whole = readable(directory, shard)
            if whole < shard.examples:
                raise ValueError(
                    f"{tf.io.gfile.join(directory, shard.name)} is damaged at its "
                    f"record {whole} of {shard.examples} ({files.reason(error)}): copy "
                    "it again, or rerun prepare.py with the same command, which makes "
                    "the same bytes; config.data.on_corrupt=SKIP goes on without the "
                    "rest of the shard."
                ) from error
            _check_examples(manifest, directory, shard)


def _check_examples(manifest: Manifest, directory: str, shard: Shard) -> None:
    """Raises a ValueError at the first record that is whole, but no example of ours."""
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
    """What is wrong with some records; "" if nothing is."""
    try:
        ids_NS = records.parse_batch(
            serialized_N,
            manifest.record_format,
            manifest.max_seq_length,
            manifest.special_ids.pad,
        ).input_ids_BS
    except UNREADABLE:
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
