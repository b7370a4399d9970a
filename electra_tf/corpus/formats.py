"""Blocks of bytes → documents.

| format | a document |
|--|--|
| text, OSCAR 2019 | the lines up to a blank one, or to the end of the file |
| OSCAR 21.09 | the lines that an index beside the text gives it |
| OSCAR 22.01, 23.01 | a line of JSON: its "content", beside "metadata" |
| JSON lines | a line of JSON: its field "text", or another |

Only the line feed ends a line; blank lines are left out. The layouts are those of
https://oscar-project.github.io/documentation/versions/. json of the standard library
parses 320 MB/s of 22.01, orjson 480: beside a tokenizer at 5 MB/s this isn't worth a
dependency that refuses NaN and lone surrogates, both of which occur.
"""

import dataclasses
import enum
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from electra_tf.shards.manifest import CorpusCounts

MAX_DOCUMENT_BYTES = 4_000_000
"""Size from which a document is cut, at a line end, to bound the memory."""
MAX_RECORD_BYTES = 16_000_000
"""Size from which a line of JSON is dropped."""
RECORD_TOO_LONG = f"JSON line over {MAX_RECORD_BYTES / 1e6:.0f} MB"
"""Reason under which such a line is counted."""

_BOM = "\ufeff"
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


class Format(enum.Enum):
    """Format of a file of documents. The values are those of --format."""

    TEXT = "text"
    OSCAR_2109 = "oscar2109"
    OSCAR_2201 = "oscar2201"
    OSCAR_2301 = "oscar2301"
    JSON_LINES = "jsonl"


class Metadata(NamedTuple):
    """Annotations of a document by its corpus; None where not stated."""

    language: str | None = None
    """Language label that a classifier gave the document, such as "es"."""
    probability: float | None = None
    """Probability of the label; OSCAR 23.01 has values above 1."""
    quality_warnings: tuple[str, ...] | None = None
    """Warnings such as "tiny", "noisy", "adult"; "annotation" in OSCAR 22.01."""
    harmful_pp: float | None = None
    """Perplexity under a model of harmful text; a low one means harmful."""
    categories: tuple[str, ...] | None = None
    """Categories of the site in a block list, such as "adult"."""


NO_METADATA = Metadata()


class Document(NamedTuple):
    """A text with its corpus's annotations."""

    lines: list[str]
    """Lines of the text, none of them blank."""
    metadata: Metadata = NO_METADATA


@dataclasses.dataclass(frozen=True)
class Block:
    """A part of a source that holds whole documents."""

    data: bytes
    position: int
    """Bytes of the source, as stored, read up to the end of this block."""
    format: Format = Format.TEXT
    text_field: str = "text"
    """Field with the text, in JSON lines."""
    spans: tuple[tuple[int, int], ...] = ()
    """Start and end of each document in the data, for OSCAR 21.09."""
    counts: CorpusCounts = dataclasses.field(default_factory=CorpusCounts)
    """Counts of what was dropped when the block was made."""


def read(block: Block) -> tuple[list[Document], CorpusCounts]:
    """Reads the documents of a block; counts what was dropped or replaced."""
    counts = CorpusCounts()
    counts.add(block.counts)
    if block.format is Format.TEXT:
        documents = [Document(lines) for lines in split(decode(block.data, counts))]
    elif block.format is Format.OSCAR_2109:
        documents = [
            Document(_lines(decode(block.data[start:end], counts)))
            for start, end in block.spans
        ]
    else:
        documents = list(_records(block, counts))
    whole = len(documents)
    documents = [document for document in documents if document.lines]
    if len(documents) < whole:
        counts.drop("blank", whole - len(documents))
    if len(block.data) > MAX_DOCUMENT_BYTES:
        documents = [part for whole in documents for part in _parts(whole, counts)]
    return documents, counts


def decode(data: bytes, counts: CorpusCounts) -> str:
    """Decodes UTF-8; counts NULs and invalid sequences, which become U+FFFD."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8", errors="replace")
        genuine = data.count(_REPLACEMENT.encode())
        counts.invalid_utf8 += text.count(_REPLACEMENT) - genuine
    if b"\0" in data:  # `in` is many times faster than `count`.
        counts.nul_characters += data.count(b"\0")
    return text


def split(text: str) -> Iterator[list[str]]:
    """Documents of plain text, each a list of its lines that aren't blank."""
    lines: list[str] = []
    for line in text.split("\n"):
        if line and not line.isspace():
            lines.append(line)
        elif lines:
            yield lines
            lines = []
    if lines:
        yield lines


def cut_point(data: bytes) -> int:
    """Position to cut at: after the last whole line, else word, else character."""
    start = len(data) - len(data.lstrip())
    limit = min(start + MAX_DOCUMENT_BYTES, len(data))
    if end := data.rfind(b"\n", start, limit) + 1 or data.rfind(b" ", start, limit) + 1:
        return end
    end = limit
    while limit - 3 < end < len(data) and data[end] & 0xC0 == 0x80:
        end -= 1
    # If no character begins in the last three bytes, none is cut in two.
    return limit if end < len(data) and data[end] & 0xC0 == 0x80 else end


def parse(line: str) -> Any:
    """Parses a line of JSON.

    Raises:
        ValueError: it isn't JSON, or is nested too deeply.
    """
    try:
        return _DECODER.decode(line)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


# Control characters are allowed in strings: tabs and NULs are no reason to lose a text.
_DECODER = json.JSONDecoder(strict=False)


def _records(block: Block, counts: CorpusCounts) -> Iterator[Document]:
    """Documents of JSON lines."""
    oscar = block.format is not Format.JSON_LINES
    field = "content" if oscar else block.text_field
    for line in decode(block.data, counts).split("\n"):
        if not line or line.isspace():
            continue
        # A character has up to four bytes.
        if 4 * len(line) > MAX_RECORD_BYTES < len(line.encode()):
            counts.drop(RECORD_TOO_LONG)
            continue
        try:
            record = parse(line.removeprefix(_BOM))
        except ValueError:
            counts.drop("broken JSON")
            continue
        if not isinstance(record, dict):
            counts.drop("not a JSON object")
            continue
        text = record.get(field)
        if not isinstance(text, str):
            missing = "null" if field in record else "missing"
            what = missing if text is None else "not a string"
            counts.drop(f"field {field!r} is {what}")
            continue
        if "\\u" in line:
            # An escape for half of a surrogate pair is no character.
            counts.nul_characters += text.count("\0") - line.count("\0")
            whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            counts.invalid_utf8 += whole.count(_REPLACEMENT) - text.count(_REPLACEMENT)
            text = whole
        metadata = _metadata(record.get("metadata"), counts) if oscar else NO_METADATA
        yield Document(_lines(text), metadata)


def _metadata(fields: Any, counts: CorpusCounts) -> Metadata:
    """Metadata of OSCAR 22.01 or 23.01; fields of a wrong type are dropped, counted."""
    malformed = False

    def number(value: Any) -> float | None:
        nonlocal malformed
        # An integer above 1e300 may not fit a float.
        if type(value) in (int, float) and abs(value) < 1e300:
            return float(value)
        malformed |= value is not None
        return None

    def strings(name: str) -> tuple[str, ...] | None:
        nonlocal malformed
        value = fields.get(name, ...)
        if value is ...:
            return None
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        malformed |= value is not None
        return () if value is None else None

    if not isinstance(fields, dict):
        counts.malformed_metadata += fields is not None
        return NO_METADATA
    identification = fields.get("identification")
    if not isinstance(identification, dict):
        malformed |= identification is not None
        identification = {}
    language = identification.get("label")
    if not isinstance(language, str | None):
        malformed, language = True, None
    renamed = "quality_warnings" if "quality_warnings" in fields else "annotation"
    metadata = Metadata(
        language=language,
        probability=number(identification.get("prob")),
        quality_warnings=strings(renamed),
        harmful_pp=number(fields.get("harmful_pp")),
        categories=strings("categories"),
    )
    counts.malformed_metadata += malformed
    return metadata


def _lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line and not line.isspace()]


def _parts(document: Document, counts: CorpusCounts) -> Iterator[Document]:
    """Cuts a document that is too long; yields any other as it is."""
    if sum(map(len, document.lines)) * 8 <= MAX_DOCUMENT_BYTES:
        yield document
        return
    data = "\n".join(document.lines).encode()
    while data:
        end = cut_point(data) if len(data) > MAX_DOCUMENT_BYTES else len(data)
        if lines := _lines(data[:end].decode()):
            yield Document(lines, document.metadata)
        data = data[end:]
        counts.documents_cut += bool(data)
