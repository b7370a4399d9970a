"""The run that is advised at the end of a build."""

import re

import pytest

from electra_tf import quantities
from electra_tf.pretraining import advice, throughput
from electra_tf.training import peak
from tests import small


@pytest.fixture
def advised(tmp_path, monkeypatch):
    """Advice for shards of 96 examples, on a machine of a given speed."""

    def at(flops_per_second: float, examples: int = 96) -> str:
        directory = tmp_path / f"data{examples}"
        if not directory.exists():
            small.write(directory, per_shard=examples // 4)
        found = peak.Peak(flops_per_second, "given")
        monkeypatch.setattr(advice.peak, "of", lambda config, strategy: found)
        return advice.next_command(str(directory))

    return at


def test_a_slow_machine_gets_the_smaller_configuration(advised):
    said = advised(1e6)
    assert "Mini fits it: 200 steps, 33.3 epochs" in said
    assert "--config=mini --workdir=runs/mini" in said
    # 40 epochs of 96 examples in batches of 16 are 240 steps; loops have 100.
    assert "--config.num_train_steps=200 --config.warmup_steps=20" in said
    assert f"--config.data.max_seq_length={small.LENGTH}" in said


def test_a_fast_machine_gets_the_larger_one_and_its_time(advised):
    said = advised(1e12)
    assert "Small fits it: 100 steps" in said and "--config=small" in said
    flops = 100 * 128 * small.LENGTH * 68.5e6 * 0.28  # 26 pieces, 16 tokens.
    seconds = re.search(r"about (\d+):(\d+):(\d+) on this machine", said)
    assert seconds is not None
    hours, minutes, rest = map(int, seconds.groups())
    assert 3600 * hours + 60 * minutes + rest == pytest.approx(
        flops / 0.25e12, abs=1000
    )


def test_a_machine_of_unknown_speed_gets_no_time(advised):
    assert "time unknown" in advised(0.0)


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
