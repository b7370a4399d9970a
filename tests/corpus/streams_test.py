"""A stream is the file's bytes, all of them, or an error with a cure."""

import gzip
import random
import tracemalloc

import fsspec
import pytest
import zstandard

from electra_tf.corpus import streams

DATA = random.Random(0).randbytes(50_000) + b"palabra " * 30_000


def read(path: str, size: int = 1000) -> bytes:
    pieces = []
    with streams.opened(path) as stream:
        while piece := stream.read(size):
            pieces.append(piece)
    assert all(len(piece) == size for piece in pieces[:-1])
    return b"".join(pieces)


@pytest.mark.parametrize("size", [999, 1_000_000])
@pytest.mark.parametrize("kind", ["plain", "gzip", "zstandard"])
def test_bytes_and_position_are_the_file_s(tmp_path, kind, size):
    path = tmp_path / "a"
    compress = {"plain": bytes, "gzip": gzip.compress, "zstandard": zstandard.compress}
    # Some compressors write several members or frames.
    path.write_bytes(compress[kind](DATA) + compress[kind](DATA[::-1]))
    with streams.opened(str(path)) as stream:
        data = b"".join(iter(lambda: stream.read(size), b""))
        assert stream.position == path.stat().st_size == streams.size(str(path))
    assert data == DATA + DATA[::-1]


def test_zstandard_may_begin_with_a_skippable_frame(tmp_path):
    skippable = b"\x50\x2a\x4d\x18\x04\0\0\0abcd"
    (tmp_path / "a").write_bytes(skippable + zstandard.compress(DATA))
    assert read(str(tmp_path / "a")) == DATA


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress])
def test_a_file_cut_short_or_broken_anywhere_is_refused(tmp_path, compress):
    path = tmp_path / "a.txt"
    whole = compress(DATA)
    for end in (7, 20, 5000, len(whole) - 10, len(whole) - 1):
        path.write_bytes(whole[:end])
        with pytest.raises(ValueError, match=r"a.txt is truncated.*Copy the file"):
            read(str(path))
    path.write_bytes(whole + b"rubbish that follows")
    with pytest.raises(ValueError, match="a.txt is truncated or not whole"):
        read(str(path))


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress])
def test_a_file_that_expands_a_thousandfold_is_read_in_bounded_memory(
    tmp_path, compress
):
    path = tmp_path / "a"
    path.write_bytes(compress(bytes(200_000_000)))
    total = 0
    tracemalloc.start()
    with streams.opened(str(path)) as stream:
        while piece := stream.read(1_000_000):
            total += len(piece)
    assert tracemalloc.get_traced_memory()[1] < 150_000_000
    tracemalloc.stop()
    assert total == 200_000_000


def test_what_is_compressed_twice_is_refused(tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress(zstandard.compress(DATA)))
    with pytest.raises(ValueError, match="compressed twice"):
        read(str(tmp_path / "a.gz"))


def test_what_fsspec_reaches_is_read(tmp_path):
    memory = fsspec.filesystem("memory")
    for name in ("b.txt.gz", "a.txt.zst", "a.bin"):
        data = zstandard.compress(DATA) if name.startswith("a") else gzip.compress(DATA)
        memory.pipe(f"/corpus/{name}", data)
    paths = streams.matching("memory://corpus/*.txt.*")
    assert paths == ["memory:///corpus/a.txt.zst", "memory:///corpus/b.txt.gz"]
    for path in paths:
        assert read(path) == DATA
        assert streams.exists(path) and streams.size(path) > 50_000
    assert not streams.exists("memory://corpus/c")
    with pytest.raises(ValueError, match="No file matches"):
        streams.matching("memory://corpus/*.none")


@pytest.mark.parametrize(
    "path",
    ["nowhere://bucket/a.txt", "{tmp}/missing.txt", "memory://missing.txt"],
)
def test_what_is_out_of_reach_is_a_clear_error(tmp_path, path):
    path = path.format(tmp=tmp_path)
    with pytest.raises(ValueError, match="can't be read"):
        read(path)
