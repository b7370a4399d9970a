"""One of several machines is taken away, with a signal or without."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from electra_tf.training import preemption
from tests import small
from tests.training.strategy_test import free_ports

ROOT = pathlib.Path(__file__).parents[2]


def start(tmp_path: pathlib.Path, workers: int, steps: int) -> list[subprocess.Popen]:
    """Starts the same command on each of the machines."""
    addresses = [f"127.0.0.1:{port}" for port in free_ports(workers)]
    flags = [
        "--config=configs/mini.py",
        f"--config.data.directory={tmp_path / 'data'}",
        "--config.data.max_seq_length=16",
        "--config.data.global_batch_size=12",
        "--config.model.num_layers=1",
        "--config.model.hidden_size=32",
        "--config.model.intermediate_size=64",
        "--config.warmup_steps=5",
        f"--config.num_train_steps={steps}",
        "--config.steps_per_loop=5",
        "--config.log_every=5",
        "--config.checkpoint_every=5",
        "--config.eval_every=0",
        "--config.jit_compile=OFF",
        f"--workdir={tmp_path / 'run'}",
    ]
    processes = []
    for index in range(workers):
        cluster = {
            "cluster": {"worker": addresses},
            "task": {"type": "worker", "index": index},
        }
        processes.append(
            subprocess.Popen(
                [sys.executable, "pretrain.py", *flags],
                cwd=ROOT,
                env=os.environ | {"TF_CONFIG": json.dumps(cluster)},
                stdout=subprocess.PIPE,
                stderr=(tmp_path / f"errors-{index}").open("w"),
                text=True,
            )
        )
    return processes


def wait_for_checkpoint(tmp_path: pathlib.Path, processes: list) -> None:
    checkpoints = tmp_path / "run" / "checkpoints"
    while not list(checkpoints.glob("step-*.index")):
        assert all(process.poll() is None for process in processes)
        time.sleep(0.1)


def errors(tmp_path: pathlib.Path, index: int) -> str:
    return (tmp_path / f"errors-{index}").read_text()


@pytest.mark.slow
def test_when_a_worker_is_killed_the_others_end_and_all_resume(tmp_path):
    small.write(tmp_path / "data")
    processes = start(tmp_path, 3, 100_000)
    wait_for_checkpoint(tmp_path, processes)
    processes[1].kill()
    start_of_end = time.monotonic()
    for index in (0, 2):
        processes[index].communicate(timeout=180)
        assert processes[index].returncode == preemption.EXIT_CODE
        assert "no longer answers" in errors(tmp_path, index)
        assert "with the same command" in errors(tmp_path, index)
    assert time.monotonic() - start_of_end < 120
    # Two are taken away by a signal to one of them: both save, and say so.
    again = start(tmp_path, 3, 100_000)
    while "Resuming at step" not in errors(tmp_path, 0):
        assert again[0].poll() is None, errors(tmp_path, 0)[-3000:]
        time.sleep(0.1)
    again[2].send_signal(signal.SIGTERM)
    printed = [process.communicate(timeout=180)[0] for process in again]
    for index, process in enumerate(again):
        assert process.returncode == preemption.EXIT_CODE, errors(tmp_path, index)
    assert len({text.split("after step")[1] for text in printed}) == 1
    assert not list((tmp_path / "run").glob("*worker*"))
