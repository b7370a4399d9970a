"""A stream of bytes → blocks of whole documents, without decoding the text.

That is cheap, so that one process can feed many. A stream is cut in the same places
every time. Held in memory is a block, or the longest document or record allowed.
"""

import itertools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from electra_tf.corpus import formats
from electra_tf.corpus.formats import Block, Format
from electra_tf.corpus.streams import Stream
from electra_tf.shards.manifest import CorpusCounts

BLOCK_BYTES = 1_000_000
"""Approximate size of the text in a block."""


def text_blocks(stream: Stream) -> Iterator[Block]:
    """Blocks of plain text: a blank line ends a document."""
    buffer = b""
    while piece := stream.read(BLOCK_BYTES):
        buffer += piece
        counts = CorpusCounts()
        end = _end_of_documents(buffer)
        if not end and len(buffer) > formats.MAX_DOCUMENT_BYTES + BLOCK_BYTES:
            end = formats.cut_point(buffer)
            counts.documents_cut = 1
        if end:
            yield Block(buffer[:end], stream.position, counts=counts)
            buffer = buffer[end:]
    if buffer:
        yield Block(buffer, stream.position)


def record_blocks(stream: Stream, format: Format, text_field: str) -> Iterator[Block]:
    """Blocks of JSON lines. A line that is too long is dropped and counted."""
    buffer = b""
    passing_over = False
    counts = CorpusCounts()

    def block(end: int) -> Block:
        return Block(buffer[:end], stream.position, format, text_field, counts=counts)

    while piece := stream.read(BLOCK_BYTES):
        if passing_over:
            _, line_end, piece = piece.partition(b"\n")
            passing_over = not line_end
        buffer += piece
        if end := buffer.rfind(b"\n") + 1:
            yield block(end)
            buffer, counts = buffer[end:], CorpusCounts()
        if len(buffer) > formats.MAX_RECORD_BYTES:
            buffer, passing_over = b"", True
            counts.drop(formats.RECORD_TOO_LONG)
    if buffer or counts.documents_dropped:
        yield block(len(buffer))


class Bounds(NamedTuple):
    """An entry of an OSCAR 21.09 index: the lines of one document."""

    first: int
    """Number of the first line, from 0."""
    end: int
    """Number of the line after the last one."""
    index_line: int
    """Line of the index that has this entry, from 1."""


def bounds(index: Stream) -> Iterator[Bounds]:
    """Reads and checks the index of an OSCAR 21.09 part.

    Raises:
        ValueError: it isn't one, or the documents overlap.
    """
    number = last = 0
    for block in record_blocks(index, Format.JSON_LINES, ""):
        if block.counts.documents_dropped:
            raise ValueError(
                f"{index.path} has a {formats.RECORD_TOO_LONG} after line {number:,}."
                f"{_CURE}"
            )
        for line in block.data.removesuffix(b"\n").split(b"\n"):
            number += 1
            if not line.strip():
                continue
            try:
                record = formats.parse(line.decode())
                first, count = record["offset"], record["nb_sentences"]
            except (ValueError, TypeError, KeyError) as error:
                raise ValueError(
                    f"{index.path}, line {number:,}: a JSON object with offset and "
                    f"nb_sentences is expected, but {error!r}.{_CURE}"
                ) from error
            if type(first) is not int or type(count) is not int or count < 0:
                raise ValueError(
                    f"{index.path}, line {number:,}: offset and nb_sentences are "
                    f"{first!r} and {count!r}, not whole numbers from 0.{_CURE}"
                )
            if first < last:
                raise ValueError(
                    f"{index.path}, line {number:,}: its document begins at offset "
                    f"{first:,}, before the end of the one before, {last:,}.{_CURE}"
                )
            last = first + count
            yield Bounds(first, last, number)


def indexed_blocks(stream: Stream, index: Stream) -> Iterator[Block]:
    """Blocks of OSCAR 21.09: an index says which lines are a document.

    Raises:
        ValueError: index and text don't fit together.
    """
    documents = bounds(index)
    document = next(documents, None)
    line = 0
    """Number of the first line in the buffer."""
    buffer = b""
    piece: bytes | None = None
    while piece != b"":
        piece = stream.read(BLOCK_BYTES)
        # The last line may lack its line end.
        buffer += piece or (b"\n" if buffer and not buffer.endswith(b"\n") else b"")
        starts = [0, *(np.flatnonzero(np.frombuffer(buffer, np.uint8) == 10) + 1)]
        last = line + len(starts) - 1
        spans = []
        counts = CorpusCounts()
        while document and document.end <= last:
            first = max(document.first, line)  # Before the line, if it was cut.
            spans.append((int(starts[first - line]), int(starts[document.end - line])))
            document = next(documents, None)
        # Lines that no later document needs.
        end = int(
            starts[min(max(document.first, line), last) - line if document else -1]
        )
        if not end and len(buffer) > formats.MAX_DOCUMENT_BYTES + BLOCK_BYTES:
            end = formats.cut_point(buffer)
            if document and document.first <= line:
                spans.append((0, end))
                counts.documents_cut = 1
        if end or spans:
            _count_outside(buffer[:end], spans, counts)
            yield Block(
                buffer[:end],
                stream.position,
                Format.OSCAR_2109,
                spans=tuple(spans),
                counts=counts,
            )
            line += buffer.count(b"\n", 0, end)
            buffer = buffer[end:]
    if document:
        raise ValueError(
            f"{index.path}, line {document.index_line:,}: its document is lines "
            f"{document.first + 1:,} to {document.end:,} of {stream.path}, which has "
            f"{line + buffer.count(10):,} lines.{_CURE}"
        )


_CURE = (
    " Copy the index and its text again, or pass --format=text to go by the text's "
    "blank lines alone."
)


def _count_outside(
    data: bytes, spans: list[tuple[int, int]], counts: CorpusCounts
) -> None:
    """Counts lines outside all documents, except the blank ones that separate them."""
    edges = [0, *itertools.chain(*spans), len(data)]
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        if outside := data[start:end].strip():
            lines = sum(bool(line.strip()) for line in outside.split(b"\n"))
            counts.drop_lines("in no document", lines)


def _end_of_documents(buffer: bytes) -> int:
    """End of the last whole document in a buffer; 0 if there is none yet."""
    if end := buffer.rfind(b"\n\n") + 1:
        return end
    # The last blank line whose line ends are both in the buffer.
    end = buffer.rfind(b"\n")
    while (before := buffer.rfind(b"\n", 0, end)) >= 0:
        if not buffer[before:end].strip():
            return end + 1
        end = before
    return 0
