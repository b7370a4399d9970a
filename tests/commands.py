"""The entry points, as a person starts them.

Each call has a process of its own, forked from one that has imported TensorFlow already
and nothing of this project: the import is most of the time of a short command.
"""

import multiprocessing
import os
import pathlib
import runpy
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from multiprocessing.process import BaseProcess

ROOT = pathlib.Path(__file__).parents[1]
FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload(
    ["tensorflow", "tensorflow_text", "keras", "sklearn.metrics", "tests.commands"]
)


def run(
    program: str, *flags: str, stdout: str = ""
) -> subprocess.CompletedProcess[str]:
    """Runs PROGRAM.py to its end, whatever its exit code.

    Args:
        program: its name.
        flags: its arguments.
        stdout: a file or device that gets what is printed, which is then not returned.
    """
    with tempfile.TemporaryDirectory() as directory:
        errors = f"{directory}/stderr"
        printed = stdout or f"{directory}/stdout"
        process = start(program, *flags, stdout=printed, stderr=errors)
        process.join()
        outputs = [
            "" if path == stdout else pathlib.Path(path).read_text()
            for path in (printed, errors)
        ]
    return subprocess.CompletedProcess([program, *flags], process.exitcode, *outputs)


def start(program: str, *flags: str, stdout: str, stderr: str) -> BaseProcess:
    """Starts PROGRAM.py in a process of its own, which can be sent signals."""
    process = FORKED.Process(
        target=_run, args=(program, flags, dict(os.environ), [stdout, stderr])
    )
    process.start()
    return process


def wait_for(path: pathlib.Path, process: BaseProcess, errors: str | pathlib.Path):
    """Waits until there is a file, which a process that runs makes."""
    while not path.exists():
        assert process.is_alive(), pathlib.Path(errors).read_text()[-3000:]
        time.sleep(0.05)


def _run(
    program: str,
    flags: Sequence[str],
    environment: Mapping[str, str],
    outputs: Sequence[str],
) -> None:
    for number, path in enumerate(outputs, 1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    sys.argv = [f"{program}.py", *flags]
    sys.path[0] = str(ROOT)
    runpy.run_path(f"{program}.py", run_name="__main__")
