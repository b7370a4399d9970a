"""A build that was killed continues, and its bytes are those of one that was not."""

import dataclasses
import os
import signal
import sys

import pytest
import tensorflow as tf

from electra_tf import files as project_files
from electra_tf.build import journal, local, passes, stages, survey
from electra_tf.build.config import BuildConfig, DeduplicationConfig
from electra_tf.build.output import Unfinished
from electra_tf.corpus import blocks
from tests import commands
from tests.corpus.texts import documents, files, write_corpus

ALL = DeduplicationConfig(documents=True, lines=True, near_documents=0.7)


@pytest.fixture
def twice_read(settings, tmp_path, monkeypatch):
    """A corpus with duplicates of all kinds; every block is committed."""
    monkeypatch.setattr(journal, "COMMIT_SECONDS", 0.0)
    monkeypatch.setattr(journal, "COMMIT_SHARE", float("inf"))
    write_corpus(tmp_path / "b.txt", documents(30, seed=1) + documents(20))
    return dataclasses.replace(settings, config=BuildConfig(deduplication=ALL))


@pytest.mark.parametrize(
    ("stage", "error"),
    [(survey.Surveyor, KeyboardInterrupt), (stages.BlockProcessor, OSError)],
)
def test_an_interrupted_build_continues_where_it_was(
    twice_read, monkeypatch, stage, error
):
    whole = local.build(
        dataclasses.replace(twice_read, output=twice_read.output + "_whole")
    )
    calls = []

    def interrupted(self, *arguments):
        calls.append(arguments)
        if len(calls) == 5:
            raise error
        return original(self, *arguments)

    original = stage.__call__
    monkeypatch.setattr(stage, "__call__", interrupted)
    said = []
    with pytest.raises(error):
        local.build(twice_read, said.append)
    assert "the same command continues" in said[-1]
    assert os.listdir(twice_read.output) == ["unfinished"]
    result = local.build(twice_read, said.append)
    monkeypatch.setattr(stage, "__call__", original)
    assert files(twice_read.output) == files(twice_read.output + "_whole")
    assert result.manifest == whole.manifest
    # One block was begun twice.
    assert len(calls) - 1 == sum(
        len(list(source.blocks())) for source in twice_read.train_sources
    )
    assert not os.path.exists(Unfinished(twice_read.output).directory)


def build_until(left: int, arguments: list[str]) -> None:
    """prepare.py, killed at its write number `left`; 0: never."""

    def killing(function):
        def wrapper(*arguments, **named):
            nonlocal left
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **named)

        return wrapper

    blocks.BLOCK_BYTES, journal.COMMIT_SECONDS = 5000, 0.0
    journal.COMMIT_SHARE = float("inf")
    for owner, name in (
        (journal.Journal, "_flush"),
        (os, "truncate"),
        (project_files, "rename"),
        (os, "remove"),
        (tf.io.gfile, "remove"),
    ):
        setattr(owner, name, killing(getattr(owner, name)))
    sys.argv = ["prepare.py", *arguments]
    # Its flags are those that are given when it is imported.
    from electra_tf.commands import prepare

    prepare.cli.run(prepare.main)


@pytest.mark.slow
def test_ten_kills_leave_the_same_bytes(settings, tmp_path):
    """Each process is killed at a different write, in all of the stages."""
    (tmp_path / "vocab.txt").write_bytes(b"[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nla\n.\n")

    def build(output: str, left: int) -> int:
        arguments = [f"--corpus={tmp_path}/?.txt", f"--vocab={tmp_path}/vocab.txt"]
        arguments += [f"--output={tmp_path}/{output}", "--num_shards=2"]
        arguments += ["--max_seq_length=32", "--num_workers=1"]
        arguments += ["--config.deduplication.lines=true"]
        process = commands.FORKED.Process(target=build_until, args=(left, arguments))
        process.start()
        process.join()
        return process.exitcode

    assert build("whole", 0) == 0
    kills = 0
    for left in (1, 3, 8, 17, 30, 31, 32, 33, 60, 61, 10_000):
        kills += build("killed", left) == -signal.SIGKILL
        if os.path.exists(f"{tmp_path}/killed/manifest.json"):
            break
    assert kills == 10
    made, whole = files(f"{tmp_path}/killed"), files(f"{tmp_path}/whole")
    made.pop("manifest.json"), whole.pop("manifest.json")  # The command is in it.
    assert made == whole and len(made) == 4


def test_another_build_does_not_continue_an_unfinished_one(twice_read, monkeypatch):
    def fail(*_, **__):
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr(passes.Progress, "update", fail)
        with pytest.raises(OSError):
            local.build(twice_read)
    with pytest.raises(ValueError, match=r"unfinished build with another seed: 7, not"):
        local.build(dataclasses.replace(twice_read, seed=8))
    with open(twice_read.train_sources[1].path, "a") as file:
        file.write("y más\n")
    longer = dataclasses.replace(twice_read.train_sources[1], bytes=99)
    sources = [twice_read.train_sources[0], longer]
    with pytest.raises(ValueError, match="another corpus"):
        local.build(dataclasses.replace(twice_read, train_sources=sources))


def test_two_builds_do_not_work_in_one_directory(settings, monkeypatch):
    with (
        Unfinished(settings.output).locked(print),
        pytest.raises(ValueError, match="in use by process"),
    ):
        local.build(settings)


def test_an_output_with_a_scheme_is_made_under_tmp_and_copied_whole(settings):
    expected = local.build(settings).manifest
    remote = dataclasses.replace(settings, output=f"file://{settings.output}2")
    manifest = local.build(remote).manifest
    assert manifest == expected
    assert files(f"{settings.output}2") == files(settings.output)
    unfinished = Unfinished(remote.output).directory
    assert not os.path.exists(unfinished)
    with pytest.raises(ValueError, match="finished build already"):
        local.build(remote)
