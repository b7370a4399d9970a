"""Signals: the first one ends a run in order, the second one at once."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest
import tensorflow as tf

from electra_tf.training import loop, preemption
from electra_tf.training.preemption import Preemption
from electra_tf.training.step import Step
from electra_tf.training.workdir import Workdir
from tests import shards
from tests.training.loop_test import assert_same_run

ROOT = pathlib.Path(__file__).parents[2]


def default_strategy() -> tf.distribute.Strategy:
    return tf.distribute.get_strategy()


@pytest.mark.parametrize(
    "number, when", [(signal.SIGTERM, "train"), (signal.SIGINT, "__init__")]
)
def test_a_signal_saves_after_the_loop_and_the_run_resumes(
    tmp_path, monkeypatch, number, when
):
    """In a loop of steps, or before the first one."""
    data = shards.write(tmp_path / "data")
    # The step at which it stops is one to evaluate, which the run then leaves behind.
    config = shards.config(data, checkpoint_every=20, eval_every=5)
    whole, parts = Workdir(str(tmp_path / "whole")), Workdir(str(tmp_path / "parts"))
    loop.train(config, whole, default_strategy())

    method, handler = getattr(Step, when), signal.getsignal(number)

    def interrupted(self, *args, **kwargs):
        os.kill(os.getpid(), number)
        return method.__get__(self, Step)(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(Step, when, interrupted)
        result = loop.train(config, parts, default_strategy())
    assert result == loop.Result(5, None, number.name)
    assert (tmp_path / "parts" / "checkpoints" / "step-5.index").exists()
    assert not (tmp_path / "parts" / "lock").exists()
    assert loop.train(config, parts, default_strategy()).step == 20
    assert_same_run(parts, whole, config)
    assert signal.getsignal(number) is handler


SLEEPING = (
    "import signal, sys, time\n"
    "import tensorflow as tf\n"
    "from electra_tf.training.preemption import Preemption\n"
    "with Preemption(tf.distribute.get_strategy()) as preemption:\n"
    "    print('ready', flush=True)\n"
    # Like a device loop: the main thread sees no bytecode of its own.
    "    tf.py_function(lambda: None, [], [])\n"
    "    signal.pthread_sigmask(signal.SIG_BLOCK, [])\n"
    "    import ctypes\n"
    "    ctypes.CDLL(None).sleep(30)\n"
    "    ctypes.CDLL(None).sleep(30)\n"
)


def test_a_second_signal_leaves_at_once_from_within_a_loop():
    process = subprocess.Popen(
        [sys.executable, "-c", SLEEPING], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    assert process.poll() is None
    start = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait() == 128 + signal.SIGTERM
    assert time.monotonic() - start < 5


def test_other_signals_ask_for_nothing():
    before = signal.signal(signal.SIGUSR1, lambda *_: None)
    with Preemption(default_strategy()) as asked:
        os.kill(os.getpid(), signal.SIGUSR1)
        time.sleep(0.1)
        assert not asked.is_requested()
    signal.signal(signal.SIGUSR1, before)


def test_the_command_says_what_happened_and_exits_with_75(tmp_path):
    data = shards.write(tmp_path / "data")
    flags = [
        "--config=configs/mini.py",
        f"--config.data.directory={data}",
        "--config.data.max_seq_length=16",
        "--config.model.num_layers=1",
        "--config.num_train_steps=100000",
        "--config.steps_per_loop=10",
        "--config.log_every=10",
        "--config.eval_every=0",
        "--config.data.global_batch_size=4",
        "--config.jit_compile=OFF",
        f"--workdir={tmp_path / 'run'}",
    ]
    process = subprocess.Popen(
        [sys.executable, "pretrain.py", *flags],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    metrics = tmp_path / "run" / "metrics.jsonl"
    while not metrics.exists() and process.poll() is None:
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=120)
    assert process.returncode == preemption.EXIT_CODE == 75, errors[-3000:]
    assert "Stopped by SIGTERM after step" in output
    assert "SIGTERM: finishing this loop of steps and saving" in errors
