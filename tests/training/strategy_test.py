"""The choice of a strategy, and two workers on loopback."""

import json
import os
import pathlib
import socket
import subprocess
import sys

import numpy as np
import pytest

from electra_tf.config import Config
from electra_tf.model.electra import Electra
from electra_tf.training import strategy as strategies
from electra_tf.training.checkpoints import Checkpoints
from electra_tf.training.workdir import Workdir
from tests import shards

ROOT = pathlib.Path(__file__).parent.parent.parent


def free_ports(number: int) -> list[int]:
    sockets = [socket.socket() for _ in range(number)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def run_workers(data: str, workdir: pathlib.Path, steps: int) -> list[str]:
    """Trains with two processes and returns what they printed."""
    workers = [f"127.0.0.1:{port}" for port in free_ports(2)]
    processes = []
    for index in range(2):
        cluster = {
            "cluster": {"worker": workers},
            "task": {"type": "worker", "index": index},
        }
        processes.append(
            subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "tests.training.worker",
                    data,
                    str(workdir),
                    str(steps),
                ],
                cwd=ROOT,
                env=os.environ | {"TF_CONFIG": json.dumps(cluster)},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    outputs = [process.communicate(timeout=300) for process in processes]
    for process, (_, errors) in zip(processes, outputs, strict=True):
        assert process.returncode == 0, errors[-3000:]
    return [output.strip() for output, _ in outputs]


def weights(workdir: pathlib.Path, config: Config) -> dict[str, np.ndarray]:
    model = Electra(config.model, len(shards.vocabulary()))
    assert Checkpoints(Workdir(str(workdir)).checkpoints, model).restore() == 20
    return {variable.path: variable.numpy() for variable in model.variables}


@pytest.mark.slow
def test_two_workers_train_agree_and_resume_bit_for_bit(tmp_path):
    data = shards.write(tmp_path / "data")
    printed = run_workers(data, tmp_path / "whole", 20)
    assert printed == ["CollectiveAllReduceStrategy 2 20"] * 2

    # The chief alone writes; both took part in the sums that it wrote.
    checkpoints = tmp_path / "whole" / "checkpoints"
    assert sorted(tmp_path.iterdir()) == [tmp_path / "data", tmp_path / "whole"]
    assert {path.name for path in checkpoints.parent.iterdir()} == {
        "checkpoints",
        "config.json",
        "eval",
        "manifest.json",
        "metrics.jsonl",
        "train",
        "vocab.txt",
    }
    # Back to step 10, by removing the last checkpoint; then the same command.
    whole = weights(tmp_path / "whole", shards.config(data))
    for path in checkpoints.glob("step-20.*"):
        path.unlink()
    state = (checkpoints / "checkpoint").read_text()
    (checkpoints / "checkpoint").write_text(
        'model_checkpoint_path: "step-10"\nall_model_checkpoint_paths: "step-10"\n'
    )
    assert "step-20" in state
    run_workers(data, tmp_path / "whole", 20)
    for path, value in weights(tmp_path / "whole", shards.config(data)).items():
        np.testing.assert_array_equal(value, whole[path], err_msg=path)


def test_without_accelerators_there_is_one_replica(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    strategy = strategies.create()
    assert strategy.num_replicas_in_sync == 1
    assert strategies.is_chief(strategy)


def test_a_tpu_that_does_not_answer_is_an_error_that_names_it():
    with pytest.raises(ValueError, match=r"No TPU answers to --tpu='local'"):
        strategies.create(tpu="local")
