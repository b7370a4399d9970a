"""What a build may delete, and where it works."""

import dataclasses
import os
import pathlib
import shutil
import subprocess

import pytest

from electra_tf import directories
from electra_tf.build import local, output
from electra_tf.build.stages import BlockProcessor
from electra_tf.pretraining.workdir import Workdir
from tests import small
from tests.corpus.texts import files


def tree(directory: str) -> dict[str, bytes]:
    paths = pathlib.Path(directory).rglob("*")
    return {str(path): path.read_bytes() for path in paths if path.is_file()}


def test_a_training_is_not_taken_for_a_build(settings):
    """A working directory has a manifest.json and a vocab.txt too."""
    local.build(settings)
    data, workdir = settings.output, f"{settings.output}-run"
    config = small.config(data)
    for name in ("manifest.json", "vocab.txt"):
        pathlib.Path(workdir).mkdir(exist_ok=True)
        shutil.copy(f"{data}/{name}", workdir)
    pathlib.Path(workdir, "config.json").write_text(config.to_json())
    checkpoints = pathlib.Path(Workdir(workdir).checkpoints)
    checkpoints.mkdir()
    (checkpoints / "step-10.index").write_text("weights")
    before = tree(workdir)
    with pytest.raises(ValueError, match=r"checkpoints, config\.json.*not deleted"):
        local.build(dataclasses.replace(settings, output=workdir, overwrite=True))
    assert tree(workdir) == before


def test_what_appears_at_the_output_meanwhile_stays(settings, monkeypatch):
    precious = pathlib.Path(settings.output, "precious")
    original = BlockProcessor.__call__

    def process(self, *arguments):
        precious.write_text("mine")
        return original(self, *arguments)

    monkeypatch.setattr(BlockProcessor, "__call__", process)
    said = []
    with pytest.raises(ValueError, match=r"other files than those of a build \(prec"):
        local.build(settings, said.append)
    assert precious.read_text() == "mine"
    assert "keeps what is done" in said[-1]
    precious.unlink()
    monkeypatch.undo()
    local.build(settings)
    made = ["manifest.json", "vocab.txt", output.shard_name("valid", 0, 1)]
    made += [output.shard_name("train", index, 3) for index in range(3)]
    assert sorted(os.listdir(settings.output)) == sorted(made)


def test_a_finished_build_that_appears_meanwhile_is_not_replaced(settings, tmp_path):
    """Another machine may have built to the same place."""
    other = dataclasses.replace(settings, output=f"{settings.output}-other", seed=8)
    local.build(other)
    unfinished = output.Unfinished(settings.output)
    with unfinished.locked(print):
        local._make(settings, unfinished, 1, {"train": 3, "valid": 1}, print)
        for name in os.listdir(other.output):
            shutil.copy(f"{other.output}/{name}", settings.output)
        before = files(other.output)
        with pytest.raises(ValueError, match="finished build already"):
            unfinished.finish(overwrite=False)
    shutil.rmtree(unfinished.directory)
    assert files(settings.output) == before


def test_a_replaced_build_leaves_none_of_its_shards(settings):
    local.build(settings)
    fewer = dataclasses.replace(settings, num_shards=2, overwrite=True)
    local.build(fewer)
    shard_names = [name for name in os.listdir(settings.output) if "train" in name]
    assert sorted(shard_names) == [output.shard_name("train", i, 2) for i in range(2)]


def test_work_goes_on_inside_a_directory_that_was_mounted_or_linked(settings, tmp_path):
    place = tmp_path / "elsewhere"
    (place / "lost+found").mkdir(parents=True)
    os.symlink(place, settings.output)
    local.build(settings)
    assert os.path.islink(settings.output)
    assert (place / "manifest.json").exists() and (place / "lost+found").exists()
    assert not list(tmp_path.glob("*unfinished*"))


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_a_mount_point_is_an_output(settings, tmp_path):
    """A container's volume is one, and cannot be renamed."""
    os.mkdir(settings.output)
    mount = ["mount", "-t", "tmpfs", "none", settings.output]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("this machine does not mount file systems")
    try:
        local.build(settings)
        local.build(dataclasses.replace(settings, seed=8, overwrite=True))
        made = dict(files(settings.output))
    finally:
        subprocess.run(["umount", settings.output], check=True)
    assert "manifest.json" in made and "unfinished" not in made


def test_foreign_files_among_the_working_files_stay(settings):
    precious = pathlib.Path(settings.output, output.UNFINISHED, "notes.txt")
    precious.parent.mkdir(parents=True)
    precious.write_text("mine")
    local.build(settings)
    assert precious.read_text() == "mine"


def test_an_output_that_cannot_be_made_is_told_before_the_work(settings, tmp_path):
    (tmp_path / "file").write_text("")
    for place in (f"{tmp_path}/file", f"{tmp_path}/file/below"):
        with pytest.raises((ValueError, OSError), match="file"):
            local.build(dataclasses.replace(settings, output=place))
    with pytest.raises(ValueError, match=r"--report=.*/file/x cannot be written"):
        dataclasses.replace(settings, report=f"{tmp_path}/file/x")


def test_only_files_with_known_names_are_removed(tmp_path):
    made = ("a/*.x", "b")
    for name in ("a/1.x", "a/deep/2.x", "a/1.y", "b", "c/b"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert directories.others(str(tmp_path), made) == ["a/1.y", "c/b"]
    with pytest.raises(ValueError, match=r"did not make \(a/1\.y, c/b\)"):
        directories.check_deletable(str(tmp_path), made, "--output")
    directories.remove(str(tmp_path), made, keep=("b",))
    left = [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")]
    assert sorted(left) == ["a", "a/1.y", "b", "c", "c/b"]
