"""Every release, in every container, is read to the same documents."""

import gzip
import json
import random

import pytest
import zstandard

from electra_tf.corpus import blocks, formats
from electra_tf.corpus.documents import expand
from electra_tf.corpus.formats import Format, Metadata
from electra_tf.shards.manifest import CorpusCounts
from tests.corpus.releases import (
    as_2301,
    index_of,
    jsonl_of,
    lines_of,
    read,
    record_2201,
    text_of,
)

DOCUMENTS = [["uno", "dos "], ["tres\u2028más\ufeff", "“ñandú” \U0001f600"], ["cinco"]]
COMPRESS = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.compress}


CONTENTS = ["\n".join(lines) for lines in DOCUMENTS]
FILES = {
    "text": ("es_part_1.txt", text_of(DOCUMENTS)),
    "oscar2201": (
        "es_meta_part_1.jsonl",
        jsonl_of([record_2201(text) for text in CONTENTS]),
    ),
    "oscar2301": (
        "es_meta_part_1.jsonl",
        jsonl_of([as_2301(record_2201(text)) for text in CONTENTS]),
    ),
    "jsonl": ("c4.json", jsonl_of([{"text": text} for text in CONTENTS], ascii=True)),
}


@pytest.mark.parametrize("compression", COMPRESS)
@pytest.mark.parametrize("format", FILES)
def test_a_format_is_told_by_content_and_read(tmp_path, format, compression):
    name, data = FILES[format]
    path = tmp_path / (name + compression)
    path.write_bytes(COMPRESS[compression](data))
    for flag in ("auto", format):
        (source,) = expand(str(path), format=flag)
        assert source.format.value == format
        documents, counts = read(path, format=flag)
        assert lines_of(documents) == DOCUMENTS
        assert counts == CorpusCounts()


@pytest.mark.parametrize("compression", COMPRESS)
@pytest.mark.parametrize("pattern", ["es_part_1.txt*", "*"])
def test_the_index_of_2109_is_found_beside_its_text(tmp_path, compression, pattern):
    documents = [["uno", "", "dos"], ["tres"], ["cuatro", " "]]
    compress = COMPRESS[compression]
    path = tmp_path / f"es_part_1.txt{compression}"
    path.write_bytes(compress(text_of(documents)))
    index = tmp_path / f"es_meta_part_1.jsonl{compression}"
    index.write_bytes(compress(index_of(documents)))
    found, counts = read(tmp_path / pattern)
    assert lines_of(found) == [["uno", "dos"], ["tres"], ["cuatro"]]
    assert counts == CorpusCounts()
    found, _ = read(path, format="text")
    assert lines_of(found) == [["uno"], ["dos"], ["tres"], ["cuatro"]]
    path.unlink()
    with pytest.raises(ValueError, match="is the index of.*es_part_1.txt.gz"):
        read(index)


def test_metadata_is_carried_and_absent_where_a_corpus_has_none(tmp_path):
    older = record_2201("uno")
    newer = as_2301(older)
    newer["metadata"] |= {"quality_warnings": None, "categories": None}
    for name, record in (("a", older), ("b", newer), ("c", {"text": "uno"})):
        (tmp_path / f"{name}.jsonl").write_bytes(jsonl_of([record]))
    documents, counts = read(tmp_path / "*.jsonl")
    assert [document.metadata for document in documents] == [
        Metadata("es", 0.75, ("short_sentences", "footer"), None, None),
        Metadata("es", 0.75, (), 412.5, ()),
        Metadata(),
    ]
    assert counts == CorpusCounts()


@pytest.mark.parametrize("block_bytes", [7, 100, 10_000])
def test_long_documents_are_cut_in_the_same_places_in_every_format(
    tmp_path, monkeypatch, block_bytes
):
    monkeypatch.setattr(blocks, "BLOCK_BYTES", block_bytes)
    monkeypatch.setattr(formats, "MAX_DOCUMENT_BYTES", 300)
    generator = random.Random(0)
    documents = [
        [
            "".join(generator.choices("aeñ€\U0001f600  ", k=generator.randint(0, 200)))
            + "."
            for _ in range(generator.randint(1, 30))
        ]
        for _ in range(30)
    ] + [["ñ" * 1000], ["x" * 299, "y"]]
    (tmp_path / "a.txt").write_bytes(text_of(documents))
    (tmp_path / "a.jsonl").write_bytes(
        jsonl_of([{"text": "\n".join(lines)} for lines in documents])
    )
    (tmp_path / "es.txt").write_bytes(text_of(documents))
    (tmp_path / "es_meta.jsonl").write_bytes(index_of(documents))
    text, counts = read(tmp_path / "a.txt")
    assert counts.documents_cut > 30
    assert "".join("".join(lines) for lines in lines_of(text)) == "".join(
        "".join(lines) for lines in documents
    )
    assert (text, counts) == read(tmp_path / "a.jsonl") == read(tmp_path / "es.txt")
    assert {len(lines) > 1 for lines in lines_of(text)} == {True, False}
    # Blanks at the start of a document don't count.
    assert max(len("\n".join(lines).encode()) for lines in lines_of(text)) < 310


def test_genuine_2019_is_read_character_for_character(real_data):
    path = real_data / "oscar/2019_unshuffled_deduplicated_es/es_part_1.txt.gz"
    documents, counts = read(path)
    text = gzip.decompress(path.read_bytes()).decode()
    assert lines_of(documents) == [part.split("\n") for part in text.split("\n\n")]
    assert sum(len(document.lines) for document in documents) == 18
    assert counts == CorpusCounts()


@pytest.mark.parametrize("name", ["2201_es_meta_part_1", "2201_multilingual"])
def test_genuine_2201_and_what_follows_from_it_are_read(real_data, tmp_path, name):
    genuine = (real_data / f"oscar/{name}.jsonl").read_bytes()
    records = [json.loads(line) for line in genuine.split(b"\n") if line]
    expected = [
        [line for line in record["content"].split("\n") if line.strip()]
        for record in records
    ]
    documents, counts = read(real_data / f"oscar/{name}.jsonl")
    assert lines_of(documents) == expected
    assert counts == CorpusCounts()
    for document, record in zip(documents, records, strict=True):
        metadata = record["metadata"]
        assert document.metadata == Metadata(
            metadata["identification"]["label"],
            metadata["identification"]["prob"],
            tuple(metadata["annotation"] or ()),
        )

    newer = tmp_path / f"{name}.jsonl.zst"
    newer.write_bytes(zstandard.compress(jsonl_of(map(as_2301, records))))
    (source,) = expand(str(newer))
    assert source.format is Format.OSCAR_2301
    assert [
        document._replace(
            metadata=document.metadata._replace(harmful_pp=None, categories=None)
        )
        for document in read(newer)[0]
    ] == documents

    contents = [record["content"].split("\n") for record in records]
    text = tmp_path / "es_part_1.txt.gz"
    text.write_bytes(gzip.compress(text_of(contents)))
    index = tmp_path / "es_meta_part_1.jsonl.gz"
    index.write_bytes(gzip.compress(index_of(contents)))
    documents, counts = read(tmp_path / "*.gz")
    assert lines_of(documents) == expected
    assert counts == CorpusCounts()


def test_a_cut_between_invalid_bytes_splits_no_character(monkeypatch):
    monkeypatch.setattr(formats, "MAX_DOCUMENT_BYTES", 20)
    for before in range(14, 21):
        data = b"x" * before + "Ԣ".encode() + b"\x80" * 9
        end = formats.cut_point(data)
        halves = (data[:end], data[end:])
        assert any("Ԣ" in half.decode(errors="replace") for half in halves), before
