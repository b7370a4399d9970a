"""Every release, in every container, is read to the same documents."""

import gzip
import json
import pathlib
import random
import tracemalloc

import pytest
import zstandard
from hypothesis import example, given
from hypothesis import strategies as st

from electra_tf.data import corpus, cutting, formats
from electra_tf.data.formats import Block, Document, Format, Metadata
from electra_tf.data.manifest import Counts

DOCUMENTS = [["uno", "dos "], ["tres\u2028más\ufeff", "“ñandú” \U0001f600"], ["cinco"]]
COMPRESS = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.compress}


def text_of(documents: list[list[str]]) -> bytes:
    return "\n\n".join("\n".join(lines) for lines in documents).encode()


def index_of(documents: list[list[str]]) -> bytes:
    """As of OSCAR 21.09: a blank line stands between documents."""
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


def read(path: pathlib.Path, **options) -> tuple[list[Document], Counts]:
    documents, counts = [], Counts()
    for source in corpus.expand(str(path), **options):
        for block in source.blocks():
            found, dropped = formats.read(block)
            documents += found
            counts.add(dropped)
    return documents, counts


def lines_of(documents: list[Document]) -> list[list[str]]:
    return [document.lines for document in documents]


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
        (source,) = corpus.expand(str(path), format=flag)
        assert source.format.value == format
        documents, counts = read(path, format=flag)
        assert lines_of(documents) == DOCUMENTS
        assert counts == Counts()


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
    assert counts == Counts()
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
    assert counts == Counts()


@pytest.mark.parametrize(
    "metadata",
    [
        7,
        {"identification": "es"},
        {"identification": {"label": 3}},
        {"identification": {"prob": "0.5"}},
        {"harmful_pp": True},
        {"harmful_pp": 10**400},
        {"annotation": "tiny"},
        {"categories": [1]},
    ],
)
def test_malformed_metadata_is_counted_and_the_text_kept(tmp_path, metadata):
    path = tmp_path / "a.jsonl"
    path.write_bytes(jsonl_of([{"content": "uno", "metadata": metadata}]))
    documents, counts = read(path, format="oscar2201")
    assert documents == [Document(["uno"], Metadata())]
    assert counts == Counts(malformed_metadata=1)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"text": "uno', "broken JSON"),
        (b"\0\0\0", "broken JSON"),
        (b"[" * 100_000, "broken JSON"),
        (b"1" * 5000, "broken JSON"),
        (b'["text"]', "not a JSON object"),
        (b'{"content": "uno"}', "field 'text' is missing"),
        (b'{"text": null}', "field 'text' is null"),
        (b'{"text": 5}', "field 'text' is not a string"),
        (b'{"text": " \\n\\t"}', "blank"),
    ],
)
def test_a_bad_line_is_dropped_and_counted_by_reason(tmp_path, line, reason):
    path = tmp_path / "a.jsonl"
    good = b'{"text": "uno"}'
    path.write_bytes(b"\n".join([good, line, b"", good]))
    documents, counts = read(path)
    assert lines_of(documents) == [["uno"], ["uno"]]
    assert counts.documents_dropped == {reason: 1}


def test_odd_but_readable_json_loses_nothing(tmp_path):
    lines = [
        b'\xef\xbb\xbf{"text": "uno", "score": NaN}\r',
        b'{"text": "d\xf1s"}',
        b'{"text": "\\ud800tres\\u0000 \\ud83d\\ude00"}',
        b'{"text": "a\tb\0c"}',
    ]
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(lines))
    documents, counts = read(tmp_path / "a.jsonl")
    assert lines_of(documents) == [
        ["uno"],
        ["d\ufffds"],
        ["\ufffdtres\0 \U0001f600"],
        ["a\tb\0c"],
    ]
    assert counts == Counts(invalid_utf8=2, nul_characters=2)


def test_json_without_the_field_of_the_text_is_refused(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(jsonl_of([{"body": "uno"}]))
    with pytest.raises(ValueError, match="a.jsonl.*'body'.*--text_field=text"):
        read(path)
    assert lines_of(read(path, text_field="body")[0]) == [["uno"]]
    path.write_bytes(b'[\n{\n"text": "uno"\n}\n]')
    with pytest.raises(ValueError, match="one object per line"):
        read(path)


def test_a_line_that_is_too_long_is_passed_over_in_bounded_memory(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(cutting, "BLOCK_BYTES", 10_000)
    monkeypatch.setattr(formats, "MAX_RECORD_BYTES", 100_000)
    good = b'{"text": "uno"}\n'
    at_limit = b'{"text": "' + b"x" * 99_988 + b'"}\n'
    data = good + (b'{"text": "' + b"x" * 10_000_000 + b'"}\n' + at_limit + good) * 2
    data += at_limit.replace(b"xx", b"xxx", 1) + b'{"text": "' + b"x" * 1_000_000
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(data))
    del data
    tracemalloc.start()
    documents, counts = read(path)
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()
    assert [len(document.lines[0]) for document in documents] == [
        3,
        99_988,
        3,
        99_988,
        3,
    ]
    assert counts.documents_dropped == {formats.RECORD_TOO_LONG: 4}


@pytest.mark.parametrize(
    "entries",
    [
        ["{"],
        ["[]"],
        ['{"offset": 0, "nb_sentences": 1}', "{}"],
        ['{"offset": null, "nb_sentences": 1}'],
        ['{"offset": 0, "nb_sentences": "1"}'],
        ['{"offset": -1, "nb_sentences": 1}'],
        ['{"offset": 0, "nb_sentences": -1}'],
        ['{"offset": 0, "nb_sentences": 2}', '{"offset": 1, "nb_sentences": 1}'],
        ['{"offset": 3, "nb_sentences": 2}'],
        ['{"offset": 99999999999999999999, "nb_sentences": 1}'],
    ],
)
def test_an_index_that_does_not_fit_is_refused_by_line(tmp_path, entries):
    (tmp_path / "es.txt").write_bytes(b"uno\ndos\n\ntres")
    valid = '{"offset": 0, "nb_sentences": 0}'
    (tmp_path / "es_meta.jsonl").write_text("\n".join([valid, *entries]))
    with pytest.raises(
        ValueError, match=rf"es_meta.jsonl, line {1 + len(entries)}:.*--format=text"
    ):
        read(tmp_path / "es.txt")


def test_lines_in_no_document_of_2109_are_counted(tmp_path):
    (tmp_path / "es.txt").write_bytes(b"uno\ndos\n\ntres\ncuatro")
    (tmp_path / "es_meta.jsonl").write_text('{"offset": 1, "nb_sentences": 1}\n')
    documents, counts = read(tmp_path / "es.txt")
    assert lines_of(documents) == [["dos"]]
    assert counts.lines_dropped == {"in no document": 3}


@pytest.mark.parametrize("block_bytes", [7, 100, 10_000])
def test_long_documents_are_cut_in_the_same_places_in_every_format(
    tmp_path, monkeypatch, block_bytes
):
    monkeypatch.setattr(cutting, "BLOCK_BYTES", block_bytes)
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


@given(
    data=st.binary(max_size=300)
    | st.lists(
        st.sampled_from(
            [
                b"\n",
                b"\r\n",
                b" ",
                b"uno",
                b"\0",
                b"\xff",
                b'{"text": "a"}',
                b'{"text":',
            ]
        ),
        max_size=40,
    ).map(b"".join),
    format=st.sampled_from(
        [Format.TEXT, Format.JSON_LINES, Format.OSCAR_2201, Format.OSCAR_2301]
    ),
)
@example(
    data=b'{"content": "", "metadata": {"identification": []}}',
    format=Format("oscar2201"),
)
def test_any_bytes_are_read_or_counted(data, format):
    documents, counts = formats.read(Block(data, 0, format))
    for document in documents:
        assert document.lines
        assert all(line and not line.isspace() for line in document.lines)
        "\n".join(document.lines).encode()
    if format is not Format.TEXT:
        lines = formats.decode(data, Counts()).split("\n")
        records = sum(bool(line) and not line.isspace() for line in lines)
        assert len(documents) + sum(counts.documents_dropped.values()) == records


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: (
        st.lists(children)
        | st.dictionaries(
            st.sampled_from(
                ["identification", "label", "prob", "annotation", "categories", "text"]
            ),
            children,
        )
    ),
    max_leaves=8,
)


@given(content=JSON, metadata=JSON)
def test_any_json_is_read_or_counted(content, metadata):
    line = json.dumps({"content": content, "metadata": metadata}).encode()
    documents, counts = formats.read(Block(line, 0, Format.OSCAR_2301))
    assert len(documents) + sum(counts.documents_dropped.values()) == 1
    for document in documents:
        assert document.lines == [
            part for part in content.split("\n") if part and not part.isspace()
        ]


class Bytes:
    """A stream of some bytes."""

    path = "bytes"
    position = 0

    def __init__(self, data: bytes):
        self._data = data

    def read(self, size: int) -> bytes:
        piece, self._data = self._data[:size], self._data[size:]
        return piece


@given(
    lines=st.lists(st.sampled_from(["", "uno", "dos tres", "\r"]), max_size=20),
    cuts=st.lists(st.integers(0, 20), max_size=8),
    block_bytes=st.integers(1, 40),
)
def test_an_index_gives_the_lines_that_it_names(lines, cuts, block_bytes):
    cuts = sorted(min(cut, len(lines)) for cut in cuts)
    bounds = list(zip(cuts[::2], cuts[1::2], strict=False))
    index = jsonl_of(
        [{"offset": first, "nb_sentences": end - first} for first, end in bounds]
    )
    text = "".join(line + "\n" for line in lines).encode()
    expected = [[s for s in lines[a:b] if s.strip()] for a, b in bounds]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cutting, "BLOCK_BYTES", block_bytes)
        blocks = list(cutting.indexed_blocks(Bytes(text), Bytes(index)))
    found, counts = [], Counts()
    for block in blocks:
        documents, dropped = formats.read(block)
        found += lines_of(documents)
        counts.add(dropped)
    assert found == [document for document in expected if document]
    assert counts.documents_dropped.get("blank", 0) == len(expected) - len(found)
    inside = sum(len(document) for document in found)
    outside = counts.lines_dropped.get("in no document", 0)
    assert inside + outside == sum(bool(line.strip()) for line in lines)
    assert b"".join(block.data for block in blocks) == text


# --- Genuine records -----------------------------------------------------------------


def test_genuine_2019_is_read_character_for_character(real_data):
    path = real_data / "oscar/2019_unshuffled_deduplicated_es/es_part_1.txt.gz"
    documents, counts = read(path)
    text = gzip.decompress(path.read_bytes()).decode()
    assert lines_of(documents) == [part.split("\n") for part in text.split("\n\n")]
    assert sum(len(document.lines) for document in documents) == 18
    assert counts == Counts()


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
    assert counts == Counts()
    for document, record in zip(documents, records, strict=True):
        metadata = record["metadata"]
        assert document.metadata == Metadata(
            metadata["identification"]["label"],
            metadata["identification"]["prob"],
            tuple(metadata["annotation"] or ()),
        )

    newer = tmp_path / f"{name}.jsonl.zst"
    newer.write_bytes(zstandard.compress(jsonl_of(map(as_2301, records))))
    (source,) = corpus.expand(str(newer))
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
    assert counts == Counts()


def test_a_cut_between_invalid_bytes_splits_no_character(monkeypatch):
    monkeypatch.setattr(formats, "MAX_DOCUMENT_BYTES", 20)
    for before in range(14, 21):
        data = b"x" * before + "Ԣ".encode() + b"\x80" * 9
        end = formats.cut_point(data)
        halves = (data[:end], data[end:])
        assert any("Ԣ" in half.decode(errors="replace") for half in halves), before
