"""Every moment of an epoch is a sample of the corpus, and every epoch another one."""

import dataclasses
import logging
import random
import shutil

import numpy as np
import pytest
import tensorflow as tf

from electra_tf.build import local
from electra_tf.corpus import documents
from electra_tf.inspection import epoch_mixture, shard_contents, tables
from electra_tf.shards import checks, pipeline
from electra_tf.shards.manifest import Manifest
from electra_tf.text.vocabulary import SPECIAL_PIECES, Vocabulary
from tests import small
from tests.corpus.texts import build_of, write_corpus
from tests.shards.pipeline_test import host

WORDS = {source: [f"{source}{number}" for number in range(40)] for source in "ab"}
BATCH = 8


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> str:
    """Shards of two files with other words each, by the default number of shards."""
    directory = tmp_path_factory.mktemp("order")
    generator = random.Random(0)
    for source, words in WORDS.items():
        texts = [
            [
                " ".join(generator.choices(words, k=generator.randint(20, 40)))
                for _ in range(generator.randint(5, 15))
            ]
            for _ in range(300)
        ]
        write_corpus(directory / f"{source}.txt", texts)
    output = str(directory / "data")
    pieces = (*SPECIAL_PIECES, *WORDS["a"], *WORDS["b"])
    settings = dataclasses.replace(
        build_of(f"{directory}/?.txt", output),
        vocabulary=Vocabulary(pieces),
        num_shards=0,
    )
    local.build(settings)
    return output


def epochs(data: str, number: int, hosts: int = 1) -> list[list[list[bytes]]]:
    """Examples of the first epochs in their order, by host."""
    manifest = Manifest.load(data)
    made = []
    for index in range(hosts):
        ours = manifest.split("train")[index::hosts]
        examples = sum(shard.examples for shard in ours)
        dataset = pipeline.train_dataset(
            manifest, data, BATCH, 64, seed=1, context=host(index, hosts)
        )
        rows = []
        for batch in dataset:
            rows += [row.tobytes() for row in batch.input_ids_BS.numpy()]
            if len(rows) >= number * examples:
                break
        made.append([rows[i * examples : (i + 1) * examples] for i in range(number)])
    return made


def is_of_a(row: bytes) -> bool:
    """Whether an example is of the first source: words of b have higher ids."""
    return np.frombuffer(row, np.int32).max() < len(SPECIAL_PIECES) + len(WORDS["a"])


def test_each_twentieth_of_an_epoch_has_its_share_of_each_source(data):
    for hosts in (1, 2):
        (rows,) = epochs(data, 1, hosts)[0]
        from_a = np.array([is_of_a(row) for row in rows])
        share = from_a.mean()
        assert 0.4 < share < 0.6
        for part in np.array_split(from_a, 20):
            error = np.sqrt(share * (1 - share) / len(part))
            # Of a normal distribution one draw in a million is beyond.
            assert abs(part.mean() - share) < 5 * error


def test_an_example_s_place_says_nothing_of_its_place_in_the_next_epoch(data):
    for hosts in (1, 3):
        ((first, second), *_) = epochs(data, 2, hosts)
        assert sorted(first) == sorted(second)
        place = {row: number for number, row in enumerate(first)}
        places = [place[row] for row in second]
        # The deviation of no correlation is 1 / sqrt(examples), about 0.02.
        assert abs(np.corrcoef(places, np.arange(len(places)))[0, 1]) < 0.1


def test_every_example_comes_once_in_an_epoch_whatever_the_number_of_hosts(data):
    (every,) = epochs(data, 1)[0]
    for hosts in (2, 3):
        rows = [row for ours in epochs(data, 1, hosts) for row in ours[0]]
        assert sorted(rows) == sorted(every)


def test_the_default_number_of_shards_gives_hosts_equal_shares(data, caplog):
    manifest = Manifest.load(data)
    numbers = len(manifest.split("train"))
    assert all(numbers % hosts == 0 for hosts in (1, 2, 3, 4, 6, 8, 12, 16))


def test_hosts_with_unequal_shares_are_warned_of(tmp_path, caplog):
    data = small.write(tmp_path / "data", train_shards=5)
    manifest = Manifest.load(data)
    with caplog.at_level(logging.WARNING):
        checks.check_run(manifest, data, 1, ["train"])
        assert "Hosts have" not in caplog.text
        checks.check_run(manifest, data, 2, ["train"])
    assert "Hosts have from 48 to 72 training examples" in caplog.text
    assert "50 % more often" in caplog.text and "multiple of 2 hosts" in caplog.text


def test_records_in_the_order_of_their_corpus_are_warned_of(data, tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        checks.check_run(Manifest.load(data), data, 1, ["train"])
        assert "order of their corpus" not in caplog.text
        old = small.write(tmp_path / "old")
        checks.check_run(Manifest.load(old), old, 1, ["train"])
    assert "in the order of their corpus" in caplog.text


@pytest.mark.parametrize("is_shuffled", [True, False])
def test_a_part_of_the_held_out_split_is_a_sample_of_it(tmp_path, is_shuffled):
    """In the order of the corpus, it is spread over all records."""
    data = small.write(tmp_path / "data", per_shard=24)
    manifest = dataclasses.replace(Manifest.load(data), shuffled=is_shuffled)
    whole = small.examples(24, 1000)

    def chosen() -> list[list[int]]:
        dataset = pipeline.eval_dataset(manifest, data, "valid", 5, examples=7)
        rows = [row.tolist() for batch in dataset for row in batch.input_ids_BS.numpy()]
        return [[id for id in row if id] for row in rows if any(row)]

    places = range(7) if is_shuffled else (0, 4, 7, 11, 14, 18, 21)
    assert chosen() == [whole[place] for place in places]
    assert chosen() == chosen()


def test_a_look_tells_an_epoch_that_is_no_sample_of_the_corpus(data, tmp_path):
    mixed = epoch_mixture.divergences(
        shard_contents.InspectedSplit.open(data, "train"), 64
    )
    assert len(mixed) == epoch_mixture.PARTS
    assert max(mixed) < tables.UNMIXED
    # The same records in the order of the corpus, as version 0.1 had them.
    manifest = Manifest.load(data)
    paths = [f"{data}/{shard.name}" for shard in manifest.split("train")]
    for path in paths:
        there = [record.numpy() for record in tf.data.TFRecordDataset(path)]
        there.sort(key=is_of_b)
        with tf.io.TFRecordWriter(f"{tmp_path}/{path.rpartition('/')[2]}") as writer:
            for record in there:
                writer.write(record)
    for name in ("vocab.txt", manifest.split("valid")[0].name):
        shutil.copy(f"{data}/{name}", tmp_path)
    dataclasses.replace(manifest, shuffled=False).save(str(tmp_path))
    in_order = epoch_mixture.divergences(
        shard_contents.InspectedSplit.open(str(tmp_path), "train"), 64
    )
    assert max(in_order) > 5 * tables.UNMIXED


def is_of_b(record: bytes) -> bool:
    ids = tf.train.Example.FromString(record).features.feature["input_ids"]
    return max(ids.int64_list.value) >= len(SPECIAL_PIECES) + len(WORDS["a"])


def test_a_corpus_in_another_order_of_files_has_the_same_shards(tmp_path):
    made = []
    for names in (("a", "b"), ("b", "a")):
        for number, name in enumerate(names):
            generator = random.Random(name)
            texts = [[" ".join(generator.choices(WORDS[name], k=9))] for _ in range(90)]
            write_corpus(tmp_path / f"{number}.txt", texts)
        output = f"{tmp_path}/{names[0]}"
        vocabulary = Vocabulary((*SPECIAL_PIECES, *WORDS["a"], *WORDS["b"]))
        settings = build_of(f"{tmp_path}/?.txt", output)
        sources = documents.expand(f"{tmp_path}/?.txt")
        settings = dataclasses.replace(
            settings, vocabulary=vocabulary, train_sources=sources
        )
        made.append([shard.sha256 for shard in local.build(settings).manifest.shards])
    assert made[0] == made[1]
