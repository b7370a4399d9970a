"""The command turns a corpus into a data directory, or prints one clear line."""

import os
import pty
import signal
import sys
import time

import pytest

from electra_tf.shards.manifest import Manifest
from tests import commands, small


def test_text_becomes_a_data_directory(tmp_path):
    output = tmp_path / "data"
    corpus = f"--corpus={small.text(tmp_path / 'text')}"
    flags = [corpus, "--vocab_size=500"]
    done = commands.run("prepare", *flags, f"--output={output}", "--num_workers=1")
    assert done.returncode == 0, done.stderr
    assert "100.0% in an example" in done.stdout
    assert f"--config.data.directory={output}" in done.stdout
    manifest = Manifest.load(str(output))
    assert manifest.examples("train") > 1000 and manifest.examples("valid") > 0
    assert manifest.unreachable_pieces == 0
    assert corpus in manifest.command

    adopted = tmp_path / "adopted"
    refused = commands.run(
        "prepare",
        f"--adopt_train={output}/train-*",
        f"--vocab={output}/vocab.txt",
        f"--output={adopted}",
    )
    assert refused.returncode == 1 and "input_mask" in refused.stderr
    assert not adopted.exists()


def test_a_user_s_error_is_one_line_without_a_traceback(tmp_path):
    failed = commands.run(
        "prepare", f"--corpus={tmp_path}/*.gz", f"--output={tmp_path}/data"
    )
    assert failed.returncode == 1
    errors = [line for line in failed.stderr.splitlines() if line.startswith("error:")]
    assert len(errors) == 1 and "No file matches" in errors[0]
    assert "Traceback" not in failed.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_rule_is_one_line_too(tmp_path):
    output = f"--output={tmp_path / 'data'}"
    failed = commands.run("prepare", "--corpus=x", output, "--config.nothing=3")
    assert failed.returncode == 1
    assert "error: --config has no field 'nothing'. The fields are: " in failed.stderr


@pytest.fixture(scope="module")
def long_build(tmp_path_factory) -> list[str]:
    """Flags of a build that takes half a minute."""
    directory = tmp_path_factory.mktemp("corpus")
    small.vocabulary().save(str(directory / "vocab.txt"))
    with (directory / "text").open("w") as file:
        for i in range(60_000):
            file.write(f"w{i % 20} {i} w{i % 7} w3 w4 w5 w6 w7 " * 10 + "\n\n")
    return [f"--corpus={directory}/text", f"--vocab={directory}/vocab.txt"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2]
)
def test_a_signal_ends_a_build_in_order(long_build, tmp_path, number):
    output, errors, printed = (tmp_path / name for name in ("data", "stderr", "stdout"))
    process = commands.start(
        "prepare",
        *long_build,
        "--num_workers=1",
        f"--output={output}",
        stdout=str(printed),
        stderr=str(errors),
    )
    # When there is something to continue.
    commands.wait_for(output / "unfinished/vocab.txt", process, errors)
    os.kill(process.pid, number)
    process.join(60)
    assert process.exitcode == 128 + number
    assert "Traceback" not in errors.read_text()
    assert "the same command continues there" in printed.read_text()


@pytest.mark.slow
def test_a_terminal_that_is_closed_ends_a_build_and_its_workers(long_build, tmp_path):
    command = [sys.executable, "prepare.py", *long_build, "--num_workers=2"]
    command.append(f"--output={tmp_path / 'data'}")
    child, terminal = pty.fork()
    if not child:
        os.chdir(commands.ROOT)
        os.execv(sys.executable, command)
    shown = b""
    while b"MB of text at" not in shown:  # The workers have begun to answer.
        shown += os.read(terminal, 65536)
    os.close(terminal)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 128 + signal.SIGHUP
    deadline = time.monotonic() + 60
    with pytest.raises(ProcessLookupError):
        while time.monotonic() < deadline:
            os.killpg(child, 0)  # It led the group; its workers were the others.
            time.sleep(0.1)
