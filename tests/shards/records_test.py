"""What is written is read back, and what doesn't fit is refused."""

import dataclasses
import os
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from electra_tf.batch import SpecialIds
from electra_tf.shards import checks, record_writer, records
from electra_tf.shards import manifest as manifests
from electra_tf.shards.manifest import Manifest, RecordFormat, Shard
from electra_tf.text.vocabulary import TextRules
from tests import small

PAD = 9


def parse(serialized: list[bytes], length: int = 8, form=RecordFormat.COMPACT):
    function = tf.function(
        lambda serialized_B: records.parse_batch(serialized_B, form, length, PAD),
        input_signature=[tf.TensorSpec([None], tf.string)],
    )
    return function(tf.constant(serialized))


def reference_example(**features: list[int]) -> bytes:
    example = tf.train.Example()
    for name, values in features.items():
        example.features.feature[name].int64_list.value.extend(values)
    return example.SerializeToString()


def manifest(*shards: Shard) -> Manifest:
    return Manifest(
        record_format=RecordFormat.COMPACT,
        text_rules=TextRules(),
        vocabulary_hash="a" * 64,
        fingerprint="b" * 16,
        special_ids=SpecialIds(0, 1, 2, 3, 4),
        vocabulary_size=100,
        max_seq_length=8,
        shards=shards,
        sources=({"path": "a.txt", "bytes": 3, "split": "train"},),
        counts=manifests.CorpusCounts(documents=2, lines_dropped={"duplicate": 1}),
    )


@pytest.mark.parametrize("largest", [1, 127, 128, 16_383, 16_384, 2**21, 2**28 - 1])
def test_the_bytes_are_those_of_protobuf(largest):
    generator = np.random.default_rng(largest)
    lengths_N = np.array([5, 512, 1, 43, 44, 16_500, 128])
    firsts_N = np.array([5, 200, 1, 12, 44, 16_384, 127])
    ids_U = generator.integers(0, largest, lengths_N.sum(), endpoint=True)
    made = record_writer.serialize(ids_U, lengths_N, firsts_N)
    start = 0
    for data, length, first in zip(made, lengths_N, firsts_N, strict=True):
        example = tf.train.Example()
        feature = example.features.feature
        feature["input_ids"].int64_list.value.extend(ids_U[start : start + length])
        feature["first_segment_length"].int64_list.value.append(first)
        assert data == example.SerializeToString(deterministic=True)
        start += length


def test_a_batch_is_padded_and_has_mask_and_segments():
    batch = parse(
        [small.serialized([2, 7, 3], 3), small.serialized([2, 7, 3, 8, 8, 3], 3)]
    )
    np.testing.assert_array_equal(
        batch.input_ids_BS,
        [[2, 7, 3, PAD, PAD, PAD, PAD, PAD], [2, 7, 3, 8, 8, 3, PAD, PAD]],
    )
    np.testing.assert_array_equal(
        batch.input_mask_BS, [[1, 1, 1, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1, 0, 0]]
    )
    np.testing.assert_array_equal(
        batch.segment_ids_BS, [[0] * 8, [0, 0, 0, 1, 1, 1, 0, 0]]
    )
    assert all(values_BS.dtype == tf.int32 for values_BS in batch)


def test_the_length_of_a_batch_is_static():
    dataset = tf.data.Dataset.from_tensors([small.serialized([2, 7, 3], 3)] * 4)
    for form in RecordFormat:
        parsed = dataset.map(lambda x: records.parse_batch(x, form, 8, PAD))
        assert all(spec.shape[1] == 8 for spec in parsed.element_spec)


def test_an_example_longer_than_the_length_is_an_error_not_cut():
    with pytest.raises(tf.errors.InvalidArgumentError, match="more than max_seq_len"):
        parse([small.serialized([2, 7, 3], 3), small.serialized([2] * 9, 9)])
    dataset = tf.data.Dataset.from_tensors([small.serialized([2] * 9, 9)])
    dataset = dataset.map(
        lambda x: records.parse_batch(x, RecordFormat.COMPACT, 8, PAD)
    )
    with pytest.raises(tf.errors.InvalidArgumentError, match="more than max_seq_len"):
        next(iter(dataset))


def test_a_reference_example_is_read_as_it_is_but_for_its_padding():
    batch = parse(
        [
            reference_example(
                input_ids=[2, 7, 3, 8, 3, 0, 0, 0],
                input_mask=[1, 1, 1, 1, 1, 0, 0, 0],
                segment_ids=[0, 0, 0, 1, 1, 0, 0, 0],
            )
        ],
        form=RecordFormat.REFERENCE,
    )
    assert batch.input_ids_BS.numpy().tolist() == [[2, 7, 3, 8, 3, PAD, PAD, PAD]]
    assert batch.input_mask_BS.numpy().tolist() == [[1, 1, 1, 1, 1, 0, 0, 0]]
    assert batch.segment_ids_BS.numpy().tolist() == [[0, 0, 0, 1, 1, 0, 0, 0]]


@pytest.mark.parametrize(
    ("form", "data"),
    [
        (RecordFormat.REFERENCE, reference_example(input_ids=[2] * 7)),
        (RecordFormat.REFERENCE, small.serialized([2, 7, 3], 3)),
        (RecordFormat.COMPACT, reference_example(input_ids=[2] * 8)),
    ],
)
def test_a_record_of_another_format_is_an_error(form, data):
    with pytest.raises(tf.errors.InvalidArgumentError):
        parse([data], form=form)


def test_framed_records_are_a_tfrecord_file(tmp_path):
    path = str(tmp_path / "a.tfrecord")
    serialized = [os.urandom(size) for size in (1, 300, 0, 20_000)]
    for _ in range(2):  # The second time the file in memory begins anew.
        framed = record_writer.frame(serialized)
        sizes = sum(len(data) + record_writer.FRAME_BYTES for data in serialized)
        assert len(framed) == sizes
    pathlib.Path(path).write_bytes(framed + framed)
    read = list(tf.data.TFRecordDataset(path).as_numpy_iterator())
    assert read == serialized + serialized


def test_a_saved_manifest_loads_as_the_same(tmp_path):
    saved = manifest(
        Shard("train-0", "train", 10, 70, 1, "c"), Shard("v", "valid", 2, 9, 1, "d")
    )
    saved.save(str(tmp_path))
    loaded = Manifest.load(str(tmp_path))
    assert loaded == saved
    assert (loaded.examples("train"), loaded.tokens("train")) == (10, 70)
    assert loaded.split("valid") == (saved.shards[1],)


def test_a_missing_or_foreign_manifest_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no/where doesn't exist.*prepare.py --corpus"):
        Manifest.load(str(tmp_path / "no/where"))
    with pytest.raises(ValueError, match="has no manifest.json.*--adopt_train"):
        Manifest.load(str(tmp_path))
    (tmp_path / "manifest.json").write_text("[1]")
    with pytest.raises(ValueError, match=r"manifest.json: .*object, not \[1\]"):
        Manifest.load(str(tmp_path))
    dataclasses.replace(manifest(), format_version=99).save(str(tmp_path))
    with pytest.raises(ValueError, match="format version 99, but this code reads"):
        Manifest.load(str(tmp_path))


def test_a_truncated_or_missing_shard_is_refused(tmp_path):
    directory = str(tmp_path)
    framed = record_writer.frame([small.serialized([2, 7, 3], 3)])
    shard = Shard("a.tfrecord", "train", 1, 3, len(framed), "")
    with pytest.raises(ValueError, match="a.tfrecord is missing"):
        checks.check_files(manifest(shard), directory, "train")
    checks.check_files(manifest(shard), directory, "valid")
    (tmp_path / "a.tfrecord").write_bytes(framed)
    checks.check_files(manifest(shard), directory, "train")
    (tmp_path / "a.tfrecord").write_bytes(framed[:-1])
    message = f"truncated: it has {len(framed) - 1} bytes, .* says {len(framed)}"
    with pytest.raises(ValueError, match=message):
        checks.check_files(manifest(shard), directory, "train")
