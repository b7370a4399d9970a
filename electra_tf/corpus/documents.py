"""The sources of documents that a --corpus names, and excerpts of their text.

A corpus is a list of sources. Reading is in two steps, so that many processes can
share it: a source yields blocks of bytes that hold whole documents, which is cheap;
`formats.read` makes documents of a block, in whichever process has it.
"""

import dataclasses
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from electra_tf.corpus import blocks, formats, streams
from electra_tf.corpus.formats import Block, Document, Format
from electra_tf.corpus.streams import Compression
from electra_tf.shards.manifest import CorpusCounts

AUTO = "auto"
"""Value of --format: detect each file's format by its content."""
FORMATS = (AUTO, *(known.value for known in Format))
"""Values of a --format flag."""
COMPRESSION_RATIO = 2.8
"""Bytes of Spanish text per byte of gzip or zstandard."""
TEXT_SHARE = {Format.OSCAR_2201: 0.78, Format.OSCAR_2301: 0.78, Format.JSON_LINES: 0.9}
"""Share of text in the bytes of a record, measured on Spanish OSCAR 22.01."""
FIRST_LINES = 10
"""Number of first lines of a JSON file, one of which at least must be whole."""

_TEXT_NAME = re.compile(r"(?P<corpus>.+?)(?P<part>_part_\d+)?\.txt(\.gz|\.zst)?")


class Source(Protocol):
    """A source of documents."""

    @property
    def path(self) -> str:
        """Name of the source in the manifest."""

    @property
    def bytes(self) -> int:
        """Size of the source as stored, possibly compressed."""

    @property
    def text_bytes(self) -> float:
        """Estimated size of the text."""

    @property
    def format(self) -> Format:
        """Format of the documents."""

    def blocks(self) -> Iterator[Block]:
        """All blocks in order, the same in every call."""


@dataclasses.dataclass(frozen=True)
class File:
    """A file of text or JSON lines."""

    path: str
    bytes: int
    compression: Compression = Compression.NONE
    format: Format = Format.TEXT
    text_field: str = "text"
    """Field with the text, in JSON lines."""
    index: str = ""
    """Path of the index with the documents' bounds, in OSCAR 21.09."""

    @property
    def text_bytes(self) -> float:
        """Estimated size of the text."""
        ratio = 1 if self.compression is Compression.NONE else COMPRESSION_RATIO
        return self.bytes * ratio * TEXT_SHARE.get(self.format, 1)

    def blocks(self) -> Iterator[Block]:
        """Blocks of whole documents, of about 1 MB each.

        Raises:
            ValueError: the file can't be read, or it doesn't fit to its index.
        """
        with streams.opened(self.path) as stream:
            if self.format is Format.TEXT:
                yield from blocks.text_blocks(stream)
            elif self.format is Format.OSCAR_2109:
                with streams.opened(self.index) as index:
                    yield from blocks.indexed_blocks(stream, index)
            else:
                yield from blocks.record_blocks(stream, self.format, self.text_field)


def expand(
    patterns: str,
    format: str = AUTO,
    text_field: str = "text",
) -> list[Source]:
    """Finds the sources that a --corpus flag names.

    Args:
        patterns: comma-separated globs; "" for none.
        format: a value of Format for all files, or "auto".
        text_field: field with the text, in JSON lines.

    Returns:
        Each file once, sorted by path; indices of OSCAR 21.09 with their texts.

    Raises:
        ValueError: a pattern matches no file, or a file isn't what it should be.
    """
    assert format in FORMATS, format
    paths = streams.matching(patterns)
    sources: list[Source] = []
    for path in paths:
        compression, detected = _detect(path, format, text_field)
        index = ""
        if detected is Format.OSCAR_2109:  # An index, which is read with its text.
            _check_text_is_named(path, paths)
            continue
        if format == Format.OSCAR_2109.value or (
            format == AUTO and detected is Format.TEXT
        ):
            index = _index(path)
        if index:
            detected = Format.OSCAR_2109
        elif format == Format.OSCAR_2109.value:
            raise ValueError(
                f"{path} has no index beside it, as es_meta_part_1.jsonl.gz is of "
                "es_part_1.txt.gz: copy it there, or pass --format=text."
            )
        size = streams.size(path)
        sources.append(File(path, size, compression, detected, text_field, index))
    return sources


@dataclasses.dataclass(frozen=True)
class Excerpt:
    """The text of the first documents of every source, for learning a vocabulary.

    Can be iterated any number of times, and holds one block at a time.
    """

    sources: Sequence[Source]
    limit_bytes: int
    """Size of the text, divided among the sources in proportion to their size."""
    clean: Callable[[Sequence[Document], CorpusCounts], list[Document]] = (
        lambda documents, _: list(documents)
    )

    def __iter__(self) -> Iterator[str]:
        """Yields texts of about 1 MB."""
        total = sum(source.text_bytes for source in self.sources)
        for source in self.sources:
            wanted = self.limit_bytes * source.text_bytes / max(total, 1)
            for block in source.blocks():
                texts = []
                for document in self.clean(*formats.read(block)):
                    if wanted > 0:
                        texts.append("\n".join([*document.lines, ""]))
                        wanted -= len(texts[-1].encode())
                yield "".join(texts)
                if wanted <= 0:
                    break


def _detect(path: str, format: str, text_field: str) -> tuple[Compression, Format]:
    """Detects the format of a file; that of an OSCAR 21.09 index is OSCAR_2109.

    Raises:
        ValueError: the file is JSON, but of an unknown kind.
    """
    with streams.opened(path) as stream:
        record = _first_record(stream)
        if record is not None and {"offset", "nb_sentences"} <= record.keys():
            return stream.compression, Format.OSCAR_2109
        if format not in (AUTO, Format.OSCAR_2109.value):
            return stream.compression, Format(format)
        if record is None:
            return stream.compression, Format.TEXT
    metadata = record.get("metadata")
    if "content" in record and isinstance(metadata, dict):
        newer = "quality_warnings" in metadata
        return stream.compression, Format.OSCAR_2301 if newer else Format.OSCAR_2201
    if text_field in record:
        return stream.compression, Format.JSON_LINES
    raise ValueError(
        f"{path} has JSON lines with the fields {', '.join(map(repr, record))}, but "
        f"--text_field={text_field} is not among them: name the one with the text."
    )


def _first_record(stream: streams.Stream) -> dict[str, Any] | None:
    """The first whole JSON object of a file; None if the file is plain text.

    Raises:
        ValueError: the file is named as JSON, but has no object on its first lines.
    """
    named_json = ".json" in stream.path.rpartition("/")[2]
    found = blocks.record_blocks(stream, Format.JSON_LINES, "")
    data = next((block.data for block in found if block.data.strip()), b"")
    lines = (
        formats.decode(data, CorpusCounts()).removeprefix("\ufeff").strip().split("\n")
    )
    if named_json or lines[0].startswith("{"):
        for line in lines[:FIRST_LINES]:
            try:
                record = formats.parse(line)
            except ValueError:
                continue
            if isinstance(record, dict) and record:
                return record
    if named_json and any(lines):
        raise ValueError(
            f"{stream.path} is named as JSON, but none of its first {FIRST_LINES} "
            "lines is a JSON object: write one object per line, or pass --format=text."
        )
    return None


def _index(path: str) -> str:
    """Path of the index beside an OSCAR 21.09 part; "" if there is none."""
    directory, slash, name = path.rpartition("/")
    if match := _TEXT_NAME.fullmatch(name):
        for compression in (".gz", "", ".zst"):
            index = f"{directory}{slash}{match['corpus']}_meta{match['part'] or ''}"
            index += f".jsonl{compression}"
            if streams.exists(index):
                with streams.opened(index) as stream:
                    record = _first_record(stream) or {}
                # OSCAR 22.01 has documents under this name.
                if "nb_sentences" in record and "content" not in record:
                    return index
    return ""


def _check_text_is_named(index: str, paths: Sequence[str]) -> None:
    directory, slash, name = index.rpartition("/")
    text = f"{directory}{slash}{name.partition('.')[0].replace('_meta', '')}.txt"
    if not {text, f"{text}.gz", f"{text}.zst"} & set(paths):
        raise ValueError(
            f"{index} is the index of an OSCAR 21.09 text, but --corpus doesn't name "
            f"the text, {text}.gz: name it; the index beside it is found."
        )
