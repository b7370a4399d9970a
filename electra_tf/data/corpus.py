"""Raw text → documents.

A corpus is a list of sources. Reading is in two steps, so that many processes can
share it: a source yields blocks of bytes that hold whole documents, which is cheap;
`decode` and `documents` make text of a block, in whichever process has it.

Read are plain text and the OSCAR release of 2019 (`es_part_1.txt.gz`): UTF-8; only the
line feed ends a line; a blank or white-space line, or the end of a file, a document.
"""

import dataclasses
import gzip
import re
import zlib
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Protocol, cast

import tensorflow as tf

from electra_tf.data import sample

SAMPLE = "sample"
"""The name of the embedded corpus."""
BLOCK_BYTES = 1_000_000
"""Text in a block, about."""
MAX_DOCUMENT_BYTES = 4_000_000
"""A longer document is cut at a line end, so that memory doesn't grow with it."""
GZIP_RATIO = 2.8
"""Bytes of Spanish text per byte of gzip."""

_GZIP = b"\x1f\x8b"
_UNREADABLE = {
    b"\x28\xb5\x2f\xfd": "zstandard",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"PK\x03\x04": "zip",
}
_BLANK_LINE = re.compile(rb"\n[ \t\r\f\v]*\n")


@dataclasses.dataclass(frozen=True)
class Block:
    """Some whole documents of a source."""

    data: bytes
    position: int
    """Bytes of the source, as stored, that have been read with this block."""


class Source(Protocol):
    """Where documents come from. Another format is another class like this."""

    @property
    def path(self) -> str:
        """What the manifest calls it."""

    @property
    def bytes(self) -> int:
        """Its size as stored, compressed where it is."""

    @property
    def text_bytes(self) -> float:
        """Its size as text, estimated."""

    def blocks(self) -> Iterator[Block]:
        """All of it, in order, cut in the same places every time."""


@dataclasses.dataclass(frozen=True)
class TextFile:
    """A file of plain text or gzip, told apart by content."""

    path: str
    bytes: int

    @property
    def text_bytes(self) -> float:
        """Its size as text, estimated."""
        return self.bytes * (GZIP_RATIO if self.path.endswith(".gz") else 1)

    def blocks(self) -> Iterator[Block]:
        """Whole documents, about BLOCK_BYTES at a time.

        Raises:
            ValueError: the file is compressed in another way, truncated or broken.
        """
        with tf.io.gfile.GFile(self.path, "rb") as stored:
            stream = _decompressed(stored, self.path)
            buffer = b""
            try:
                while piece := stream.read(BLOCK_BYTES):
                    buffer += piece
                    if end := _end_of_documents(buffer):
                        yield Block(buffer[:end], stored.tell())
                        buffer = buffer[end:]
            except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                raise ValueError(
                    f"{self.path} is truncated or not whole gzip: {error} (after "
                    f"{stored.tell():,} of {self.bytes:,} bytes). Copy the file again."
                ) from error
            if buffer:
                yield Block(buffer, self.bytes)


@dataclasses.dataclass(frozen=True)
class Sample:
    """The embedded corpus: generated text."""

    bytes: int
    seed: int
    path: str = SAMPLE

    @property
    def text_bytes(self) -> float:
        """Its size as text."""
        return self.bytes

    def blocks(self) -> Iterator[Block]:
        """Whole documents, about BLOCK_BYTES at a time."""
        position, buffer = 0, bytearray()
        for lines in sample.documents(self.bytes, self.seed):
            buffer += "\n".join([*lines, "", ""]).encode()
            if len(buffer) >= BLOCK_BYTES:
                position += len(buffer)
                yield Block(bytes(buffer), min(position, self.bytes))
                buffer.clear()
        if buffer:
            yield Block(bytes(buffer), self.bytes)


def expand(patterns: str, sample_bytes: int = 0, seed: int = 0) -> list[Source]:
    """The sources that a --corpus flag names.

    Args:
        patterns: comma-separated globs, or "sample"; "" for none.
        sample_bytes: size of the embedded corpus.
        seed: of the embedded corpus.

    Returns:
        Each file once, sorted by path.

    Raises:
        ValueError: a pattern matches no file, or a directory.
    """
    if patterns == SAMPLE:
        return [Sample(sample_bytes, seed)]
    paths = set()
    for pattern in patterns.split(",") if patterns else ():
        matches = _glob(pattern)
        if not matches:
            raise ValueError(
                f"No file matches {pattern!r}: give the paths of text files, or "
                f"{SAMPLE!r} for the embedded corpus."
            )
        paths.update(matches)
    for path in paths:
        if tf.io.gfile.isdir(path):
            raise ValueError(f"{path} is a directory: name its files, as {path}/*.gz.")
    return [TextFile(path, tf.io.gfile.stat(path).length) for path in sorted(paths)]


def decode(data: bytes) -> tuple[str, int]:
    """UTF-8 → text, and how many invalid byte sequences became U+FFFD."""
    try:
        return data.decode("utf-8"), 0
    except UnicodeDecodeError:
        text = data.decode("utf-8", errors="replace")
        genuine = data.count("\N{REPLACEMENT CHARACTER}".encode())
        return text, text.count("\N{REPLACEMENT CHARACTER}") - genuine


def documents(text: str) -> Iterator[list[str]]:
    """The documents of a block's text, each a list of lines that aren't blank."""
    lines: list[str] = []
    for line in text.split("\n"):
        if line and not line.isspace():
            lines.append(line)
        elif lines:
            yield lines
            lines = []
    if lines:
        yield lines


@dataclasses.dataclass(frozen=True)
class Excerpt:
    """The text of the first part of every source, for learning a vocabulary.

    Can be iterated any number of times, and holds one block at a time.
    """

    sources: Sequence[Source]
    limit_bytes: int
    """Of text, shared by the sources in proportion to their size."""

    def __iter__(self) -> Iterator[str]:
        """Texts of about BLOCK_BYTES."""
        total = sum(source.text_bytes for source in self.sources)
        for source in self.sources:
            wanted = self.limit_bytes * source.text_bytes / max(total, 1)
            for block in source.blocks():
                yield decode(block.data)[0]
                wanted -= len(block.data)
                if wanted <= 0:
                    break


def _glob(pattern: str) -> list[str]:
    try:
        return tf.io.gfile.glob(pattern)
    except tf.errors.NotFoundError:  # The directory itself doesn't exist.
        return []


def _decompressed(stored: tf.io.gfile.GFile, path: str) -> BinaryIO:
    start = stored.read(6)
    stored.seek(0)
    for magic, name in _UNREADABLE.items():
        if start.startswith(magic):
            raise ValueError(
                f"{path} is compressed with {name}, but only plain text and gzip are "
                "read: decompress it first."
            )
    if start.startswith(_GZIP):
        return cast(BinaryIO, gzip.GzipFile(fileobj=stored))
    return stored


def _end_of_documents(buffer: bytes) -> int:
    """Where the last whole document of a buffer ends; 0 to read on."""
    if end := buffer.rfind(b"\n\n") + 1:
        return end
    if blank_lines := list(_BLANK_LINE.finditer(buffer)):
        return blank_lines[-1].end()
    if len(buffer) < MAX_DOCUMENT_BYTES:
        return 0
    return buffer.rfind(b"\n") + 1 or buffer.rfind(b" ") + 1 or len(buffer)
