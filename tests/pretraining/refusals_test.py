"""What a run will not start on, and what is said instead."""

import pytest
import tensorflow as tf

from electra_tf.pretraining import loop
from electra_tf.pretraining.workdir import Workdir
from electra_tf.text.vocabulary import Vocabulary
from tests import small


def default_strategy() -> tf.distribute.Strategy:
    return tf.distribute.get_strategy()


def test_a_working_directory_of_another_run_is_refused(data, tmp_path):
    workdir = Workdir(str(tmp_path / "run"))
    config = small.config(data, num_train_steps=5, eval_every=0)
    loop.train(config, workdir, default_strategy())
    config.learning_rate = 1.0
    with pytest.raises(ValueError, match=r"learning_rate: 1.0 now, 0.005 then"):
        loop.train(config, workdir, default_strategy())


def test_a_directory_of_other_things_is_refused(data, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "dog.jpg").write_text("")
    with pytest.raises(ValueError, match="not empty and has no config.json"):
        loop.train(
            small.config(data), Workdir(str(tmp_path / "photos")), default_strategy()
        )
    assert [p.name for p in (tmp_path / "photos").iterdir()] == ["dog.jpg"]


def test_a_vocabulary_other_than_the_shards_is_refused(data, tmp_path):
    pieces = list(small.vocabulary().pieces)
    pieces[-1], pieces[-2] = pieces[-2], pieces[-1]
    Vocabulary(tuple(pieces)).save(f"{data}/vocab.txt")
    workdir = tmp_path / "run"
    with pytest.raises(ValueError, match="fingerprint"):
        loop.train(small.config(data), Workdir(str(workdir)), default_strategy())
    assert not workdir.exists()


def test_shards_of_another_length_are_refused(data, tmp_path):
    config = small.config(data)
    config.data.max_seq_length = 12
    with pytest.raises(ValueError, match="max_seq_length=16.*max_seq_length=12"):
        loop.train(config, Workdir(str(tmp_path / "run")), default_strategy())
    assert not (tmp_path / "run").exists()


def test_a_batch_that_does_not_divide_is_refused(data, tmp_path, two_replicas):
    config = small.config(data)
    config.data.global_batch_size = 7
    with pytest.raises(ValueError, match="=7 is not divisible by 2 replicas"):
        loop.train(config, Workdir(str(tmp_path / "run")), two_replicas)
    assert not (tmp_path / "run").exists()
