"""Runs that are made longer, or that go on from a checkpoint of another."""

import dataclasses
import shutil

import numpy as np
import pytest
import tensorflow as tf

from electra_tf.choices import Schedule
from electra_tf.config import Config
from electra_tf.interop import initial_weights
from electra_tf.pretraining import loop
from electra_tf.pretraining.workdir import Workdir, schedules_agree
from electra_tf.training import checkpoint_files
from tests import small


def wsd(data: str, steps: int, **changes) -> Config:
    """A run whose learning rate falls in its second half."""
    config = small.config(data, num_train_steps=steps, steps_per_loop=5)
    config.schedule, config.decay_fraction = Schedule.WSD, 0.5
    config.checkpoint_every = config.log_every = config.eval_every = 5
    config.keep_checkpoints, config.keep_best = 1, False
    return dataclasses.replace(config, **changes)


def weights(workdir: Workdir, step: int) -> dict[str, np.ndarray]:
    """All values of a checkpoint but its count of saves."""
    prefix = checkpoint_files.prefix(workdir.checkpoints, step)
    reader = tf.train.load_checkpoint(prefix)
    names = reader.get_variable_to_shape_map()
    return {
        name: reader.get_tensor(name)
        for name in names
        if "save_counter" not in name and not name.startswith("_CHECKPOINTABLE")
    }


def train(config: Config, path) -> Workdir:
    workdir = Workdir(str(path))
    with loop.opened(config, workdir, tf.distribute.get_strategy()) as training:
        if training.run.spec.is_to_be_initialized:
            initial_weights.initialize(training.run)
        training.train()
    return workdir


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run of 20 steps, one of 40, and the directory around them."""
    root = tmp_path_factory.mktemp("branch")
    data = small.write(root / "data")
    for steps in (20, 40):
        train(wsd(data, steps), root / f"{steps}")
    return root


def assert_same(found: Workdir, wanted: Workdir, step: int) -> None:
    found, wanted = weights(found, step), weights(wanted, step)
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


def test_the_checkpoint_before_the_decay_is_kept(runs):
    for steps in (20, 40):
        kept = checkpoint_files.steps(str(runs / f"{steps}/checkpoints"))
        assert kept == [steps // 2, steps]


def test_a_run_that_is_made_longer_is_the_longer_run(runs, tmp_path):
    shutil.copytree(runs / "20", tmp_path / "longer")
    for path in (tmp_path / "longer/checkpoints").glob("step-20.*"):
        path.unlink()
    longer = train(wsd(str(runs / "data"), 40), tmp_path / "longer")
    assert_same(longer, Workdir(str(runs / "40")), 40)
    assert longer.config().num_train_steps == 40


def test_a_branch_is_the_run_from_its_first_step(runs, tmp_path):
    config = wsd(str(runs / "data"), 20)
    config.branch_from = f"{runs}/40/checkpoints/step-20"
    config.decay_fraction = 0.1
    with pytest.raises(ValueError, match="num_train_steps"):
        train(dataclasses.replace(config, num_train_steps=20), tmp_path / "late")
    assert not (tmp_path / "late/config.json").exists()
    config.branch_from = f"{runs}/20/checkpoints/step-10"
    config.num_train_steps, config.decay_fraction = 40, 0.5
    branched = train(config, tmp_path / "branch")
    assert_same(branched, Workdir(str(runs / "40")), 40)
    assert checkpoint_files.steps(str(runs / "20/checkpoints")) == [10, 20]
    # The same command again finds the branch's own checkpoint.
    train(config, tmp_path / "branch")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"branch_from": "nowhere"}, "RUN/checkpoints/step-N"),
        ({"branch_from": "{runs}/20/checkpoints/step-11"}, "has no checkpoint '11'"),
        ({"branch_from": "{runs}/30/checkpoints/step-10"}, "no working directory"),
        ({"seed": 7}, ":\n  seed: 7 now, 3 then\nUse"),
        ({"schedule": Schedule.LINEAR}, "schedule"),
    ],
)
def test_no_branch_from_what_is_no_beginning_of_the_run(
    runs, tmp_path, changes, message
):
    config = wsd(str(runs / "data"), 40)
    config.branch_from = "{runs}/20/checkpoints/step-10"
    config = dataclasses.replace(config, **changes)
    config.branch_from = config.branch_from.format(runs=runs)
    with pytest.raises(ValueError, match=message):
        train(config, tmp_path / "branch")


def test_a_branch_from_a_damaged_checkpoint_is_an_error(runs, tmp_path):
    shutil.copytree(runs / "20", tmp_path / "parent")
    (data,) = (tmp_path / "parent/checkpoints").glob("step-10.data-*")
    data.write_bytes(data.read_bytes()[:100])
    config = wsd(str(runs / "data"), 40)
    config.branch_from = f"{tmp_path}/parent/checkpoints/step-10"
    with pytest.raises(ValueError, match=r"step-10 cannot be read \("):
        train(config, tmp_path / "branch")


def test_a_run_whose_rate_has_begun_to_fall_keeps_its_length(runs):
    workdir = Workdir(str(runs / "20"))
    with pytest.raises(ValueError, match=r"20 that it has taken(.|\n)*branch_from"):
        workdir.check(wsd(str(runs / "data"), 40), workdir.manifest())


def test_schedules_agree_where_nothing_moved_otherwise():
    config = Config(
        num_train_steps=100,
        schedule=Schedule.WSD,
        decay_fraction=0.2,
        attention_slope=1.0,
        attention_slope_fraction=0.3,
    )
    longer = dataclasses.replace(
        config, num_train_steps=200, attention_slope_fraction=0.15
    )
    assert schedules_agree(config, longer, 81)
    assert not schedules_agree(config, longer, 82)
    steeper = dataclasses.replace(longer, attention_slope_fraction=0.3)
    assert schedules_agree(config, steeper, 1)
    assert not schedules_agree(config, steeper, 2)


def test_the_length_of_the_examples_is_a_schedule():
    config = Config(num_train_steps=100, schedule=Schedule.WSD)
    config.data.short_seq_length, config.data.short_steps_fraction = 64, 0.5
    longer = dataclasses.replace(config, num_train_steps=200)
    assert schedules_agree(config, longer, 50)
    assert not schedules_agree(config, longer, 51)
