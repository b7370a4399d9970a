"""The order of the records in a shard: by a hash of each, and so at random.

Which shard an example goes to follows from a hash of its document. With its place there
by a hash as well, every stretch of a shard is a sample of the whole corpus, whatever
the order of the files; and the bytes are the same whoever wrote the records first.

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
from electra_tf.shards.records import FRAME_BYTES

WRITE_BYTES = 8_000_000
"""Of a shard, held back at most."""
_LENGTH = struct.Struct("<Q")
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


class Written(NamedTuple):
    """A file as it was written."""

    bytes: int
    sha256: str


def shuffle(source: str, target: str, seed: int) -> Written:
    """Writes the records of a TFRecord file in their final order, durably.

    In memory are 24 bytes per record, and a few MB.

    Args:
        source: records in any order; local.
        target: takes its name when it is whole and on the disk; local.
        seed: of the order.
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

        if os.path.getsize(source):  # Nothing can't be mapped.
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
    """Size and checksum of a local file that is there already."""
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    return Written(os.path.getsize(path), digest.hexdigest())


def _index(mapped: mmap.mmap, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Where each record's frame begins, int64 [N], and its key, uint64 [N]."""
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
    """Keys of which equal ones, of equal records, are spread over the shard too."""
    order_N = np.argsort(keys_N, kind="stable")
    sorted_N = keys_N[order_N]
    starts_N = np.flatnonzero(np.r_[True, sorted_N[1:] != sorted_N[:-1]])
    counts_N = np.diff(np.r_[starts_N, len(keys_N)])
    occurrence_N = np.arange(len(keys_N)) - np.repeat(starts_N, counts_N)
    mixed_N = hashing.mixed(sorted_N + occurrence_N.astype(np.uint64) * _GOLDEN)
    result_N = np.empty_like(keys_N)
    result_N[order_N] = np.where(occurrence_N > 0, mixed_N, sorted_N)
    return result_N
