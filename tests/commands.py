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
from collections.abc import Mapping, Sequence

ROOT = pathlib.Path(__file__).parents[1]
FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload(
    ["tensorflow", "tensorflow_text", "keras", "sklearn.metrics", "tests.commands"]
)


def run(program: str, *flags: str) -> subprocess.CompletedProcess:
    """Runs PROGRAM.py to its end, whatever its exit code."""
    with tempfile.TemporaryDirectory() as directory:
        paths = [f"{directory}/{name}" for name in ("stdout", "stderr")]
        process = FORKED.Process(
            target=_run, args=(program, flags, dict(os.environ), paths)
        )
        process.start()
        process.join()
        outputs = [pathlib.Path(path).read_text() for path in paths]
    return subprocess.CompletedProcess([program, *flags], process.exitcode, *outputs)


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
