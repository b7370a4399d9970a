"""A training on a disk that fails or is full ends with a clear error."""

import os
import pathlib
import resource
import shutil
import subprocess
import sys

import pytest

from tests import small
from tests.chaos import training

ROOT = pathlib.Path(__file__).parents[2]
STEPS = 20


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> str:
    return small.write(tmp_path_factory.mktemp("disk") / "data")


@pytest.fixture(scope="module")
def failing_disk(tmp_path_factory) -> str:
    """The compiled library that lets reads fail."""
    library = tmp_path_factory.mktemp("library") / "failing_disk.so"
    source = pathlib.Path(__file__).with_name("failing_disk.c")
    command = ["cc", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"]
    subprocess.run(command, check=True)
    return str(library)


def train(data: str, workdir: pathlib.Path, limit: int | None = None, **environment):
    """Runs a training to its end, and returns its exit code and its output.

    Args:
        data: shards.
        workdir: of the run.
        limit: bytes that a file may have: to whoever writes, a disk that is full.
        environment: more variables.
    """

    def prepare() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.pretraining.worker",
            data,
            str(workdir),
            str(STEPS),
        ],
        cwd=ROOT,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"} | environment,
        capture_output=True,
        text=True,
        errors="replace",
        preexec_fn=prepare,
    )
    return done.returncode, done.stderr


@pytest.fixture(scope="module")
def whole_run(data, tmp_path_factory) -> pathlib.Path:
    """A run without failures."""
    workdir = tmp_path_factory.mktemp("whole") / "run"
    code, said = train(data, workdir)
    assert code == 0, said
    return workdir


@pytest.mark.slow
def test_a_shard_that_cannot_be_read_is_named(data, failing_disk, tmp_path):
    code, said = train(
        data,
        tmp_path / "run",
        LD_PRELOAD=failing_disk,
        FAULT_FILE="train-00001",
        FAULT_FROM="300",
    )
    assert code == 1
    assert "train-00001.tfrecord is damaged at its record " in said
    assert "Input/output error). Copy what is damaged again" in said


@pytest.mark.slow
def test_a_checkpoint_that_cannot_be_read_gives_way_to_the_one_before(
    data, whole_run, failing_disk, tmp_path
):
    workdir = tmp_path / "run"
    shutil.copytree(whole_run, workdir)
    whole = training.result(workdir, STEPS)
    code, said = train(
        data,
        workdir,
        LD_PRELOAD=failing_disk,
        FAULT_FILE=f"step-{STEPS}.data",
        FAULT_FROM="300",
    )
    assert code == 0, said
    assert f"step-{STEPS} cannot be read" in said
    assert "Input/output error" in said
    assert training.result(workdir, STEPS) == whole
    assert list((workdir / "checkpoints").glob(f"damaged-step-{STEPS}*"))


@pytest.mark.slow
def test_a_full_disk_is_told_and_training_goes_on_to_its_end(data, whole_run, tmp_path):
    workdir = tmp_path / "run"
    # More than AutoGraph's temporary files need, less than event files and checkpoints.
    code, said = train(data, workdir, limit=6_000)
    assert code == 1
    assert "Readings cannot be written" in said
    assert "The checkpoint of step 10 cannot be written to" in said
    assert "The checkpoint of step 20 cannot be written to" in said
    assert "(df -h). The last one is none" in said
    told = [line for line in said.splitlines() if line.startswith("ERROR:absl:")]
    assert len(told) >= 2 and not any("function_node" in line for line in told)
    # With space again the same command does what is missing.
    assert train(data, workdir)[0] == 0
    assert training.result(workdir, STEPS) == training.result(whole_run, STEPS)
