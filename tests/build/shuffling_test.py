"""Hashes decide the places of records: always the same, and without a pattern."""

import hashlib

import numpy as np
import pytest

from electra_tf.build import shuffling
from electra_tf.shards import record_writer


def write(path, serialized: list[bytes]) -> str:
    path.write_bytes(record_writer.frame(serialized))
    return str(path)


def read(path: str) -> list[bytes]:
    import tensorflow as tf

    return [record.numpy() for record in tf.data.TFRecordDataset(path)]


def numbered(count: int) -> list[bytes]:
    return [str(number).encode() * (1 + number % 7) for number in range(count)]


def shuffled(tmp_path, serialized: list[bytes], seed: int = 0) -> list[bytes]:
    source, target = write(tmp_path / "source", serialized), str(tmp_path / "target")
    written = shuffling.shuffle(source, target, seed)
    content = (tmp_path / "target").read_bytes()
    assert written == (len(content), hashlib.sha256(content).hexdigest())
    assert written == shuffling.described(target)
    return read(target)


def test_every_record_is_there_once_whatever_order_they_came_in(tmp_path, monkeypatch):
    there = [*numbered(500), b"twice", b"twice"]
    made = shuffled(tmp_path, there)
    assert sorted(made) == sorted(there)
    assert shuffled(tmp_path, there[::-1]) == made
    monkeypatch.setattr(shuffling, "WRITE_BYTES", 20)
    assert shuffled(tmp_path, there) == made
    assert shuffled(tmp_path, there, seed=1) != made


def test_places_do_not_follow_the_order_of_the_corpus(tmp_path):
    there = numbered(2000)
    places = [there.index(record) for record in shuffled(tmp_path, there)]
    correlation = np.corrcoef(places, np.arange(2000))[0, 1]
    # The standard deviation of no correlation is 1 / sqrt(2000) = 0.022.
    assert abs(correlation) < 0.1
    # Neighbours are no longer neighbours.
    assert np.mean(np.abs(np.diff(places)) == 1) < 0.01


def test_equal_records_are_spread_too(tmp_path):
    made = shuffled(tmp_path, [*numbered(900), *[b"copy"] * 100])
    places = np.flatnonzero([record == b"copy" for record in made])
    assert len(places) == 100
    # Of 100 places drawn from 1,000 the mean is 500 with a deviation of 27.
    assert 370 < places.mean() < 630
    assert np.mean(np.diff(places) == 1) < 0.3


@pytest.mark.parametrize("count", [0, 1])
def test_a_shard_of_hardly_a_record_is_written(tmp_path, count):
    assert shuffled(tmp_path, numbered(count)) == numbered(count)
