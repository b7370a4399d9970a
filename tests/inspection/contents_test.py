"""Counts of shards and of two vocabularies, checked by hand."""

import dataclasses
import pathlib

import pytest
import tensorflow as tf

from electra_tf.console import aligned
from electra_tf.corpus import documents
from electra_tf.inspection import comparison, contents, summary
from electra_tf.shards import records
from electra_tf.shards.manifest import Manifest, RecordFormat, Shard
from electra_tf.text.vocabulary import SPECIAL_PIECES, TextRules, Vocabulary
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
        framed = records.frame([serialize(*text) for text in texts])
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
    split = contents.Split.open(write(tmp_path / "data", form), "train")
    found = contents.summarize(split, split.count())
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
    split = contents.Split.open(write(tmp_path / "data"), "train")
    found = contents.summarize(split, split.count(limit=2))
    assert (found.examples, found.examples_in_split) == (2, 3)
    # The first and the last of three.
    assert (found.tokens, found.two_segments) == (9, 0.0)


def test_batches_add_up_to_what_the_manifest_says(tmp_path, monkeypatch):
    data = small.write(tmp_path / "data", train_shards=3, per_shard=25)
    monkeypatch.setattr(contents, "BATCH_SIZE", 8)  # The last one is filled up.
    split = contents.Split.open(data, "train")
    counts = split.count()
    assert counts.examples == split.manifest.examples("train") == 75
    assert counts.tokens == split.manifest.tokens("train")


def test_examples_show_pieces_and_segments_without_padding(tmp_path):
    split = contents.Split.open(write(tmp_path / "data"), "train")
    batch = split.first(9)
    masked_ids_BS = tf.where(batch.input_ids_BS == ids("el"), 4, batch.input_ids_BS)
    shown = summary.examples(batch, PIECES, masked_ids_BS)
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
    split = contents.Split.open(write(tmp_path / "data"), "train")
    found = contents.summarize(split, split.count())
    found = dataclasses.replace(
        found, max_seq_length=40, examples=7, length_counts={1: 1, 4: 2, 5: 1, 40: 3}
    )
    rows = [
        line.split() for line in summary.shards(found).split("\n\n")[0].splitlines()
    ]
    assert rows[0] == ["tokens", "examples"]
    assert rows[1] == ["1-1", "1", "14.3%", "█" * 13]
    assert rows[2] == ["2-4", "2", "28.6%", "█" * 27]
    assert rows[3][:2] == ["5-7", "1"]
    assert rows[-1] == ["38-40", "3", "42.9%", "█" * 40]
    assert sum(int(row[1]) for row in rows[1:]) == 7


def test_what_cannot_be_looked_at_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no/where doesn't exist.*prepare.py"):
        contents.Split.open(str(tmp_path / "no/where"), "train")
    data = write(tmp_path / "data")
    with pytest.raises(ValueError, match="'valid' split in .* has 0 examples.*rerun"):
        contents.Split.open(data, "valid")
    small.vocabulary().save(f"{data}/vocab.txt")
    with pytest.raises(ValueError, match="vocab.txt has the hash .* made with"):
        contents.Split.open(data, "train")
    (tmp_path / "data" / "vocab.txt").unlink()
    with pytest.raises(ValueError, match="no vocabulary file .*vocab.txt"):
        contents.Split.open(data, "train")


def test_an_id_beyond_the_vocabulary_is_refused(tmp_path):
    data = write(tmp_path / "data")
    vocabulary = Vocabulary(PIECES[:-2])
    vocabulary.save(f"{data}/vocab.txt")
    dataclasses.replace(
        Manifest.load(data), vocabulary_hash=vocabulary.hash
    ).save(data)  # fmt: skip
    with pytest.raises(ValueError, match="ids from 0 to 8, but the vocabulary has 8"):
        contents.Split.open(data, "train").count()


@pytest.fixture
def two(tmp_path) -> list[str]:
    paths = [str(tmp_path / "a.txt"), str(tmp_path / "b.txt")]
    Vocabulary((*SPECIAL_PIECES, "el", "gat", "##o", ".")).save(paths[0])
    Vocabulary((*SPECIAL_PIECES, "el", "un", "gato", ".", "Gato")).save(paths[1])
    return paths


def text(tmp_path: pathlib.Path, content: str) -> list[documents.Source]:
    (tmp_path / "text.txt").write_text(content)
    return documents.expand(str(tmp_path / "text.txt"))


def test_two_vocabularies_are_counted_on_the_same_text(tmp_path, two):
    sources = text(tmp_path, "El gato.\nUn gato\n\nel\n")
    result = comparison.compare(two, sources, 0, TextRules())
    a, b = result.vocabularies
    # el gat ##o . | [UNK] gat ##o | el; and el gato . | un gato | el
    assert (a.tokens, a.words, a.unknown_tokens) == (8, 6, 1)
    assert (b.tokens, b.words, b.unknown_tokens) == (6, 6, 0)
    assert (a.tokens_per_word, b.tokens_per_word) == (8 / 6, 1)
    assert (a.unknown, b.unknown) == (1 / 8, 0)
    assert result.characters == 15
    assert (a.characters_per_token, b.characters_per_token) == (15 / 8, 15 / 6)
    assert (a.pieces, b.pieces) == (9, 10)
    assert result.pieces_in_common == 5 + 2  # The special ones, "el" and ".".
    assert (a.unreachable, b.unreachable) == (0, 1)  # "Gato", lower-cased.
    assert [(cut.word, cut.times, cut.pieces) for cut in result.cut_words] == [
        ("gato", 2, (["gat", "##o"], ["gato"])),
        ("un", 1, (["[UNK]"], ["un"])),
    ]
    report = summary.vocabularies(result)
    assert "B makes 25.0% fewer tokens than A" in report
    assert "lower-cased, accents kept" in report


def test_the_text_rules_decide_what_is_compared(tmp_path, two):
    sources = text(tmp_path, "Gato\n")
    cased = comparison.compare(two, sources, 0, TextRules(lowercase=False))
    assert [counts.unknown for counts in cased.vocabularies] == [1, 0]


def test_a_limit_ends_the_reading(tmp_path, two):
    sources = text(tmp_path, "el gato\n\n" * 300_000)
    result = comparison.compare(two, sources, 100_000, TextRules())
    assert 90_000 < result.text_bytes < 2_000_000  # Blocks are of about a megabyte.


def test_what_cannot_be_compared_is_refused(tmp_path, two):
    sources = text(tmp_path, "el\n")
    with pytest.raises(ValueError, match="names 1 vocabularies.*compares 2"):
        comparison.compare(two[:1], sources, 0, TextRules())
    with pytest.raises(ValueError, match="no vocabulary file"):
        comparison.compare([two[0], "none.txt"], sources, 0, TextRules())
    with pytest.raises(ValueError, match="without a document"):
        comparison.compare(two, text(tmp_path, ""), 0, TextRules())


def test_columns_are_aligned():
    rows = [("a", "1", "x"), ("bcd", "23", "")]
    assert aligned(rows, "lrl").splitlines() == ["a     1  x", "bcd  23"]


def test_a_cell_can_not_break_its_row():
    rows = [("a\x1b[2J", "1"), ("b\nc", "2")]
    assert aligned(rows, "lr").splitlines() == ["a\\x1b[2J  1", "b\\nc      2"]
