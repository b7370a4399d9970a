"""Cuts the power during a training and a build, and resumes with the same command.

python -m tests.chaos.power_cut --cuts=10

Needs root and xfsprogs: it makes an ext4 file system in a file, mounts it, starts a run
in it, and copies the file at random moments. What the run has not synced is in the
kernel's memory, not in the copy. Every copy is mounted, and the run is started there
again; it must end with the bytes of an uninterrupted run. The file lies in
an XFS, which copies it in an instant: a copy that takes a while holds the blocks of
several moments, which no power cut leaves.

The functions above `mounted` serve the test without root: `synced.c` records what a run
syncs, from which `leave` makes the directory that a power cut leaves.
"""

import argparse
import contextlib
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from tests import small
from tests.chaos import training
from tests.corpus.texts import documents, files, write_corpus

ROOT = pathlib.Path(__file__).parents[2]
STEPS = 200
IMAGE_BYTES = 64_000_000
STORE_BYTES = 2_000_000_000
"""Size of the XFS, a sparse file."""


class Job(NamedTuple):
    """A command that is interrupted and resumed."""

    command: Callable[[pathlib.Path], Sequence[str]]
    """Returns the command that makes a directory."""
    result: Callable[[pathlib.Path], Any]
    """Reads from the directory what must not differ."""


def training_job(directory: pathlib.Path) -> Job:
    """A training with several checkpoints."""
    data = directory / "data"
    if not data.exists():
        small.write(data)

    def command(workdir: pathlib.Path) -> Sequence[str]:
        return ["-m", "tests.pretraining.worker", str(data), str(workdir), str(STEPS)]

    return Job(command, lambda workdir: training.result(workdir, STEPS))


def build_job(directory: pathlib.Path) -> Job:
    """A build with a survey, which commits after every block."""
    for name, seed in (("a.txt", 0), ("b.txt", 1), ("c.txt", 0)):
        write_corpus(directory / name, documents(30, seed))

    def command(output: pathlib.Path) -> Sequence[str]:
        return ["-m", "tests.chaos.build", str(directory), str(output)]

    return Job(command, lambda output: files(str(output)))


def start(job: Job, place: pathlib.Path, **environment: str) -> subprocess.Popen:
    """Starts or resumes a job."""
    return subprocess.Popen(
        [sys.executable, *job.command(place)],
        cwd=ROOT,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"} | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(job: Job, place: pathlib.Path, **environment: str) -> Any:
    """Runs a job to its end, and returns its result."""
    process = start(job, place, **environment)
    _, errors = process.communicate()
    assert process.returncode == 0, errors[-3000:]
    return job.result(place)


def leave(
    shadow: pathlib.Path, moment: int, target: pathlib.Path, names_survive: bool
) -> None:
    """Makes the directory that a power cut leaves, from what `synced.c` recorded.

    Args:
        shadow: the records.
        moment: how many syncs there were before the cut.
        target: the directory to make.
        names_survive: whether all names are on the disk, and only the bytes of files
            wait for a sync, as on a file system that writes its journal often. Else
            names wait for the sync of their directory.
    """
    contents: dict[str, pathlib.Path] = {}
    listings: dict[str, list[tuple[str, str, str]]] = {}
    entries: list[tuple[str, str, str]] = []
    for event in sorted(shadow.iterdir())[:moment]:
        lines = (event / "tree").read_text().splitlines()
        split = [line.split(" ", 2) for line in lines]
        entries = [(kind, inode, path.strip("/")) for kind, inode, path in split]
        inode = (event / "synced").read_text().strip()
        if (event / "data").exists():
            contents[inode] = event / "data"
            continue
        (parent,) = (path for _, other, path in entries if other == inode)
        listings[inode] = [
            (kind, child, pathlib.PurePath(path).name)
            for kind, child, path in entries
            if path and str(pathlib.PurePath(path).parent) == (parent or ".")
        ]
    target.mkdir()

    def make(kind: str, inode: str, path: pathlib.Path) -> None:
        if kind == "d":
            path.mkdir(exist_ok=True)
        elif inode in contents:
            shutil.copy(contents[inode], path)
        else:
            path.touch()

    def make_listed(inode: str, path: pathlib.Path) -> None:
        for kind, child, name in listings.get(inode, []):
            make(kind, child, path / name)
            if kind == "d":
                make_listed(child, path / name)

    if names_survive:
        for kind, inode, path in sorted(entries, key=lambda entry: entry[2]):
            make(kind, inode, target / path)
    elif entries:
        make_listed(next(inode for _, inode, path in entries if not path), target)


@contextlib.contextmanager
def mounted(image: pathlib.Path) -> Iterator[pathlib.Path]:
    """Mounts the file system of an image."""
    with tempfile.TemporaryDirectory() as name:
        subprocess.run(["mount", "-o", "loop", str(image), name], check=True)
        try:
            yield pathlib.Path(name)
        finally:
            subprocess.run(["umount", name], check=True)


def made(image: pathlib.Path, size: int, *program: str) -> pathlib.Path:
    """Makes an image with an empty file system."""
    with image.open("wb") as file:
        file.truncate(size)
    subprocess.run([*program, str(image)], check=True)
    return image


def cut(job: Job, directory: pathlib.Path, cuts: int, seed: int) -> None:
    """Cuts the power at random moments of one run, and resumes from each."""
    begin = time.monotonic()
    process = start(job, directory / "whole")
    while not (directory / "whole").exists() and process.poll() is None:
        time.sleep(0.01)
    first = time.monotonic() - begin
    _, errors = process.communicate()
    assert process.returncode == 0, errors[-3000:]
    seconds = time.monotonic() - begin
    whole = job.result(directory / "whole")
    generator = random.Random(seed)
    moments = sorted(generator.uniform(first, seconds) for _ in range(cuts))
    with mounted(made(directory / "store", STORE_BYTES, "mkfs.xfs", "-q")) as store:
        image = made(store / "image", IMAGE_BYTES, "mkfs.ext4", "-q", "-F")
        copies = []
        with mounted(image) as place:
            begin = time.monotonic()
            process = start(job, place / "run")
            for number, moment in enumerate(moments):
                time.sleep(max(0.0, begin + moment - time.monotonic()))
                copies.append(store / f"copy-{number}")
                copy = ["cp", "--reflink=always", str(image), str(copies[-1])]
                subprocess.run(copy, check=True)
            process.kill()
            process.communicate()
        for copy, moment in zip(copies, moments, strict=True):
            with mounted(copy) as place:
                there = [path for path in (place / "run").rglob("*") if path.is_file()]
                empty = sum(path.stat().st_size == 0 for path in there)
                assert finish(job, place / "run") == whole
            print(
                f"cut after {moment:4.1f} of {seconds:.1f} s: {len(there)} files, "
                f"{empty} of them empty; the same bytes in the end",
                flush=True,
            )


def main() -> None:
    """Cuts the power of a training and of a build."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cuts", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    for make in (training_job, build_job):
        print(make.__doc__, flush=True)
        with tempfile.TemporaryDirectory() as name:
            directory = pathlib.Path(name)
            cut(make(directory), directory, arguments.cuts, arguments.seed)


if __name__ == "__main__":
    main()
