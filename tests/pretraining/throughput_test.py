"""FLOPs per token and rates, against published and hand-computed numbers."""

import importlib
import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

from electra_tf.config import Config
from electra_tf.pretraining import throughput
from electra_tf.pretraining.throughput import Meter
from electra_tf.training.peak import Peak
from tests import small

ROOT = pathlib.Path(__file__).parents[2]


def test_small_costs_70_24_mflop_per_token():
    flops = throughput.flops_per_token(Config(), 31_002)
    assert flops / 1e6 == pytest.approx(70.24, abs=0.005)
    assert flops * 128 * 128 / 1e12 == pytest.approx(1.151, abs=0.0005)


def test_base_has_no_projection_to_count():
    config = importlib.import_module("electra_tf.configs.base").get_config()
    wider = importlib.import_module("electra_tf.configs.base").get_config()
    wider.model.embedding_size = 767
    cheaper = throughput.flops_per_token(config, 31_002)
    assert throughput.flops_per_token(wider, 31_002) > cheaper


def test_rates_follow_from_steps_and_seconds():
    config = Config()
    meter = Meter(config, 1e6, Peak(1e12, "given"))
    assert meter.read() == {}
    meter.add(steps=10, seconds=4.0, waited=0.5)
    meter.add(steps=10, seconds=6.0, waited=0.5)
    rates = meter.read()
    assert rates == {
        "throughput/examples_per_second": 256.0,
        "throughput/tokens_per_second": 32_768.0,
        "throughput/model_flops_utilization": pytest.approx(0.032768),
        "throughput/input_wait_fraction": pytest.approx(0.1),
    }
    assert meter.read() == {}


@pytest.mark.parametrize(("jump", "share"), [(3600.0, 1.0), (-3600.0, 0.0)])
def test_a_clock_that_is_set_during_a_step_makes_no_nonsense(jump, share):
    meter = Meter(Config(), 1e6, Peak(1e12, "given"))
    meter.add(steps=10, seconds=4.0, waited=jump)
    assert meter.read()["throughput/input_wait_fraction"] == share


def test_without_a_known_peak_there_is_no_utilization():
    meter = Meter(Config(), 1e6, Peak(0.0, "unknown"))
    meter.add(steps=1, seconds=1.0, waited=0.0)
    assert "throughput/model_flops_utilization" not in meter.read()


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="Linux pins to cores")
def test_on_one_core_a_step_is_not_taken_for_a_wait(tmp_path):
    """A single thread may read the clock after a whole step, unless it is ordered."""
    program = (
        "import os, sys\n"
        "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "import tensorflow as tf\n"
        "from electra_tf.config import JitCompile\n"
        "from electra_tf.pretraining import loop\n"
        "from electra_tf.pretraining.workdir import Workdir\n"
        "from tests import small\n"
        "config = small.config(sys.argv[1], eval_every=0)\n"
        "config.jit_compile = JitCompile.ON\n"
        "config.model.hidden_size, config.model.intermediate_size = 512, 2048\n"
        "loop.train(config, Workdir(sys.argv[2]), tf.distribute.get_strategy())\n"
    )
    data, workdir = small.write(tmp_path / "data"), tmp_path / "run"
    command = [sys.executable, "-c", program, data, str(workdir)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    lines = (workdir / "metrics.jsonl").read_text().splitlines()
    readings = [json.loads(line) for line in lines]
    waits = [reading.get("throughput/input_wait_fraction") for reading in readings]
    assert 0 < np.median([wait for wait in waits if wait is not None]) < 0.5
