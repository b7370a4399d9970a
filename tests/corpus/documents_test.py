"""Files are read to the documents that they hold, and refused with a reason."""

import gzip
import itertools
import random

import pytest

from electra_tf.corpus import blocks, formats
from electra_tf.corpus.documents import Excerpt, expand
from electra_tf.shards.manifest import CorpusCounts


def write(path, data: bytes) -> str:
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return str(path)


def read(patterns: str) -> list[list[str]]:
    return [
        document.lines
        for source in expand(patterns)
        for block in source.blocks()
        for document in formats.read(block)[0]
    ]


TEXT = "\n\nuno\ndos \n \t\r\ntres\u2028más\x0b\rcuatro\n\n\u3000\n\ncinco".encode()
DOCUMENTS = [["uno", "dos "], ["tres\u2028más\x0b\rcuatro"], ["cinco"]]


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz"])
def test_blank_lines_separate_documents_and_only_newlines_end_lines(tmp_path, name):
    assert read(write(tmp_path / name, TEXT)) == DOCUMENTS


def test_gzip_is_told_by_content_not_by_name(tmp_path):
    (tmp_path / "a.txt").write_bytes(gzip.compress(TEXT))
    assert read(str(tmp_path / "a.txt")) == DOCUMENTS


def test_a_document_does_not_cross_files(tmp_path):
    write(tmp_path / "b.txt", b"dos\n")
    write(tmp_path / "a.txt", b"uno")
    assert read(f"{tmp_path}/b.txt,{tmp_path}/*.txt") == [["uno"], ["dos"]]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_blocks_hold_whole_documents(tmp_path, monkeypatch, line_end):
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 100)
    generator = random.Random(0)
    documents = [
        ["ñandú" * generator.randint(1, 9) for _ in range(generator.randint(1, 9))]
        for _ in range(100)
    ]
    separator = line_end * 2
    text = separator.join(line_end.join(lines) for lines in documents)
    (source,) = expand(write(tmp_path / "a.txt.gz", text.encode()))
    found = list(source.blocks())
    assert len(found) > 20
    assert b"".join(block.data for block in found) == text.encode()
    assert found[-1].position == source.bytes
    from_blocks = [
        [line.strip() for line in lines]
        for block in found
        for lines in formats.split(block.data.decode())
    ]
    assert from_blocks == documents


def test_a_document_without_end_is_cut_at_line_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 100)
    monkeypatch.setattr(formats, "MAX_DOCUMENT_BYTES", 300)
    lines = [f"línea {number}" for number in range(200)]
    path = write(tmp_path / "a.txt", "\n".join(lines).encode())
    documents = read(path)
    assert len(documents) > 5
    assert list(itertools.chain(*documents)) == lines


def test_invalid_utf8_is_replaced_and_counted_and_nuls_are_counted():
    counts = CorpusCounts()
    data = "ya estaba \ufffd, ".encode() + b"a\xf1o \xff\xfe\0"
    text = formats.decode(data, counts)
    assert text == "ya estaba \ufffd, a\ufffdo \ufffd\ufffd\0"
    assert (counts.invalid_utf8, counts.nul_characters) == (3, 1)
    assert formats.decode("año".encode(), counts) == "año"
    assert counts.invalid_utf8 == 3


def test_a_pattern_without_a_file_is_refused(tmp_path):
    write(tmp_path / "a.txt", b"uno")
    for missing in (f"{tmp_path}/*.gz", f"{tmp_path}/none/*.gz"):
        with pytest.raises(ValueError, match="No file matches .*gz"):
            expand(f"{tmp_path}/a.txt,{missing}")


def test_a_directory_is_refused(tmp_path):
    with pytest.raises(ValueError, match="is a directory"):
        expand(str(tmp_path))


def test_a_truncated_gzip_file_is_refused(tmp_path):
    path = tmp_path / "a.txt.gz"
    data = gzip.compress(random.Random(0).randbytes(100_000))
    path.write_bytes(data[:-1000])
    with pytest.raises(ValueError, match="a.txt.gz is truncated or not whole"):
        read(str(path))
    path.write_bytes(data[:5000] + b"\0" * 100 + data[5100:])
    with pytest.raises(ValueError, match="a.txt.gz is truncated or not whole"):
        read(str(path))


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        (b"BZh", "bzip2.*decompress it"),
        (b"PK\x03\x04", "zip archive: unpack it"),
        (b"PAR1", "Parquet: write it as JSON lines"),
        (b"\xff\xfe", "UTF-16: convert it"),
    ],
)
def test_other_files_are_refused_by_name(tmp_path, start, reason):
    path = tmp_path / "a.txt"
    for data in (start + bytes(100), gzip.compress(start + bytes(100))):
        path.write_bytes(data)
        with pytest.raises(ValueError, match=f"a.txt is .*{reason}"):
            read(str(path))


def test_an_excerpt_takes_the_same_share_of_every_file(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 100)
    for name, count in (("a", 100), ("b", 300)):
        write(tmp_path / f"{name}.txt", f"{name} palabra\n\n".encode() * count)
    excerpt = Excerpt(expand(f"{tmp_path}/*"), limit_bytes=2000)
    text = "".join(excerpt)
    assert text == "".join(excerpt)
    assert 2000 <= len(text) <= 2400
    assert text.count("b palabra") == pytest.approx(3 * text.count("a palabra"), abs=20)
