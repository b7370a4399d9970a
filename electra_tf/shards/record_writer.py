"""Training examples → the bytes of a shard, in the COMPACT format of `records`.

Shape letters: N examples, U their tokens.
"""

import functools
import os
import threading
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

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
