"""Orders the records of a shard by their hashes, and so at random.

A hash of its document decides which shard an example goes to. As its place in the shard
follows from a hash too, every stretch of a shard is a sample of the whole corpus,
whatever the order of the files, and the bytes do not depend on the order of writing.

Shape letters: N records.
"""

import hashlib
import mmap
import os
import struct
from typing import NamedTuple

import numpy as np

from electra_tf import files
from electra_tf.corpus import hashing
from electra_tf.shards.record_writer import FRAME_BYTES

WRITE_BYTES = 8_000_000
"""Most bytes of a shard that are buffered before they are written."""
_LENGTH = struct.Struct("<Q")
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


class Written(NamedTuple):
    """Size and checksum of a written file."""

    bytes: int
    sha256: str


def shuffle(source: str, target: str, seed: int) -> Written:
    """Writes the records of a TFRecord file in their final order, durably.

    This takes a few MB of memory, and 24 bytes per record.

    Args:
        source: local file with the records in any order.
        target: local file to write; appears under this name when it is complete.
        seed: seed of the order.
    """
    sha256, size = hashlib.sha256(), 0
    temporary = f"{target}.tmp"
    with open(source, "rb") as records, open(temporary, "wb") as file:
        held: list[bytes] = []
        held_bytes = 0

        def flush() -> None:
            data = b"".join(held)
            sha256.update(data)
            file.write(data)
            held.clear()

        if os.path.getsize(source):  # An empty file can't be mapped.
            with mmap.mmap(records.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
                starts_N, keys_N = _index(mapped, seed)
                ends_N = [*starts_N[1:].tolist(), len(mapped)]
                starts = starts_N.tolist()
                for number in np.argsort(keys_N, kind="stable").tolist():
                    held.append(mapped[starts[number] : ends_N[number]])
                    held_bytes += len(held[-1])
                    if held_bytes > WRITE_BYTES:
                        flush()
                        size, held_bytes = size + held_bytes, 0
        flush()
        size += held_bytes
        file.flush()
        os.fsync(file.fileno())
    files.rename(temporary, target)
    return Written(size, sha256.hexdigest())


def described(path: str) -> Written:
    """Size and checksum of an existing local file."""
    return Written(os.path.getsize(path), files.sha256(path))


def _index(mapped: mmap.mmap, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Start of each record's frame, int64 [N], and its key, uint64 [N]."""
    key = seed.to_bytes(8, "little", signed=True)
    starts, digests = [], []
    start, end = 0, len(mapped)
    while start < end:
        (length,) = _LENGTH.unpack_from(mapped, start)
        data = start + _LENGTH.size + 4  # A checksum of the length follows it.
        record = mapped[data : data + length]
        digests.append(hashlib.blake2b(record, digest_size=8, key=key).digest())
        starts.append(start)
        start += length + FRAME_BYTES
    keys_N = np.frombuffer(b"".join(digests), np.uint64)
    return np.array(starts, np.int64), _apart(keys_N)


def _apart(keys_N: np.ndarray) -> np.ndarray:
    """Replaces equal keys, which equal records have, by different ones."""
    order_N = np.argsort(keys_N, kind="stable")
    sorted_N = keys_N[order_N]
    starts_N = np.flatnonzero(np.r_[True, sorted_N[1:] != sorted_N[:-1]])
    counts_N = np.diff(np.r_[starts_N, len(keys_N)])
    occurrence_N = np.arange(len(keys_N)) - np.repeat(starts_N, counts_N)
    mixed_N = hashing.mixed(sorted_N + occurrence_N.astype(np.uint64) * _GOLDEN)
    result_N = np.empty_like(keys_N)
    result_N[order_N] = np.where(occurrence_N > 0, mixed_N, sorted_N)
    return result_N
