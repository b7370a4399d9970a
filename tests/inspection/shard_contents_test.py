"""Counts of shards, checked by hand."""

import dataclasses
import pathlib

import pytest
import tensorflow as tf

from electra_tf.inspection import shard_contents, tables
from electra_tf.shards import record_writer
from electra_tf.shards.manifest import Manifest, RecordFormat, Shard
from electra_tf.text.vocabulary import SPECIAL_PIECES, Vocabulary
from tests import small

PIECES = (*SPECIAL_PIECES, "el", "gat", "##o", ".", "nunca")
EXAMPLES = (
    ("[CLS] el gat ##o . [SEP]", ""),
    ("[CLS] el [UNK] [SEP]", "gat ##o [SEP]"),
    ("[CLS] el [SEP]", ""),
)


def ids(text: str) -> list[int]:
    return [PIECES.index(piece) for piece in text.split()]


def compact(first: str, second: str) -> bytes:
    return small.serialized(ids(first) + ids(second), len(ids(first)))


def reference(first: str, second: str) -> bytes:
    features = {
        "input_ids": ids(first) + ids(second),
        "input_mask": [1] * len(ids(first) + ids(second)),
        "segment_ids": [0] * len(ids(first)) + [1] * len(ids(second)),
    }
    example = tf.train.Example()
    for name, values in features.items():
        values += [0] * (small.LENGTH - len(values))
        example.features.feature[name].int64_list.value.extend(values)
    return example.SerializeToString()


def write(directory: pathlib.Path, form: RecordFormat = RecordFormat.COMPACT) -> str:
    """A data directory whose training split is EXAMPLES, in two shards."""
    data = small.write(directory, train_shards=1, per_shard=1)
    serialize = compact if form is RecordFormat.COMPACT else reference
    made = []
    for name, texts in (("a", EXAMPLES[:1]), ("b", EXAMPLES[1:])):
        framed = record_writer.frame([serialize(*text) for text in texts])
        (directory / name).write_bytes(framed)
        tokens = sum(len(ids(first) + ids(second)) for first, second in texts)
        made.append(Shard(name, "train", len(texts), tokens, len(framed), ""))
    vocabulary = Vocabulary(PIECES)
    vocabulary.save(str(directory / "vocab.txt"))
    dataclasses.replace(
        Manifest.load(data),
        record_format=form,
        vocabulary_hash=vocabulary.hash,
        special_ids=vocabulary.special_ids,
        vocabulary_size=len(vocabulary),
        shards=tuple(made),
    ).save(data)
    return data


@pytest.mark.parametrize("form", list(RecordFormat))
def test_the_counts_are_those_made_by_hand(tmp_path, form):
    split = shard_contents.InspectedSplit.open(write(tmp_path / "data", form), "train")
    found = shard_contents.summarize(split, split.count())
    assert (found.examples, found.examples_in_split) == (3, 3)
    assert found.length_counts == {3: 1, 6: 1, 7: 1}
    assert (found.tokens, found.median_length) == (16, 6)
    assert found.mean_length == 16 / 3
    assert found.padding == 1 - 16 / (3 * small.LENGTH)
    assert found.two_segments == 1 / 3
    # el gat ##o . | el [UNK] gat ##o | el
    assert (found.text_tokens, found.words) == (9, 7)
    assert found.tokens_per_word == 9 / 7
    assert found.unknown == 1 / 9
    assert (found.pieces, found.pieces_used) == (5, 4)
    assert list(found.most_frequent.items()) == [
        ("el", 3), ("gat", 2), ("##o", 2), (".", 1)
    ]  # fmt: skip
    assert list(found.least_used) == [".", "##o", "gat", "el"]
    assert found.unused == ["nunca"]


def test_a_limit_counts_examples_spread_over_the_split(tmp_path):
    split = shard_contents.InspectedSplit.open(write(tmp_path / "data"), "train")
    found = shard_contents.summarize(split, split.count(limit=2))
    assert (found.examples, found.examples_in_split) == (2, 3)
    # The first and the last of three.
    assert (found.tokens, found.two_segments) == (9, 0.0)


def test_batches_add_up_to_what_the_manifest_says(tmp_path, monkeypatch):
    data = small.write(tmp_path / "data", train_shards=3, per_shard=25)
    monkeypatch.setattr(shard_contents, "BATCH_SIZE", 8)  # The last one is filled up.
    split = shard_contents.InspectedSplit.open(data, "train")
    counts = split.count()
    assert counts.examples == split.manifest.examples("train") == 75
    assert counts.tokens == split.manifest.tokens("train")


def test_examples_show_pieces_and_segments_without_padding(tmp_path):
    split = shard_contents.InspectedSplit.open(write(tmp_path / "data"), "train")
    batch = split.first(9)
    masked_ids_BS = tf.where(batch.input_ids_BS == ids("el"), 4, batch.input_ids_BS)
    shown = tables.examples(batch, PIECES, masked_ids_BS)
    assert [line.strip() for line in shown.splitlines()[5:10]] == [
        "A  [CLS] el [UNK] [SEP]",
        "B  gat ##o [SEP]",
        "masked A  [CLS] [MASK] [UNK] [SEP]",
        "masked B  gat ##o [SEP]",
        "",
    ]
    assert "[PAD]" not in shown
    assert shown.count("Example") == 3


def test_the_histogram_has_every_example_in_its_row(tmp_path):
    split = shard_contents.InspectedSplit.open(write(tmp_path / "data"), "train")
    found = shard_contents.summarize(split, split.count())
    found = dataclasses.replace(
        found, max_seq_length=40, examples=7, length_counts={1: 1, 4: 2, 5: 1, 40: 3}
    )
    rows = [line.split() for line in tables.shards(found).split("\n\n")[0].splitlines()]
    assert rows[0] == ["tokens", "examples"]
    assert rows[1] == ["1-1", "1", "14.3%", "█" * 13]
    assert rows[2] == ["2-4", "2", "28.6%", "█" * 27]
    assert rows[3][:2] == ["5-7", "1"]
    assert rows[-1] == ["38-40", "3", "42.9%", "█" * 40]
    assert sum(int(row[1]) for row in rows[1:]) == 7


def test_what_cannot_be_looked_at_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no/where doesn't exist.*prepare.py"):
        shard_contents.InspectedSplit.open(str(tmp_path / "no/where"), "train")
    data = write(tmp_path / "data")
    with pytest.raises(ValueError, match="'valid' split in .* has 0 examples.*rerun"):
        shard_contents.InspectedSplit.open(data, "valid")
    small.vocabulary().save(f"{data}/vocab.txt")
    with pytest.raises(ValueError, match="vocab.txt has the hash .* made with"):
        shard_contents.InspectedSplit.open(data, "train")
    (tmp_path / "data" / "vocab.txt").unlink()
    with pytest.raises(ValueError, match="no vocabulary file .*vocab.txt"):
        shard_contents.InspectedSplit.open(data, "train")


def test_an_id_beyond_the_vocabulary_is_refused(tmp_path):
    data = write(tmp_path / "data")
    vocabulary = Vocabulary(PIECES[:-2])
    vocabulary.save(f"{data}/vocab.txt")
    dataclasses.replace(
        Manifest.load(data), vocabulary_hash=vocabulary.hash
    ).save(data)  # fmt: skip
    with pytest.raises(ValueError, match="ids from 0 to 8, but the vocabulary has 8"):
        shard_contents.InspectedSplit.open(data, "train").count()
