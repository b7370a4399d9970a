"""OSCAR's releases in small, and a reader of all that a pattern finds."""

import json
import pathlib

from electra_tf.corpus import formats
from electra_tf.corpus.documents import expand
from electra_tf.corpus.formats import Document
from electra_tf.shards.manifest import CorpusCounts


def text_of(documents: list[list[str]]) -> bytes:
    return "\n\n".join("\n".join(lines) for lines in documents).encode()


def index_of(documents: list[list[str]]) -> bytes:
    """Index as in OSCAR 21.09, where a blank line stands between documents."""
    offset, lines = 0, []
    for document in documents:
        entry = {"headers": {}, "offset": offset, "nb_sentences": len(document)}
        lines.append(json.dumps(entry) + "\n")
        offset += len(document) + 1
    return "".join(lines).encode()


def jsonl_of(records: list[dict], ascii: bool = False) -> bytes:
    lines = [json.dumps(record, ensure_ascii=ascii) for record in records]
    return "".join(line + "\n" for line in lines).encode()


def as_2301(record: dict) -> dict:
    """A record of OSCAR 22.01, as 23.01 writes it."""
    metadata = dict(record["metadata"])
    metadata["quality_warnings"] = metadata.pop("annotation")
    metadata |= {"harmful_pp": 412.5, "tlsh": "tlsh:1", "categories": ["blog"]}
    return record | {"metadata": metadata}


def record_2201(text: str) -> dict:
    return {
        "content": text,
        "warc_headers": {"warc-type": "conversion"},
        "metadata": {
            "identification": {"label": "es", "prob": 0.75},
            "annotation": ["short_sentences", "footer"],
            "sentence_identifications": [None],
        },
    }


def read(path: pathlib.Path, **options) -> tuple[list[Document], CorpusCounts]:
    documents, counts = [], CorpusCounts()
    for source in expand(str(path), **options):
        for block in source.blocks():
            found, dropped = formats.read(block)
            documents += found
            counts.add(dropped)
    return documents, counts


def lines_of(documents: list[Document]) -> list[list[str]]:
    return [document.lines for document in documents]
