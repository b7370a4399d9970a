"""Existing shards get a manifest, or an error that says why not."""

import os
import pathlib

import pytest
import tensorflow as tf

from electra_tf.build import adopt, result
from electra_tf.shards import checks, pipeline, record_writer
from electra_tf.shards.manifest import Manifest, RecordFormat
from electra_tf.text.vocabulary import SPECIAL_PIECES, TextRules, Vocabulary
from tests import small

VOCABULARY = Vocabulary((*SPECIAL_PIECES, "a", "b", "c"))


def example(text: list[int], length: int = 8) -> bytes:
    ids = [2, *text, 3]
    padding = [0] * (length - len(ids))
    proto = tf.train.Example()
    for name, values in {
        "input_ids": ids + padding,
        "input_mask": [1] * len(ids) + padding,
        "segment_ids": [0] * length,
    }.items():
        proto.features.feature[name].int64_list.value.extend(values)
    return proto.SerializeToString()


def write(path: pathlib.Path, examples: list[bytes]) -> None:
    path.write_bytes(record_writer.frame(examples))


def settings(tmp_path, **changes) -> adopt.AdoptSettings:
    fields = {
        "train_patterns": f"{tmp_path}/train*",
        "valid_patterns": "",
        "vocabulary": VOCABULARY,
        "text_rules": TextRules(),
        "output": str(tmp_path / "out"),
        "language": "",
        "overwrite": False,
        "command": "prepare.py",
    }
    return adopt.AdoptSettings(**{**fields, **changes})


def test_shards_are_counted_and_listed_where_they_are(tmp_path):
    write(tmp_path / "train0", [])
    write(tmp_path / "train1", [example([5, 6]), example([7])] * 3)
    write(tmp_path / "valid", [example([5] * 6)])
    manifest = adopt.adopt(settings(tmp_path, valid_patterns=f"{tmp_path}/valid"))
    assert manifest == Manifest.load(str(tmp_path / "out"))
    assert sorted(os.listdir(tmp_path / "out")) == ["manifest.json", "vocab.txt"]
    assert manifest.record_format is RecordFormat.REFERENCE
    assert manifest.max_seq_length == 8
    assert [shard.examples for shard in manifest.shards] == [0, 6, 1]
    assert (manifest.tokens("train"), manifest.tokens("valid")) == (3 * 7, 8)
    assert all(os.path.isabs(shard.name) for shard in manifest.shards)
    for split in ("train", "valid"):
        checks.check_files(manifest, str(tmp_path / "out"), split)


@pytest.mark.parametrize(
    ("examples", "message"),
    [
        ([example([5]), example([8])], "has the id 8, but the vocabulary has 8 pieces"),
        ([example([5]), example([5], length=9)], "length 8, the first record's"),
        ([small.serialized([2, 5, 3], 3)], "input_mask"),
        ([tf.train.Example().SerializeToString()], "not input_ids"),
        ([], "0 records"),
    ],
)
def test_records_that_do_not_fit_are_refused(tmp_path, examples, message):
    write(tmp_path / "train", examples)
    with pytest.raises(ValueError, match=message):
        adopt.adopt(settings(tmp_path))
    assert os.listdir(tmp_path) == ["train"]


def test_another_vocabulary_s_cls_is_noticed(tmp_path):
    write(tmp_path / "train", [example([5])])
    other = Vocabulary(("[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]", "a"))
    with pytest.raises(ValueError, match=r"begins with id 2, but \[CLS\] is 0"):
        adopt.adopt(settings(tmp_path, vocabulary=other))


def test_a_truncated_shard_is_refused(tmp_path):
    framed = record_writer.frame([example([5])] * 3)
    (tmp_path / "train").write_bytes(framed[:-5])
    with pytest.raises(ValueError, match="train can't be read"):
        adopt.adopt(settings(tmp_path))


def test_the_reference_s_own_shard_is_adopted(tmp_path, real_data):
    reference = real_data / "reference"
    manifest = adopt.adopt(
        settings(
            tmp_path,
            train_patterns=str(reference / "mini_valid.tfrecord"),
            vocabulary=Vocabulary.load(str(reference / "vocab8k.txt")),
        )
    )
    assert manifest.examples("train") == 11_359
    assert manifest.max_seq_length == 128
    assert manifest.unreachable_pieces == 0


@pytest.fixture(scope="module")
def a_thousand(tmp_path_factory) -> pathlib.Path:
    directory = tmp_path_factory.mktemp("thousand")
    for number in range(1000):
        texts = [example([5 + (number + place) % 3] * 4) for place in range(3)]
        write(directory / f"train{number:04}", texts)
    return directory


def test_a_thousand_small_files_are_adopted_and_read(a_thousand):
    manifest = adopt.adopt(settings(a_thousand))
    assert len(manifest.shards) == 1000 and manifest.examples("train") == 3000
    said = result.adoption_summary(manifest)
    assert "1,000 shards" in said and "lower-cased, accents kept, as the flags" in said
    assert "nothing is held out to evaluate on: give --adopt_valid" in said
    dataset = pipeline.train_dataset(manifest, f"{a_thousand}/out", 100, 500, seed=1)
    epoch = [batch.input_ids_BS.numpy() for batch in dataset.take(30)]
    words = [row[1] for batch in epoch for row in batch]
    assert sorted(words) == sorted(
        5 + (i + j) % 3 for i in range(1000) for j in range(3)
    )


def test_one_broken_file_among_a_thousand_is_named(a_thousand, tmp_path):
    broken = tmp_path / "train"
    broken.write_bytes((a_thousand / "train0500").read_bytes()[:-3])
    patterns = f"{a_thousand}/train*,{broken}"
    with pytest.raises(ValueError, match=f"{broken} can't be read after 0 records"):
        adopt.adopt(settings(tmp_path, train_patterns=patterns))
    assert not (tmp_path / "out").exists()
