"""Damaged shards are named."""

import dataclasses
import itertools
import json
import pathlib
import re
import time

import pytest
import tensorflow as tf

from electra_tf.pretraining import loop
from electra_tf.pretraining.workdir import Workdir
from electra_tf.shards import damage, record_writer
from electra_tf.shards.manifest import Manifest
from tests import small

SHARD, VALID = "train-00001.tfrecord", "valid-00000.tfrecord"


@pytest.fixture
def data(tmp_path: pathlib.Path) -> pathlib.Path:
    return pathlib.Path(small.write(tmp_path / "data"))


def record_start(path: pathlib.Path, number: int) -> int:
    """Byte at which a record begins: its length, two checksums around, its content."""
    content, start = path.read_bytes(), 0
    for _ in range(number):
        start += 16 + int.from_bytes(content[start : start + 8], "little")
    return start


def flip(path: pathlib.Path, byte: int) -> None:
    content = bytearray(path.read_bytes())
    content[byte] ^= 0x10
    path.write_bytes(content)


def test_a_flipped_bit_is_an_error_that_names_shard_and_record(data, tmp_path):
    flip(data / SHARD, record_start(data / SHARD, 7) + 14)
    config = small.config(str(data))
    with pytest.raises(ValueError, match=rf"{SHARD} is damaged at its record 7 of 24"):
        loop.train(config, Workdir(str(tmp_path / "run")), tf.distribute.get_strategy())


def test_a_flipped_bit_of_the_held_out_split_is_named_too(data, tmp_path):
    flip(data / VALID, 30)
    config = small.config(str(data))
    with pytest.raises(ValueError, match=rf"{VALID} is damaged at its rec"):
        loop.train(config, Workdir(str(tmp_path / "run")), tf.distribute.get_strategy())


def train(data: pathlib.Path, tmp_path: pathlib.Path) -> None:
    loop.train(
        small.config(str(data)),
        Workdir(str(tmp_path / "run")),
        tf.distribute.get_strategy(),
    )


@pytest.mark.parametrize("what", ["no example", "too large an id"])
def test_a_whole_record_that_does_not_belong_is_named(data, tmp_path, what):
    foreign = b"\xff" * 9 if what == "no example" else small.serialized([2, 99, 3], 3)
    content = (data / SHARD).read_bytes()
    start, end = record_start(data / SHARD, 7), record_start(data / SHARD, 8)
    content = content[:start] + record_writer.frame([foreign]) + content[end:]
    (data / SHARD).write_bytes(content)
    manifest = Manifest.load(str(data))
    edited = [
        dataclasses.replace(shard, bytes=len(content)) if shard.name == SHARD else shard
        for shard in manifest.shards
    ]
    dataclasses.replace(manifest, shards=tuple(edited)).save(str(data))
    with pytest.raises(ValueError, match=rf"Record 7 of .*{SHARD} .*prepare.py"):
        train(data, tmp_path)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("fingerprint", "0" * 16, "have fingerprint .* made with 0000000000000000"),
        ("max_seq_length", 32, "shards in .* have max_seq_length=32"),
        ("text_rules", {"lowercase": False}, "have fingerprint .*cased"),
        ("vocabulary_size", -1, "vocabulary_size: .*greater than 0, not -1"),
        ("shards", [], "0 examples"),
        ("shards.1.bytes", 10, f"{SHARD} is too long"),
        ("shards.1.name", "none.tfrecord", "none.tfrecord is missing"),
        ("shards.1.examples", "24", "shards.1.examples: .*integer, not '24'"),
        ("special_ids.mask", 2.5, "special_ids.mask: .*integer"),
        ("format_version", 3, "format version 3, but this code reads versions 1 to 2"),
    ],
)
def test_an_edited_manifest_is_refused_at_the_start(
    data, tmp_path, field, value, message
):
    path = data / "manifest.json"
    manifest = json.loads(path.read_text())
    *outer, name = field.split(".")
    place = manifest
    for key in outer:
        place = place[int(key) if key.isdecimal() else key]
    place[name] = value
    path.write_text(json.dumps(manifest))
    with pytest.raises(ValueError, match=message):
        train(data, tmp_path)
    assert not (tmp_path / "run").exists()


def test_a_truncated_shard_is_refused_at_the_start(data, tmp_path):
    (data / SHARD).write_bytes((data / SHARD).read_bytes()[:-5])
    with pytest.raises(ValueError, match=rf"{SHARD} is truncated"):
        train(data, tmp_path)
    assert not (tmp_path / "run").exists()


def test_the_log_tells_how_far_the_shards_are_read(data, caplog, monkeypatch):
    caplog.set_level("INFO", "absl")
    clock = itertools.count(step=4.0)
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    damage.verify(Manifest.load(str(data)), str(data), ("train", "valid"))
    lines = [line for line in caplog.messages if "MB of shards at" in line]
    assert lines
    assert re.search(r"\d+%  0 MB of shards at 0\.0 MB/s, \d+:\d\d:\d\d left", lines[0])
