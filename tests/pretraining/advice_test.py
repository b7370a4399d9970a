"""The run that is advised at the end of a build."""

import dataclasses
import re

import pytest

from electra_tf import quantities, validation
from electra_tf.config import Config
from electra_tf.configs import mini
from electra_tf.pretraining import advice, throughput
from electra_tf.shards.manifest import Manifest
from electra_tf.training import peak
from tests import small

MEGABYTE = 2_150
"""Examples of 128 tokens in a megabyte of Spanish."""


@pytest.fixture
def advised(tmp_path, monkeypatch):
    """Advice for shards of so many examples, on a machine of a given speed."""
    shards = small.write(tmp_path / "my data")

    def at(flops_per_second: float, examples: int, length=128, held_out=9) -> str:
        manifest = Manifest.load(shards)
        (train, *_), (valid,) = manifest.split("train"), manifest.split("valid")
        manifest = dataclasses.replace(
            manifest,
            max_seq_length=length,
            shards=(
                dataclasses.replace(train, examples=examples),
                dataclasses.replace(valid, examples=held_out),
            ),
        )
        monkeypatch.setattr(Manifest, "load", lambda directory: manifest)
        found = peak.Peak(flops_per_second, "given")
        monkeypatch.setattr(advice.peak, "of", lambda config, strategy: found)
        said = advice.next_command(shards)
        monkeypatch.undo()
        return said

    return at


@pytest.mark.parametrize("speed", [4e11, 5e12, 1e15])
def test_more_text_never_gets_a_smaller_configuration_or_fewer_steps(advised, speed):
    sizes = []
    for megabytes in (1, 12, 50, 160, 1_000, 4_000, 20_000):
        said = advised(speed, megabytes * MEGABYTE)
        name, steps = re.search(r"(Mini|Small) fits it: ([\d,]+) steps", said).groups()
        sizes.append((name == "Small", int(steps.replace(",", ""))))
    assert sizes == sorted(sizes)
    assert not sizes[0][0] and sizes[-1][0] == (speed > 1e12)


def test_a_small_text_is_read_forty_times_and_the_directory_is_quoted(advised):
    said = advised(1e12, 9_600, length=64)
    # 40 epochs of 9,600 examples in batches of 16.
    assert "Mini fits it: 24,000 steps, 40.0 epochs" in said
    assert "--config=mini --workdir=runs/mini '--config.data.directory=/" in said
    assert said.endswith(
        " --config.data.max_seq_length=64 --config.num_train_steps=24000"
    )


def test_what_is_advised_is_valid_for_long_and_few_examples(advised):
    said = advised(1e12, 96, length=1024, held_out=0)
    config = mini.get_config()
    for field, value in re.findall(r"--config\.([a-z_.]+)=(\d+)\b", said):
        owner, _, name = field.rpartition(".")
        setattr(getattr(config, owner) if owner else config, name, int(value))
    assert config.data.max_seq_length == config.model.max_position_embeddings == 1024
    assert config.eval_every == 0
    assert (config.num_train_steps, config.warmup_steps) == (200, 20)
    validation.validate(config)


def test_the_time_is_that_of_the_flops_at_a_quarter_of_the_peak(advised):
    said = advised(1e15, 1_000_000)
    steps = 40 * 1_000_000 // 128 // 100 * 100
    flops = steps * 128 * 128 * throughput.flops_per_token(Config(), 25)
    assert f"Small fits it: {steps:,} steps" in said
    assert f"about {quantities.duration(flops / 0.25e15)} on this machine" in said


def test_a_machine_of_unknown_speed_gets_no_time(advised):
    assert "time unknown" in advised(0.0, 1_000)


def test_without_an_example_there_is_nothing_to_advise(advised):
    assert "has no training example" in advised(1e12, 0)


def test_epochs_count_both_lengths(tmp_path):
    config = small.config(small.write(tmp_path / "data"))
    config.num_train_steps, config.data.global_batch_size = 120, 8
    assert throughput.epochs(config, 96) == 10.0
    config.data.short_seq_length = config.data.max_seq_length // 2
    config.data.short_steps_fraction = 0.5
    assert throughput.epochs(config, 96) == 7.5


def test_long_times_are_said_in_days():
    assert quantities.duration(47 * 3600 + 61) == "47:01:01"
    assert quantities.duration(60 * 24 * 3600 + 7200) == "60 days 2 h"
