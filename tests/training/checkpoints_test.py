"""Checkpoints: complete, limited in number, and refused where they do not fit."""

import numpy as np
import pytest
import tensorflow as tf

from electra_tf.config import Config
from electra_tf.model.electra import Electra
from electra_tf.training.checkpoints import Checkpoints
from electra_tf.training.optimizer import AdamWeightDecay
from tests import shards


def run(config: Config, seed: int) -> tuple[Electra, AdamWeightDecay]:
    model = Electra(config.model, len(shards.vocabulary()), seed=seed)
    return model, AdamWeightDecay(model.trainable_variables, config)


@pytest.fixture
def config() -> Config:
    return shards.config("unused")


def test_everything_that_a_resume_needs_comes_back(config, tmp_path):
    model, optimizer = run(config, seed=1)
    optimizer.apply([tf.ones(v.shape) for v in model.trainable_variables])
    optimizer.apply([tf.fill(v.shape, np.nan) for v in model.trainable_variables])
    Checkpoints(str(tmp_path), model, optimizer).save(2)

    other, other_optimizer = run(config, seed=2)
    checkpoints = Checkpoints(str(tmp_path), other, other_optimizer)
    assert checkpoints.restore() == 2
    for ours, theirs in zip(model.variables, other.variables, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())
    for name in ("first_moments", "second_moments"):
        for path, slot in getattr(optimizer, name).items():
            np.testing.assert_array_equal(slot, getattr(other_optimizer, name)[path])
            assert np.any(slot != 0)
    assert int(other_optimizer.iterations) == 2
    assert int(other_optimizer.skipped) == int(other_optimizer.skipped_in_a_row) == 1


def test_an_empty_directory_has_nothing_to_restore(config, tmp_path):
    assert Checkpoints(str(tmp_path / "none"), *run(config, 1)).restore() is None


def test_only_the_last_ones_are_kept(config, tmp_path):
    checkpoints = Checkpoints(str(tmp_path), *run(config, 1), keep=2)
    for step in (1, 2, 3):
        checkpoints.save(step)
    assert sorted(path.name for path in tmp_path.glob("*.index")) == [
        "step-2.index",
        "step-3.index",
    ]


def test_a_checkpoint_of_another_model_is_refused(config, tmp_path):
    Checkpoints(str(tmp_path), *run(config, 1), keep=1).save(1)
    config.model.hidden_size = 64
    with pytest.raises(ValueError, match="does not fit this model"):
        Checkpoints(str(tmp_path), *run(config, 1), keep=1).restore()
