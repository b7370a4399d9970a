"""The guided search runs, and finds nothing in its first seconds."""

import pathlib
import re
import subprocess
import sys

import pytest

pytest.importorskip("atheris", reason="atheris has wheels for Linux on x86-64 alone")

ROOT = pathlib.Path(__file__).parents[2]


@pytest.mark.slow
def test_a_short_search_finds_nothing(tmp_path):
    command = [sys.executable, "-m", "tests.fuzz.readers_fuzz", str(tmp_path)]
    # libFuzzer's own limit counts the peak of the process that started it, too.
    search = subprocess.run(
        [*command, "-runs=3000", "-seed=1", "-rss_limit_mb=0"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert search.returncode == 0, search.stderr[-3000:]
    runs = re.search(r"Done (\d+) runs", search.stderr)
    assert runs and int(runs[1]) >= 3_000
    assert not list(tmp_path.glob("crash-*"))
