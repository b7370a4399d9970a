"""After a power cut, the same command ends with the same bytes."""

import pathlib
import subprocess

import pytest

from tests.chaos import power_cut


@pytest.fixture(scope="module")
def recorder(tmp_path_factory) -> str:
    """The compiled library that records what is synced."""
    library = tmp_path_factory.mktemp("library") / "synced.so"
    source = pathlib.Path(__file__).with_name("synced.c")
    command = ["cc", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"]
    subprocess.run(command, check=True)
    return str(library)


@pytest.mark.slow
@pytest.mark.parametrize("make", [power_cut.training_job, power_cut.build_job])
def test_what_a_power_cut_leaves_goes_on_to_the_same_bytes(make, recorder, tmp_path):
    job = make(tmp_path)
    root, shadow = tmp_path / "root", tmp_path / "shadow"
    root.mkdir(), shadow.mkdir()
    whole = power_cut.finish(
        job,
        root / "run",
        LD_PRELOAD=recorder,
        POWER_ROOT=str(root),
        POWER_SHADOW=str(shadow),
    )
    syncs = len(list(shadow.iterdir()))
    for share, names_survive in ((0.3, False), (0.6, True), (0.95, False)):
        left = tmp_path / f"left-{share}"
        power_cut.leave(shadow, int(share * syncs), left, names_survive)
        assert power_cut.finish(job, left / "run") == whole
