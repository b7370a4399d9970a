"""The built package: the command, the configurations inside it, nothing beside it."""

import configparser
import os
import pathlib
import re
import shutil
import subprocess
import sys
import zipfile

import pytest

import electra_tf
from electra_tf import cli

ROOT = pathlib.Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> pathlib.Path:
    """Directory with what the wheel holds."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("site")
    for name in ("electra_tf", "configs", "sample_corpus"):
        shutil.copytree(ROOT / name, source / name, symlinks=True)
    for name in ("pyproject.toml", "README.md", "LICENSE", "pretrain.py"):
        shutil.copy(ROOT / name, source)
    for path in ROOT.glob("requirements*.txt"):
        shutil.copy(path, source)
    build = "from setuptools import build_meta; print(build_meta.build_wheel('.'))"
    subprocess.run(
        [sys.executable, "-c", build], cwd=source, check=True, capture_output=True
    )
    (wheel,) = source.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    return target


def run(installed, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs what the command electra-tf runs, from another directory."""
    path, _, function = entry_point(installed).partition(":")
    program = f"import sys; sys.argv[0] = 'electra-tf'; from {path} import {function}; "
    return subprocess.run(
        [sys.executable, "-c", f"{program}{function}()", *arguments],
        cwd=installed.parent,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
    )


def entry_point(installed) -> str:
    (path,) = installed.glob("*.dist-info/entry_points.txt")
    parser = configparser.ConfigParser()
    parser.read(path)
    return parser["console_scripts"]["electra-tf"]


@pytest.mark.slow
def test_the_wheel_holds_one_package_with_the_configurations(installed):
    (information,) = installed.glob("*.dist-info")
    assert {path.name for path in installed.iterdir()} == {
        "electra_tf",
        information.name,
    }
    assert f"-{electra_tf.__version__}.dist-info" in information.name
    names = {path.name for path in (ROOT / "configs").glob("*.*")}
    assert names == {
        path.name for path in (installed / "electra_tf/configs").glob("*.*")
    }
    metadata = (information / "METADATA").read_text()
    assert {*re.findall(r"Provides-Extra: (\w+)", metadata)} == {"demo", "beam"}


@pytest.mark.slow
def test_the_command_lists_its_programs_and_names_the_nearest(installed):
    page = run(installed, "--help").stdout
    for name in cli.PROGRAMS:
        assert re.search(rf"(?m)^  {name} +\w.+\.$", page), name
    assert run(installed, "--version").stdout.strip() == electra_tf.__version__
    done = run(installed, "pretrian")
    assert done.returncode == 1 and "Did you mean pretrain?" in done.stderr


@pytest.mark.slow
def test_a_program_takes_a_configuration_by_name_and_speaks_of_the_command(installed):
    done = run(installed, "pretrain", "--config=small", "--workdir=run")
    assert done.returncode == 1, done.stderr
    assert "give the output of electra-tf prepare as" in done.stderr
    page = run(installed, "prepare", "--help").stdout
    assert "electra-tf prepare --corpus=" in page and "prepare.py" not in page
    assert not (installed.parent / "run").exists()
