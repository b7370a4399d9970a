"""Kills a training again and again; it ends as if it had never been killed.

python -m tests.chaos.training --kills=20

Half of the kills come at a random moment of a run's life, the others while it writes a
checkpoint. Prints the moments, and fails where the last checkpoint or a reading is not
that of an uninterrupted run, byte for byte.
"""

import argparse
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

from tests import small

ROOT = pathlib.Path(__file__).parents[2]
STEPS = 40


def start(data: str, workdir: pathlib.Path) -> subprocess.Popen:
    """Starts or resumes the run."""
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    environment.pop("TF_CONFIG", None)
    command = [sys.executable, "-m", "tests.pretraining.worker", data, str(workdir)]
    return subprocess.Popen(
        [*command, str(STEPS)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def saving(workdir: pathlib.Path) -> bool:
    """Whether a checkpoint is being written."""
    return any((workdir / "checkpoints").glob("*_temp"))


def steps(workdir: pathlib.Path) -> list[int]:
    """Steps of the existing checkpoints."""
    paths = (workdir / "checkpoints").glob("step-*.index")
    return sorted(int(path.stem.split("-")[1]) for path in paths)


def result(workdir: pathlib.Path, last: int = STEPS) -> tuple:
    """Reads what must not differ: last checkpoint, and metrics without rates."""
    files = sorted((workdir / "checkpoints").glob(f"step-{last}.*"))
    lines = (workdir / "metrics.jsonl").read_text().splitlines()
    readings = [
        {
            key: value
            for key, value in json.loads(line).items()
            if "throughput" not in key
        }
        for line in lines
    ]
    return [(path.name, path.read_bytes()) for path in files], readings


def kill(data: str, workdir: pathlib.Path, moment: float | None) -> tuple | None:
    """Starts the run and kills it.

    Args:
        data: shards.
        workdir: of the run.
        moment: seconds after the start; None: in the midst of a checkpoint.

    Returns:
        Seconds, what it was doing and the checkpoints it left; None where the run
        ended before.
    """
    begin = time.monotonic()
    before = steps(workdir)
    process = start(data, workdir)
    while process.poll() is None:
        now = time.monotonic() - begin
        if saving(workdir) if moment is None else now >= moment:
            process.send_signal(signal.SIGKILL)
            break
        time.sleep(0.0005)
    process.communicate()
    if process.returncode == 0:
        return None
    assert process.returncode == -signal.SIGKILL, process.returncode
    if saving(workdir):
        doing = "saving"
    elif steps(workdir) != before:
        doing = "training"
    else:
        doing = "starting, or before its first save"
    return time.monotonic() - begin, doing, steps(workdir)


def main(kills: int, seed: int = 0) -> list[tuple]:
    """Kills a run several times, compares it, and returns the moments of the kills."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        data = small.write(directory / "data")
        begin = time.monotonic()
        process = start(data, directory / "whole")
        _, errors = process.communicate()
        assert process.returncode == 0, errors[-3000:]
        seconds = time.monotonic() - begin
        moments: list[tuple] = []
        life = 0
        while len(moments) < kills:
            workdir = directory / f"killed-{life}"
            in_save = len(moments) % 2 == 1
            moment = None if in_save else rng.uniform(0.0, 1.1 * seconds)
            killed = kill(data, workdir, moment)
            if killed is None:  # It came to its end: another run is to be killed.
                assert result(workdir) == result(directory / "whole")
                life += 1
                continue
            moments.append(killed)
            print(
                f"kill {len(moments):2}: {killed[0]:5.1f} s  {killed[1]}, "
                f"checkpoints {killed[2]}",
                flush=True,
            )
        process = start(data, workdir)
        _, errors = process.communicate()
        assert process.returncode == 0, errors[-3000:]
        assert result(workdir) == result(directory / "whole")
        left = [path.name for path in (workdir / "checkpoints").iterdir()]
        assert not [name for name in left if "_temp" in name or "damaged" in name], left
    return moments


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    main(arguments.kills, arguments.seed)
    print(f"{arguments.kills} kills, and the bytes of the uninterrupted run.")
