"""The entry points, as a person starts them."""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[1]


def run(program: str, *flags: str) -> subprocess.CompletedProcess:
    """Runs PROGRAM.py to its end, whatever its exit code."""
    return subprocess.run(
        [sys.executable, f"{program}.py", *flags],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
