"""Checkpoints: complete, limited in number, and refused where they do not fit."""

import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from electra_tf.config import Config
from electra_tf.model.electra import Electra
from electra_tf.pretraining import optimizer as optimizers
from electra_tf.pretraining.optimizer import AdamWeightDecay
from electra_tf.training import checkpoint_files
from electra_tf.training.checkpoints import Checkpoints
from tests import small

ROOT = pathlib.Path(__file__).parents[2]


def run(config: Config, seed: int) -> tuple[Electra, AdamWeightDecay]:
    model = Electra(config.model, len(small.vocabulary()), seed=seed)
    return model, optimizers.create(config, model.trainable_variables)


@pytest.fixture
def config() -> Config:
    return small.config("unused")


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


def test_no_loss_that_is_no_number_is_the_best(config, tmp_path):
    checkpoints = Checkpoints(str(tmp_path), *run(config, 1))
    checkpoints.save_if_best(1, "loss", 2.0)
    checkpoints.save_if_best(2, "loss", float("nan"))
    assert checkpoint_files.best(str(tmp_path)).step == 1
    assert checkpoint_files.steps(str(tmp_path)) == [1]


def test_a_full_disk_beside_a_whole_checkpoint_is_told(
    config, tmp_path, monkeypatch, caplog
):
    checkpoints = Checkpoints(str(tmp_path), *run(config, 1))
    checkpoints.save_if_best(1, "loss", 2.0)

    def full(*_):
        raise tf.errors.ResourceExhaustedError(None, None, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint_files.files, "write_json", full)
        checkpoints.save_if_best(2, "loss", 1.0)
    assert "whole, but nothing else can be written" in caplog.text
    assert checkpoint_files.steps(str(tmp_path)) == [1, 2]
    # With space again, what was the best meanwhile is noted.
    checkpoints.save(3)
    assert checkpoint_files.best(str(tmp_path)) == (2, "loss", 1.0)
    assert checkpoint_files.steps(str(tmp_path)) == [2, 3]
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint_files.files, "write", full)
        checkpoints.save(4)
    # What need not stay goes first, to make room for the list of the others.
    assert checkpoint_files.steps(str(tmp_path)) == [2, 4]


def test_a_checkpoint_of_another_model_is_refused(config, tmp_path):
    Checkpoints(str(tmp_path), *run(config, 1), keep=1).save(1)
    config.model.hidden_size = 64
    with pytest.raises(ValueError, match="does not fit this model"):
        Checkpoints(str(tmp_path), *run(config, 1), keep=1).restore()


def damage(path: pathlib.Path, kind: str) -> None:
    content = bytearray(path.read_bytes())
    if kind == "flipped":
        content[len(content) * 9 // 10] ^= 1
    cut = len(content) * 9 // 10
    path.write_bytes(content[:cut] if kind == "truncated" else content)
    if kind == "missing":
        path.unlink()


@pytest.mark.parametrize("file", ["index", "data-00000-of-00001"])
@pytest.mark.parametrize("kind", ["flipped", "truncated", "missing"])
def test_a_damaged_checkpoint_is_set_aside_and_the_one_before_is_read(
    config, tmp_path, file, kind
):
    model, optimizer = run(config, 1)
    checkpoints = Checkpoints(str(tmp_path), model, optimizer, keep=3)
    checkpoints.save(1)
    expected = [variable.numpy() for variable in model.variables]
    optimizer.apply([tf.ones(v.shape) for v in model.trainable_variables])
    checkpoints.save(2)
    damage(tmp_path / f"step-2.{file}", kind)

    reader, _ = run(config, 2)
    assert Checkpoints(str(tmp_path), reader).restore() == 1
    assert not list(tmp_path.glob("damaged-*"))  # A reader renames nothing.
    other = run(config, 3)
    assert Checkpoints(str(tmp_path), *other).restore() == 1
    for value, variable in zip(expected, other[0].variables, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)
    if file != "index" or kind != "missing":  # Without an index there is none.
        assert list(tmp_path.glob("damaged-step-2.*"))
    assert checkpoint_files.steps(str(tmp_path)) == [1]


def test_a_damaged_checkpoint_that_was_asked_for_by_name_stays(config, tmp_path):
    model, optimizer = run(config, 1)
    checkpoints = Checkpoints(str(tmp_path), model, optimizer)
    checkpoints.save_if_best(1, "loss", 1.0)
    optimizer.apply([tf.ones(v.shape) for v in model.trainable_variables])
    checkpoints.save(2)
    damage(tmp_path / "step-1.data-00000-of-00001", "flipped")
    for _ in range(2):  # It never becomes another one that is called the best.
        assert checkpoints.restore() == 2
        with pytest.raises(ValueError, match=r"can be read \(1 tried\)"):
            checkpoints.restore(checkpoint_files.BEST)
    assert checkpoint_files.steps(str(tmp_path)) == [1, 2]


def test_where_no_checkpoint_can_be_read_the_run_does_not_start_anew(config, tmp_path):
    Checkpoints(str(tmp_path), *run(config, 1)).save(1)
    damage(tmp_path / "step-1.data-00000-of-00001", "flipped")
    with pytest.raises(
        ValueError, match=r"No checkpoint in .* can be read \(1 tried\)"
    ):
        Checkpoints(str(tmp_path), *run(config, 1)).restore()


def test_the_last_the_best_and_every_so_many_stay(config, tmp_path):
    model, optimizer = run(config, 1)
    checkpoints = Checkpoints(str(tmp_path), model, optimizer, keep=2, keep_every=4)
    for step, loss in enumerate([9.0, 7.0, 5.0, 6.0, 7.0, 8.0, 9.0, 9.0, 9.0], 1):
        checkpoints.save_if_best(step, "loss/total", loss)
        checkpoints.save(step)
    directory = str(tmp_path)
    assert checkpoint_files.steps(directory) == [3, 4, 8, 9]
    assert checkpoint_files.best(directory) == (3, "loss/total", 5.0)
    assert tf.train.latest_checkpoint(directory) == str(tmp_path / "step-9")
    state = tf.train.get_checkpoint_state(directory)
    assert len(state.all_model_checkpoint_paths) == 4
    for name, step in (("latest", 9), ("best", 3), ("4", 4)):
        assert Checkpoints(directory, model).restore(name) == step
    with pytest.raises(ValueError, match=r"no checkpoint '5': use .* steps 3, 4, 8, 9"):
        Checkpoints(directory, model).restore("5")
    # A run that goes on knows what the best was.
    again = Checkpoints(directory, model, optimizer, keep=1)
    assert again.restore() == 9
    again.save_if_best(10, "loss/total", 5.5)
    assert checkpoint_files.steps(directory) == [3, 4, 8, 9]


def test_what_a_killed_save_left_is_removed(config, tmp_path):
    Checkpoints(str(tmp_path), *run(config, 1)).save(1)
    (tmp_path / "step-2_temp").mkdir()
    (tmp_path / "step-2_temp" / "part-0").write_bytes(b"x")
    (tmp_path / "step-2.data-00000-of-00001").write_bytes(b"x")
    checkpoint_files.remove_unfinished(str(tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "checkpoint",
        "step-1.data-00000-of-00001",
        "step-1.index",
    ]


def test_a_save_without_space_leaves_nothing_and_says_so(config, tmp_path):
    """The limit of a file's size stands for a disk that is full."""
    program = (
        "import resource, sys\n"
        "from tests.training import checkpoints_test as t\n"
        "from tests import small\n"
        "model, optimizer = t.run(small.config('unused'), 1)\n"
        "c = t.Checkpoints(sys.argv[1], model, optimizer)\n"
        "c.save(1)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "try:\n"
        "    c.save(2)\n"
        "except ValueError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "The checkpoint of step 2 cannot be written to" in done.stdout
    assert "The last one is that of step 1" in done.stdout
    assert not list(tmp_path.glob("*2*"))
    assert Checkpoints(str(tmp_path), *run(config, 2)).restore() == 1
