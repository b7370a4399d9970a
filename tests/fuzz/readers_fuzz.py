"""Searches, guided by coverage, for files that crash the readers.

python -m tests.fuzz.readers_fuzz DIRECTORY -max_total_time=600

The first byte of an input is the format and how the file is stored, the rest is what is
in it. Files end in documents and counts that add up, or in a ValueError that names the
file; whatever else happens is a finding. Options are libFuzzer's.
"""

import gzip
import json
import pathlib
import sys
import tempfile

import atheris

with atheris.instrument_imports(include=["electra_tf.corpus"]):
    from electra_tf.corpus import blocks, documents, formats, streams
    from electra_tf.corpus.formats import Format
    from electra_tf.shards.manifest import CorpusCounts

import zstandard

# Small, so that short inputs reach the code for long ones.
blocks.BLOCK_BYTES = 64
formats.MAX_DOCUMENT_BYTES = 256
formats.MAX_RECORD_BYTES = 512
streams.READ_BYTES = 32
streams.ZSTANDARD_BYTES = 16

STORED = (bytes, gzip.compress, zstandard.compress)
"""How whole contents are stored; the next number stands for broken gzip."""
FORMATS = tuple(Format)
DIRECTORY = pathlib.Path(tempfile.mkdtemp(dir="/dev/shm"))
TEXT = DIRECTORY / "es_part_1.txt"
INDEX = DIRECTORY / "es_meta_part_1.jsonl"


def check(data: bytes) -> None:
    """Reads an input as a file, and checks the result."""
    if not data:
        return
    form = FORMATS[data[0] % len(FORMATS)]
    way = data[0] // len(FORMATS) % (len(STORED) + 1)
    content = data[1:]
    if form is Format.OSCAR_2109:
        # The index stands before the text.
        index, _, content = content.partition(b"\0")
        INDEX.write_bytes(index)
    whole = way < len(STORED)
    if not whole:
        content = b"\x1f\x8b\x08\0" + content
    TEXT.write_bytes(STORED[way](content) if whole else content)
    try:
        source = documents.File(str(TEXT), 1, format=form, index=str(INDEX))
        counts = CorpusCounts()
        read_documents = []
        for block in source.blocks():
            found, found_counts = formats.read(block)
            read_documents += found
            counts.add(found_counts)
    except ValueError as error:
        # Compressed text is text as well, so whole files of text can be refused too.
        assert str(TEXT) in str(error) or str(INDEX) in str(error), error
        return
    for document in read_documents:
        assert document.lines, "a document without a line"
        for line in document.lines:
            assert line.strip() and "\n" not in line, line
            line.encode()  # No half of a surrogate pair.
    if form is Format.TEXT and whole:
        read = "".join("".join(document.lines) for document in read_documents)
        text = content.decode(errors="replace")
        assert "".join(read.split()) == "".join(text.split()), "text was lost"
    elif form not in (Format.TEXT, Format.OSCAR_2109) and whole:
        # A cut makes one document more; a record of many bytes was passed over.
        lines = content.decode(errors="replace").split("\n")
        records = sum(1 for line in lines if line.strip())
        dropped = sum(counts.documents_dropped.values())
        made = len(read_documents) - counts.documents_cut + dropped
        assert made == records, (made, records, counts)


def seeds() -> list[bytes]:
    """Makes a whole file of each kind."""
    text = "El año rojo.\nY otro.\n\n \nSegundo documento\r\n".encode()
    metadata = {"identification": {"label": "es", "prob": 0.9}, "annotation": ["tiny"]}
    older = {"content": "Uno.\nDos.", "warc_headers": {}, "metadata": metadata}
    newer = {**metadata, "quality_warnings": None, "harmful_pp": 3.5, "categories": []}
    index = b'{"offset": 0, "nb_sentences": 2}\n{"offset": 4, "nb_sentences": 1}\n'
    contents = {
        Format.TEXT: text,
        Format.OSCAR_2109: index + b"\0" + text,
        Format.OSCAR_2201: json.dumps(older).encode() + b"\n{\nnull\n",
        Format.OSCAR_2301: json.dumps({**older, "metadata": newer}).encode(),
        Format.JSON_LINES: b'{"text": "Uno.\\ud83d\\u0000"}\n{"text": null}\n[1]\n',
    }
    return [
        bytes([way * len(FORMATS) + number]) + contents[form]
        for number, form in enumerate(FORMATS)
        for way in range(len(STORED))
    ] + [bytes([len(STORED) * len(FORMATS)]) + gzip.compress(text)[4:]]


if __name__ == "__main__":
    directory = pathlib.Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds()):
        (directory / f"seed-{number}").write_bytes(seed)
    arguments = [*sys.argv, f"-artifact_prefix={directory}/", "-max_len=4096"]
    atheris.Setup(arguments, check)
    atheris.Fuzz()
