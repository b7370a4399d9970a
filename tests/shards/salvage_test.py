"""Damaged shards are taken out of a manifest, and the rest can be trained on."""

import json
import pathlib

import pytest
import tensorflow as tf

from electra_tf.build import output
from electra_tf.pretraining import loop
from electra_tf.pretraining.workdir import Workdir
from electra_tf.shards import damage, salvage
from electra_tf.shards.manifest import Manifest
from tests import commands, small


@pytest.fixture
def data(tmp_path: pathlib.Path) -> pathlib.Path:
    return pathlib.Path(small.write(tmp_path / "data"))


def flip(path: pathlib.Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def truncate(path: pathlib.Path) -> None:
    path.write_bytes(path.read_bytes()[:-5])


@pytest.mark.parametrize("harm", [flip, truncate, pathlib.Path.unlink])
def test_a_damaged_shard_leaves_the_manifest_and_training_goes(data, tmp_path, harm):
    before = Manifest.load(str(data))
    harm(data / "train-00001.tfrecord")
    there = sorted(path.name for path in data.iterdir())
    manifest = salvage.leave_out_damaged(str(data))
    assert manifest == Manifest.load(str(data))
    assert manifest.shards == (before.shards[0], *before.shards[2:])
    assert manifest.left_out == (before.shards[1],)
    assert manifest.examples("train") == 3 * 24
    assert manifest.tokens("train") == before.tokens("train") - before.shards[1].tokens
    assert sorted(path.name for path in data.iterdir()) == there
    damage.verify(manifest, str(data), ["train", "valid"])
    workdir = Workdir(str(tmp_path / "run"))
    config, strategy = small.config(str(data)), tf.distribute.get_strategy()
    assert loop.train(config, workdir, strategy).step == 20


def test_a_second_time_adds_to_what_is_left_out(data):
    for number in (1, 2):
        flip(data / f"train-0000{number}.tfrecord")
        manifest = salvage.leave_out_damaged(str(data))
    names = [shard.name for shard in manifest.left_out]
    assert names == ["train-00001.tfrecord", "train-00002.tfrecord"]
    assert manifest.examples("train") == 2 * 24


def test_whole_shards_are_an_error_and_their_manifest_stays(data):
    before = (data / "manifest.json").read_bytes()
    assert "left_out" not in json.loads(before)
    with pytest.raises(ValueError, match="None of the 5 shards .* is damaged"):
        salvage.leave_out_damaged(str(data))
    assert (data / "manifest.json").read_bytes() == before


@pytest.mark.parametrize(("split", "shards"), [("train", 4), ("valid", 1)])
def test_a_split_of_which_nothing_would_be_left_is_an_error(data, split, shards):
    before = (data / "manifest.json").read_bytes()
    for path in data.glob(f"{split}-*"):
        truncate(path)
    with pytest.raises(ValueError, match=f"All {shards} shards of the '{split}' split"):
        salvage.leave_out_damaged(str(data))
    assert (data / "manifest.json").read_bytes() == before


def test_a_build_may_replace_what_was_left_out(data):
    flip(data / "train-00001.tfrecord")
    salvage.leave_out_damaged(str(data))
    output.check_output(str(data), overwrite=True)


def test_the_command_names_what_it_left_out(data):
    flip(data / "train-00002.tfrecord")
    done = commands.run("prepare", f"--without_damaged={data}")
    assert done.returncode == 0, done.stderr
    assert "1 damaged shards, 24 examples: train-00002.tfrecord" in done.stdout
    assert f"--config.data.directory={data}" in done.stdout
    again = commands.run("prepare", f"--without_damaged={data}")
    assert again.returncode == 1 and "is damaged: manifest.json stays" in again.stderr
    both = commands.run("prepare", f"--without_damaged={data}", "--corpus=x")
    assert both.returncode == 1 and "Give one of --corpus" in both.stderr
