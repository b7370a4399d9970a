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
from electra_tf.pretraining.workdir import Workdir
from electra_tf.training import strategy as strategies
from electra_tf.training.checkpoints import Checkpoints
from tests import small

ROOT = pathlib.Path(__file__).parent.parent.parent


def free_ports(number: int) -> list[int]:
    sockets = [socket.socket() for _ in range(number)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def run_workers(
    data: str, workdir: pathlib.Path, steps: int, examples: pathlib.Path
) -> list[str]:
    """Trains with two processes and returns their output.

    Each of them records in the directory `examples` what it reads.
    """
    examples.mkdir()
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
                    "tests.pretraining.worker",
                    data,
                    str(workdir),
                    str(steps),
                    str(examples / str(index)),
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
    model = Electra(config.model, len(small.vocabulary()))
    assert Checkpoints(Workdir(str(workdir)).checkpoints, model).restore() == 20
    return {variable.path: variable.numpy() for variable in model.variables}


def examples_of(path: pathlib.Path) -> list[list[int]]:
    """Returns the numbers of the examples in each step of one worker."""
    steps = [line.strip("[]").split() for line in path.read_text().splitlines()]
    return [
        [small.number_of(row) for row in np.reshape(step, (-1, small.LENGTH))]
        for step in steps
    ]


@pytest.mark.slow
def test_two_workers_share_the_examples_agree_and_resume_bit_for_bit(tmp_path):
    data = small.write(tmp_path / "data", texts_of=small.numbered_examples)
    printed = run_workers(data, tmp_path / "whole", 20, tmp_path / "examples")
    assert printed == ["CollectiveAllReduceStrategy 2 20"] * 2

    # An epoch of 96 examples is 12 steps, of which each worker has 4 examples.
    examples = tmp_path / "examples"
    ours, theirs = (examples_of(examples / f"{worker}.train") for worker in (0, 1))
    assert {len(step) for step in ours + theirs} == {4}
    first_epoch = [number for step in ours[:12] + theirs[:12] for number in step]
    assert sorted(first_epoch) == [
        1000 * shard + place for shard in range(4) for place in range(24)
    ]
    # Each evaluation is three steps on 24 held-out examples.
    held_out = [examples_of(examples / f"{worker}.valid")[:3] for worker in (0, 1)]
    assert sorted(np.ravel(held_out)) == [1000 * 1000 + place for place in range(24)]

    # The chief alone writes; both took part in the sums that it wrote.
    checkpoints = tmp_path / "whole" / "checkpoints"
    assert {path.name for path in tmp_path.iterdir()} == {"data", "examples", "whole"}
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
    whole = weights(tmp_path / "whole", small.config(data))
    for path in checkpoints.glob("step-20.*"):
        path.unlink()
    state = (checkpoints / "checkpoint").read_text()
    (checkpoints / "checkpoint").write_text(
        'model_checkpoint_path: "step-10"\nall_model_checkpoint_paths: "step-10"\n'
    )
    assert "step-20" in state
    run_workers(data, tmp_path / "whole", 20, tmp_path / "examples_again")
    # The batches of the last ten steps were those of the whole run.
    again = tmp_path / "examples_again"
    for worker, steps in enumerate((ours, theirs)):
        assert examples_of(again / f"{worker}.train") == steps[10:]
    for path, value in weights(tmp_path / "whole", small.config(data)).items():
        np.testing.assert_array_equal(value, whole[path], err_msg=path)


def test_without_accelerators_there_is_one_replica(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    strategy = strategies.create()
    assert strategy.num_replicas_in_sync == 1
    assert strategies.is_chief(strategy)


def test_a_tpu_that_does_not_answer_is_an_error_that_names_it():
    with pytest.raises(ValueError, match=r"No TPU answers to --tpu='local'"):
        strategies.create(tpu="local")
