"""What does not fit its format is counted or refused; the rest is read."""

import gzip
import json
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from electra_tf.corpus import blocks, formats
from electra_tf.corpus.formats import Block, Document, Format, Metadata
from electra_tf.shards.manifest import CorpusCounts
from tests.corpus.releases import jsonl_of, lines_of, read


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
    assert counts == CorpusCounts(malformed_metadata=1)


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
    assert counts == CorpusCounts(invalid_utf8=2, nul_characters=2)


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
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 10_000)
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
        lines = formats.decode(data, CorpusCounts()).split("\n")
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
        patch.setattr(blocks, "BLOCK_BYTES", block_bytes)
        parts = list(blocks.indexed_blocks(Bytes(text), Bytes(index)))
    found, counts = [], CorpusCounts()
    for block in parts:
        documents, dropped = formats.read(block)
        found += lines_of(documents)
        counts.add(dropped)
    assert found == [document for document in expected if document]
    assert counts.documents_dropped.get("blank", 0) == len(expected) - len(found)
    inside = sum(len(document) for document in found)
    outside = counts.lines_dropped.get("in no document", 0)
    assert inside + outside == sum(bool(line.strip()) for line in lines)
    assert b"".join(block.data for block in parts) == text
