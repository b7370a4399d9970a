"""Training examples on disk: the TFRecord schema, its writer and its reader.

Two record formats can be read; only the first is written.

COMPACT: `input_ids` int64 [length], the real tokens only; `first_segment_length`
    int64, the number of tokens with segment id 0: [CLS] A [SEP].
REFERENCE: google-research/electra's `input_ids`, `input_mask` and `segment_ids`,
    each int64 [max_seq_length].

Shape letters: B batch, S sequence, N examples, U their tokens.
"""

import functools
import os
import threading
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from electra_tf.batch import Batch
from electra_tf.shards.manifest import RecordFormat

UNREADABLE = (
    tf.errors.DataLossError,
    tf.errors.InvalidArgumentError,
    tf.errors.UnknownError,  # A disk that fails (EIO).
    # TensorFlow's message about an example that it can't parse quotes its bytes.
    UnicodeDecodeError,
)
"""Exceptions raised by reading a shard that is not as it was written."""

FRAME_BYTES = 16
"""Bytes that the TFRecord container adds to a record: its length, two checksums."""


def serialize(
    input_ids_U: np.ndarray, lengths_N: np.ndarray, first_segment_lengths_N: np.ndarray
) -> list[bytes]:
    """Serializes examples as tf.train.Example in the COMPACT format.

    The bytes equal protobuf's deterministic serialization and take a third of the time.

    Args:
        input_ids_U: [CLS] A [SEP] or [CLS] A [SEP] B [SEP], example after example,
            without padding.
        lengths_N: number of tokens of each example.
        first_segment_lengths_N: number of tokens of each example's [CLS] A [SEP].
    """
    varints, ends_U = _varints(input_ids_U)
    ends_N = ends_U[np.cumsum(lengths_N) - 1].tolist()
    serialized = []
    start = 0
    for end, first in zip(ends_N, first_segment_lengths_N.tolist(), strict=True):
        ids = varints[start:end]
        before = _first_feature(first) + _before_ids(len(ids))
        size = len(before) + len(ids)
        serialized.append(_before_features(size) + before + ids)
        start = end
    return serialized


def _varints(values_U: np.ndarray) -> tuple[bytes, np.ndarray]:
    """Encodes integers as protobuf's varints; returns the bytes and each one's end."""
    values_U = values_U.astype(np.uint32)
    sizes_U = 1 + (values_U >= 1 << 7) + (values_U >= 1 << 14) + (values_U >= 1 << 21)
    # Seven bits to a byte, the high bit where another byte follows; ids are below 2^28.
    words_U = values_U & 0x7F
    words_U |= (values_U & 0x7F << 7) << 1
    words_U |= (values_U & 0x7F << 14) << 2
    words_U |= (values_U & 0x7F << 21) << 3
    words_U |= np.array([0, 0x80, 0x8080, 0x808080], np.uint32)[sizes_U - 1]
    bytes_U4 = words_U.astype("<u4").view(np.uint8).reshape(-1, 4)
    data = bytes_U4[np.arange(4) < sizes_U[:, None]]
    return data.tobytes(), np.cumsum(sizes_U)


@functools.cache
def _first_feature(first_segment_length: int) -> bytes:
    values = _varints(np.array([first_segment_length]))[0]
    return _feature(b"first_segment_length", values)


@functools.cache
def _before_ids(size: int) -> bytes:
    """Bytes of the feature `input_ids` before its ids, which take `size` bytes."""
    return _feature(b"input_ids", b"", missing=size)


@functools.cache
def _before_features(size: int) -> bytes:
    return _sized(b"\x0a", b"", missing=size)


def _feature(name: bytes, values: bytes, missing: int = 0) -> bytes:
    int64_list = _sized(b"\x0a", values, missing)
    entry = _sized(b"\x0a", name)
    entry += _sized(b"\x12", _sized(b"\x1a", int64_list, missing), missing)
    return _sized(b"\x0a", entry, missing)


def _sized(tag: bytes, content: bytes, missing: int = 0) -> bytes:
    """A protobuf field; `missing` bytes of its content are appended later."""
    return tag + _varints(np.array([len(content) + missing]))[0] + content


def frame(serialized_examples: Sequence[bytes]) -> bytes:
    """Bytes of a TFRecord file with these records.

    TensorFlow writes them to its in-memory file system, so that the checksums are
    computed in C++. The caller can hash the bytes and append them to a shard.
    """
    path = f"ram://records-{os.getpid()}-{threading.get_ident()}"
    with tf.io.TFRecordWriter(path) as writer:
        for serialized in serialized_examples:
            writer.write(serialized)
    with tf.io.gfile.GFile(path, "rb") as file:
        framed = file.read()
    tf.io.gfile.remove(path)  # Writing to the same path again would append.
    return framed


def parse_batch(
    serialized_B: tf.Tensor,
    record_format: RecordFormat,
    max_seq_length: int,
    pad_id: int,
) -> Batch:
    """Serialized examples → padded tensors; a graph operation for tf.data.

    Args:
        serialized_B: serialized tf.train.Example.
        record_format: their layout.
        max_seq_length: length to pad to.
        pad_id: id to pad with.

    Returns:
        A Batch of int32 [B, max_seq_length].

    Raises:
        tf.errors.InvalidArgumentError: at run time, where an example is longer than
            max_seq_length or doesn't have the features of the format.
    """
    if record_format is RecordFormat.REFERENCE:
        return _parse_reference(serialized_B, max_seq_length, pad_id)
    features = tf.io.parse_example(
        serialized_B,
        {
            "input_ids": tf.io.RaggedFeature(tf.int64, row_splits_dtype=tf.int64),
            "first_segment_length": tf.io.FixedLenFeature([], tf.int64),
        },
    )
    input_ids = tf.cast(features["input_ids"], tf.int32)
    lengths_B = input_ids.row_lengths()
    fits = tf.debugging.assert_less_equal(
        lengths_B,
        tf.constant(max_seq_length, tf.int64),
        f"A record has more than max_seq_length={max_seq_length} tokens: its shard "
        "doesn't belong to this manifest. Make the shards again with prepare.py.",
    )
    with tf.control_dependencies([] if fits is None else [fits]):
        input_ids_BS = input_ids.to_tensor(pad_id, shape=[None, max_seq_length])
    input_mask_BS = tf.sequence_mask(lengths_B, max_seq_length, tf.int32)
    first_BS = tf.sequence_mask(
        features["first_segment_length"], max_seq_length, tf.int32
    )
    return Batch(input_ids_BS, input_mask_BS, input_mask_BS * (1 - first_BS))


def _parse_reference(
    serialized_B: tf.Tensor, max_seq_length: int, pad_id: int
) -> Batch:
    fixed_length = tf.io.FixedLenFeature([max_seq_length], tf.int64)
    names = ("input_ids", "input_mask", "segment_ids")
    features = tf.io.parse_example(serialized_B, dict.fromkeys(names, fixed_length))
    input_ids_BS, input_mask_BS, segment_ids_BS = (
        tf.cast(features[name], tf.int32) for name in names
    )
    # The reference pads with 0, whatever the vocabulary says.
    input_ids_BS = tf.where(input_mask_BS > 0, input_ids_BS, pad_id)
    return Batch(input_ids_BS, input_mask_BS, segment_ids_BS)
