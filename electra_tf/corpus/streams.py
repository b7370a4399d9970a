"""Files of any storage and compression as streams of decompressed bytes.

TensorFlow's file systems open local files and gs://; fsspec opens whatever else it
knows: hf://, s3://, https://. gzip and zstandard are told by content. A stream is read
once, from its beginning to its end, and holds a few MB whatever the file expands to.
"""

import contextlib
import enum
import gzip
import io
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

import fsspec
import tensorflow as tf
import zstandard

from electra_tf import files

READ_BYTES = 1_000_000
"""Bytes of a stored file read at a time."""
ZSTANDARD_BYTES = 2048
"""Bytes of a zstandard file decompressed at a time. 4 bytes expand to at most 128 KB,
so these to 64 MB; larger pieces are hardly faster."""

_UNREADABLE = {
    b"BZh": "compressed with bzip2: decompress it first",
    b"\xfd7zXZ": "compressed with xz: decompress it first",
    b"PK\x03\x04": "a zip archive: unpack it first",
    b"\x04\x22\x4d\x18": "compressed with lz4: decompress it first",
    b"PAR1": "Parquet: write it as JSON lines first",
    b"\xff\xfe": "UTF-16: convert it with `iconv -f UTF-16 -t UTF-8` first",
    b"\xfe\xff": "UTF-16: convert it with `iconv -f UTF-16 -t UTF-8` first",
}


class Compression(enum.Enum):
    """Compression of a file; the values are its first bytes."""

    NONE = b""
    GZIP = b"\x1f\x8b"
    ZSTANDARD = b"\x28\xb5\x2f\xfd"
    ZSTANDARD_SKIPPABLE = b"\x50\x2a\x4d\x18"
    """First bytes of zstandard files by parallel and seekable compressors."""


class Stream:
    """The decompressed bytes of a file."""

    def __init__(self, path: str, stored: "_Stored"):
        """Detects the compression.

        Raises:
            ValueError: it is one that isn't read.
        """
        self.path = path
        self._stored = stored
        buffered = io.BufferedReader(stored, READ_BYTES)
        start = buffered.peek(6)
        _refuse_unreadable(path, start)
        self.compression = next(
            kind for kind in reversed(Compression) if start.startswith(kind.value)
        )
        self._data: Any = buffered
        if self.compression is Compression.GZIP:
            self._data = gzip.GzipFile(fileobj=buffered, mode="rb")
        elif self.compression is not Compression.NONE:
            self._data = io.BufferedReader(
                _Zstandard(cast(BinaryIO, buffered)), READ_BYTES
            )
        if self._data is not buffered:
            start = self._checked(self._data.peek, 6)
            _refuse_unreadable(path, start)
            if start.startswith((Compression.GZIP.value, Compression.ZSTANDARD.value)):
                raise ValueError(f"{path} is compressed twice: decompress it once.")

    @property
    def position(self) -> int:
        """Number of bytes of the stored file that have been read."""
        return self._stored.position

    def read(self, size: int) -> bytes:
        """Reads the next bytes: fewer than requested only at the end.

        Raises:
            ValueError: the file is truncated, broken or out of reach.
        """
        return self._checked(self._data.read, size)

    def _checked(self, read, size: int) -> bytes:
        try:
            return read(size)
        except (EOFError, gzip.BadGzipFile, zlib.error, zstandard.ZstdError) as error:
            kind = "gzip" if self.compression is Compression.GZIP else "zstandard"
            raise ValueError(
                f"{self.path} is truncated or not whole {kind}: {error} (after "
                f"{self.position:,} bytes). Copy the file again."
            ) from error


@contextlib.contextmanager
def opened(path: str) -> Iterator[Stream]:
    """Opens a file as a stream.

    Raises:
        ValueError: there is no such file, or it can't be read.
    """
    with _explained(path):
        file = (
            tf.io.gfile.GFile(path, "rb")
            if _is_tensorflow(path)
            else fsspec.open(path, "rb").open()
        )
    with contextlib.closing(file):
        yield Stream(path, _Stored(file, path))


def matching(patterns: str) -> list[str]:
    """Files that comma-separated globs match, each once, sorted.

    Raises:
        ValueError: a pattern matches no file, or a directory.
    """
    paths = set()
    for pattern in patterns.split(",") if patterns else ():
        matches = _glob(pattern)
        if not matches:
            raise ValueError(f"No file matches {pattern!r}: give the paths of files.")
        paths.update(matches)
    for path in paths:
        with _explained(path):
            if _is_directory(path):
                raise ValueError(f"{path} is a directory: name its files: {path}/*.gz.")
    return sorted(paths)


def size(path: str) -> int:
    """Size of a file as stored, in bytes.

    Raises:
        ValueError: it is out of reach, or its server doesn't say.
    """
    with _explained(path):
        if _is_tensorflow(path):
            return tf.io.gfile.stat(path).length
        filesystem, name = fsspec.url_to_fs(path)
        length = filesystem.size(name)
    if length is None:
        raise ValueError(
            f"The server of {path} doesn't state its size, from which the number of "
            "shards follows: download the file and name the copy."
        )
    return length


def exists(path: str) -> bool:
    """Whether a file exists."""
    with _explained(path):
        if _is_tensorflow(path):
            return tf.io.gfile.exists(path)
        filesystem, name = fsspec.url_to_fs(path)
        return filesystem.exists(name)


class _Stored(io.RawIOBase):
    """A file as it is stored; counts the bytes read, and explains errors."""

    def __init__(self, file: Any, path: str):
        self._file = file
        self._path = path
        self.position = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with _explained(self._path):
            piece = self._file.read(len(buffer))
        buffer[: len(piece)] = piece
        self.position += len(piece)
        return len(piece)


class _Zstandard(io.RawIOBase):
    """Decompresses any number of frames.

    zstandard.ZstdDecompressor.stream_reader takes a truncated file for a whole one, and
    so isn't used.
    """

    def __init__(self, source: BinaryIO):
        self._source = source
        self._frame: Any = None
        """Frame whose end hasn't been read; None between frames."""
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready:
            piece = self._source.read(ZSTANDARD_BYTES)
            if not piece:
                if self._frame:
                    raise EOFError("the last frame has no end")
                return 0
            self._ready = memoryview(self._decompress(piece))
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def _decompress(self, piece: bytes) -> bytes:
        made = []
        while piece:
            if not self._frame:
                self._frame = zstandard.ZstdDecompressor().decompressobj()
            made.append(self._frame.decompress(piece))
            if not self._frame.eof:
                break
            piece = self._frame.unused_data
            self._frame = None
        return b"".join(made)


def _is_tensorflow(path: str) -> bool:
    return files.scheme(path) in ("", "file", "ram", "gs")


def _glob(pattern: str) -> list[str]:
    with _explained(pattern):
        if not _is_tensorflow(pattern):
            filesystem, name = fsspec.url_to_fs(pattern)
            found = cast(list[str], filesystem.glob(name))
            return [filesystem.unstrip_protocol(path) for path in found]
        try:
            return tf.io.gfile.glob(pattern)
        except tf.errors.NotFoundError:  # There is no such directory.
            return []


def _is_directory(path: str) -> bool:
    if _is_tensorflow(path):
        return tf.io.gfile.isdir(path)
    filesystem, name = fsspec.url_to_fs(path)
    # A web page lists links, so fsspec takes it for a directory.
    return not path.startswith("http") and filesystem.isdir(name)


def _refuse_unreadable(path: str, start: bytes) -> None:
    for magic, reason in _UNREADABLE.items():
        if start.startswith(magic):
            raise ValueError(
                f"{path} is {reason}. Read are text and JSON lines, plain or "
                "compressed with gzip or zstandard."
            )


@contextlib.contextmanager
def _explained(path: str) -> Iterator[None]:
    """Turns errors of files and storage into a ValueError for the user."""
    try:
        yield
    except ValueError as error:
        if "Protocol not known" not in str(error):
            raise
        raise ValueError(f"{path} can't be read: {error}.") from error
    except ImportError as error:
        raise ValueError(
            f"{path} can't be read without another package: {error}."
        ) from error
    except tf.errors.OpError as error:
        raise ValueError(f"{path} can't be read: {files.reason(error)}") from error
    except Exception as error:
        # fsspec's file systems raise their libraries' errors, which have no base class.
        if _is_tensorflow(path) and not isinstance(error, OSError):
            raise
        raise ValueError(f"{path} can't be read: {error!r}") from error
