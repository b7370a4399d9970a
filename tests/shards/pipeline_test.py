"""The order of the data: complete, shuffled, resumable, shared among hosts."""

import dataclasses
import itertools

import numpy as np
import pytest
import tensorflow as tf

from electra_tf.config import Config, DataConfig
from electra_tf.shards import checks, pipeline
from electra_tf.shards.manifest import Manifest
from tests import small


@pytest.fixture
def data(tmp_path) -> str:
    return small.write(tmp_path / "data", train_shards=4, per_shard=24)


def rows(dataset: tf.data.Dataset, batches: int) -> list[bytes]:
    taken = itertools.islice(dataset, batches)
    return [row.tobytes() for batch in taken for row in batch.input_ids_BS.numpy()]


def train(data: str, first_batch: int = 0, seed: int = 1, **options):
    return pipeline.train_dataset(
        Manifest.load(data), data, 8, 16, seed, first_batch, **options
    )


def test_a_resumed_run_sees_what_the_uninterrupted_one_sees(data):
    whole = rows(train(data), 40)  # 96 examples: an epoch is 12 batches.
    for first in (0, 5, 12, 13, 30):
        assert rows(train(data, first_batch=first), 40 - first) == whole[first * 8 :]


def test_parsing_in_chunks_does_not_change_the_order(data, monkeypatch):
    chunked = rows(train(data), 40)
    monkeypatch.setattr(pipeline, "CHUNK_EXAMPLES", 1)
    assert rows(train(data), 40) == chunked


def test_an_epoch_has_every_example_once_in_an_order_of_its_own(data):
    seen = rows(train(data), 24)
    texts = sorted(
        row for index in range(4) for row in map(padded, small.examples(24, index))
    )
    assert sorted(seen[:96]) == texts
    assert sorted(seen[96:]) == texts
    assert seen[:96] != seen[96:]
    assert rows(train(data, seed=2), 12) != seen[:96]


@pytest.fixture(scope="module")
def numbered(tmp_path_factory) -> str:
    """Four shards of 250 examples that can be told from each other."""
    path = tmp_path_factory.mktemp("numbered") / "data"
    return small.write(path, 4, 250, small.numbered_examples)


def numbers(dataset: tf.data.Dataset, batches: int) -> list[int]:
    taken = itertools.islice(dataset, batches)
    return [
        small.number_of(row) for batch in taken for row in batch.input_ids_BS.numpy()
    ]


def test_records_that_follow_each_other_in_a_shard_are_parted_by_the_buffer(numbered):
    manifest = Manifest.load(numbered)
    followers = {}
    for buffer in (1, 100):
        seen = numbers(pipeline.train_dataset(manifest, numbered, 8, buffer, 1), 125)
        assert len(set(seen)) == 1000
        followers[buffer] = sum(y == x + 1 for x, y in itertools.pairwise(seen))
    # A buffer of 100 leaves about one pair of neighbours in a hundred.
    assert followers[1] > 900
    assert followers[100] < 50


def test_the_order_of_shards_is_drawn_anew_in_each_epoch(numbered):
    manifest = Manifest.load(numbered)
    # Without a buffer the order of records within a shard is that of the shard.
    seen = numbers(pipeline.train_dataset(manifest, numbered, 8, 1, 1), 8 * 125)
    orders = [
        tuple(dict.fromkeys(number // 1000 for number in seen[start : start + 1000]))
        for start in range(0, 8000, 1000)
    ]
    # Eight draws from 24 orders: fewer than three different ones are one in a million.
    assert len(set(orders)) >= 3


def padded(ids: list[int]) -> bytes:
    row = np.zeros(small.LENGTH, "int32")
    row[: len(ids)] = ids
    return row.tobytes()


def host(index: int, hosts: int) -> tf.distribute.InputContext:
    return tf.distribute.InputContext(hosts, index, num_replicas_in_sync=hosts)


def test_hosts_share_the_examples_without_overlap(data):
    first = rows(train(data, context=host(0, 2)), 6)
    second = rows(train(data, context=host(1, 2)), 6)
    texts = sorted(
        row for index in range(4) for row in map(padded, small.examples(24, index))
    )
    assert sorted(first + second) == texts


def test_fewer_shards_than_hosts_is_an_error_that_names_the_cure(data):
    manifest = Manifest.load(data)
    checks.check_run(manifest, data, 4, ["train", "valid"])
    with pytest.raises(ValueError, match="4 training shards.*5 hosts.*num_shards=5"):
        checks.check_run(manifest, data, 5, ["train"])


def test_evaluation_covers_the_split_once_and_fills_up_with_nothing(data):
    manifest = Manifest.load(data)
    for hosts in (1, 2, 3):
        seen = []
        lengths = set()
        for index in range(hosts):
            dataset = pipeline.eval_dataset(
                manifest, data, "valid", 5, context=host(index, hosts)
            )
            batches = list(dataset)
            lengths.add(len(batches))
            for batch in batches:
                assert batch.input_ids_BS.shape == (5, small.LENGTH)
                real = np.any(batch.input_mask_BS, axis=1)
                seen += [row.tobytes() for row in batch.input_ids_BS.numpy()[real]]
        assert sorted(seen) == sorted(map(padded, small.examples(24, 1000)))
        assert len(lengths) == 1  # Every host takes part in every step.


def pieces(ids: list[int]) -> list[bytes]:
    """The two examples of half the length that an example of one segment becomes."""
    special, half = small.vocabulary().special_ids, small.LENGTH // 2
    rows = []
    for start in (1, half - 1):
        text = ids[start : min(start + half - 2, len(ids) - 1)]
        row = np.zeros(half, "int32")
        if text:
            row[: len(text) + 2] = [special.cls, *text, special.sep]
        rows.append(row.tobytes())
    return rows


def test_an_epoch_has_every_short_example_once_spread_and_resumable(data):
    half = small.LENGTH // 2
    seen = rows(train(data, length=half), 24)  # 192 of them.
    texts = [text for index in range(4) for text in small.examples(24, index)]
    assert sorted(seen) == sorted(row for text in texts for row in pieces(text))
    for first in (5, 24, 30):
        rest = rows(train(data, first_batch=first, length=half), 36 - first)
        assert rest == rows(train(data, length=half), 36)[first * 8 :]


def test_whole_examples_go_on_where_the_short_ones_ended():
    config = Config(
        data=DataConfig(max_seq_length=512, short_seq_length=128), num_train_steps=1_000
    )
    short, long = config.phases
    assert (short.end, short.batch_offset) == (900, 0)
    assert (long.end, 900 + long.batch_offset) == (1_000, 225)
    config.num_train_steps = 1_003  # 902.7 steps: down to what four of 128 fill up.
    short, long = config.phases
    assert (short.end, short.end + long.batch_offset) == (900, 225)


def test_evaluation_of_short_examples_covers_the_same_text_on_every_host(data):
    manifest, half = Manifest.load(data), small.LENGTH // 2
    for hosts, examples in ((1, 0), (2, 0), (1, 7), (1, 1)):
        seen = []
        for index in range(hosts):
            for batch in pipeline.eval_dataset(
                manifest, data, "valid", 5, examples, host(index, hosts), half
            ):
                assert batch.input_ids_BS.shape == (5, half)
                seen += [row.tobytes() for row in batch.input_ids_BS.numpy()]
        texts = small.examples(24, 1000)
        if examples:  # Spread over the split.
            places = (0, 4, 7, 11, 14, 18, 21)[:examples]
            texts = [texts[place] for place in places]
        expected = [row for text in texts for row in pieces(text)]
        # Beside empty examples that fill the last batches.
        nothing = bytes(4 * half)
        assert sorted(filter(nothing.__ne__, seen)) == sorted(
            filter(nothing.__ne__, expected)
        )


def test_an_empty_split_is_an_error_that_names_the_cure(data):
    manifest = Manifest.load(data)
    only = tuple(shard for shard in manifest.shards if shard.split == "train")
    with pytest.raises(ValueError, match="'valid' split in .* has 0 examples"):
        checks.check_run(dataclasses.replace(manifest, shards=only), data, 1, ["valid"])


def test_a_host_without_examples_is_an_error(data):
    manifest = Manifest.load(data)
    empty = tuple(
        dataclasses.replace(shard, examples=0) if "train-00001" in shard.name else shard
        for shard in manifest.shards
    )
    manifest = dataclasses.replace(manifest, shards=empty)
    checks.check_run(manifest, data, 2, ["train"])
    with pytest.raises(ValueError, match="each with examples"):
        checks.check_run(manifest, data, 4, ["train"])
