"""There are as many processes as pay off, and none outlives the build."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import joblib
import pytest

from electra_tf.build import workers
from electra_tf.build.workers import Workers

ROOT = pathlib.Path(__file__).parents[2]
HOLD = """
import os, time
from electra_tf.build.workers import Workers

def make(settings):
    return stage

def stage(number):
    time.sleep(0.2)
    return os.getpid()

if __name__ == "__main__":
    with Workers(2, None) as processes:
        for pid in processes.map(make, ((n,) for n in range(10_000))):
            print(pid, flush=True)
"""


def make(settings):
    return double


def double(number):
    return 2 * number, os.getpid()


def test_results_come_in_the_order_of_the_calls_from_several_processes():
    with Workers(2, None) as processes:
        # The first results are this process's own, until the others have started.
        made = []
        for result in processes.map(make, ((number,) for number in range(100_000))):
            made.append(result)
            if len({pid for _, pid in made}) == 3 or len(made) > 90_000:
                break
            time.sleep(0.001)
    assert [number for number, _ in made] == list(range(0, 2 * len(made), 2))
    assert made[0][1] == os.getpid()
    assert len({pid for _, pid in made}) == 3


@pytest.mark.slow
def test_workers_end_when_the_build_is_killed(tmp_path):
    script = tmp_path / "hold.py"
    script.write_text(HOLD)
    process = subprocess.Popen(
        [sys.executable, str(script)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"},
        stdout=subprocess.PIPE,
        text=True,
    )
    pids = set()
    for line in process.stdout:
        pids.add(int(line))
        if len(pids) == 3:
            break
    others = pids - {process.pid}
    peak = max(map(peak_megabytes, others))
    process.send_signal(signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 20
    while any(map(is_running, others)) and time.monotonic() < deadline:
        time.sleep(0.1)
    left = [pid for pid in others if is_running(pid)]
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert not left
    # A process that imports TensorFlow by itself has 1,000 MB and more.
    assert peak < 600


def is_running(pid: int) -> bool:
    try:
        status = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def peak_megabytes(pid: int) -> float:
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1e3


def test_there_are_as_many_processes_as_cores_that_may_be_used(monkeypatch):
    big = 100 * workers.BYTES_PER_PROCESS
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert workers.default_count(big) == 1
    finally:
        os.sched_setaffinity(0, before)
    monkeypatch.setattr(joblib, "cpu_count", lambda: 8)
    assert workers.default_count(big) == 8
    assert workers.default_count(2.5 * workers.BYTES_PER_PROCESS) == 2
    assert workers.default_count(0) == 1
