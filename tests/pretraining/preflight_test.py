"""The dry run: its table, what it refuses, and that it leaves nothing behind."""

import hashlib
import pathlib
import re
import shutil
import signal
from types import SimpleNamespace

import pytest
import tensorflow as tf

from electra_tf.model.electra import Electra
from electra_tf.pretraining import loop, preflight, throughput
from electra_tf.pretraining.step import Step
from electra_tf.pretraining.workdir import Workdir
from electra_tf.training import strategy as strategies
from tests import commands, small

ROWS = {
    "Discriminator",
    "Generator",
    "Shared embeddings",
    "Total",
    "FLOPs per step",
    "Steps per epoch",
    "FLOPs of the run",
    "Epochs of the run",
    "Tokens of the run",
    "Weights and moments",
    "Peak memory",
    "Checkpoint",
    "Disk needed",
    "Disk free",
    "First step",
    "Step",
    "Rate",
    "Expected time",
    "Checkpoint write",
    "Checkpoint read",
}


def check(config, path: pathlib.Path, strategy=None) -> str:
    workdir = Workdir(str(path))
    strategy = strategy or tf.distribute.get_strategy()
    with preflight.opened(config, workdir, strategy) as run:
        return preflight.report(run, workdir)


def rows(table: str) -> dict[str, list[str]]:
    """Cells after the first, by the first."""
    cells = [re.split(r"  +", line) for line in table.splitlines()]
    return {name: rest for name, *rest in cells}


def number(cell: str) -> float:
    return float(cell.replace(",", "").removesuffix(" s").removesuffix(" MB"))


def snapshot(directory: pathlib.Path) -> dict[str, tuple]:
    """Content and times of all that is in a directory, and of the directory."""
    return {
        str(path.relative_to(directory)): (
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
            path.stat().st_mtime_ns,
        )
        for path in [directory, *directory.rglob("*")]
    }


def names(directory: pathlib.Path) -> set[str]:
    return {str(path) for path in directory.rglob("*")}


def test_the_table_has_all_rows_and_the_numbers_are_the_runs(data, tmp_path):
    config, before = small.config(data), names(tmp_path)
    table = rows(check(config, tmp_path / "runs" / "one"))
    assert table.keys() == ROWS
    assert names(tmp_path) == before

    vocabulary_size = len(small.vocabulary())
    parameters = Electra(config.model, vocabulary_size).count_params()
    assert number(table["Total"][0]) == parameters
    parts = ("Discriminator", "Generator", "Shared embeddings")
    assert sum(number(table[part][0]) for part in parts) == parameters

    # 4 shards of 24 examples, 8 a step, 20 steps of 16 tokens.
    assert number(table["Steps per epoch"][0]) == 12
    assert number(table["Epochs of the run"][0]) == 1.67
    assert number(table["Tokens of the run"][0]) == 20 * 8 * 16
    flops = 20 * 8 * 16 * throughput.flops_per_token(config, vocabulary_size)
    # Three digits are shown.
    assert number(table["FLOPs of the run"][0]) == pytest.approx(flops, rel=5e-3)
    assert number(table["FLOPs per step"][0]) == pytest.approx(flops / 20, rel=5e-3)

    state = 3 * 4 * parameters / 1e6
    # One decimal of a megabyte is shown.
    assert number(table["Weights and moments"][0]) == pytest.approx(state, abs=0.06)
    # Names and checksums take less than the tensors.
    assert state - 0.06 < number(table["Checkpoint"][0]) < 2 * state + 0.06
    # 3 kept, the best, and one being written.
    assert number(table["Disk needed"][0]) == pytest.approx(5 * state, abs=0.06)
    assert table["Disk needed"][1] == "for 5 checkpoints"
    assert number(table["Disk free"][0]) > 5 * state
    # TensorFlow alone takes more than 100 MB.
    assert number(table["Peak memory"][0]) > 100
    assert number(table["First step"][0]) > number(table["Step"][0]) > 0
    seconds = number(table["Step"][0])
    # Four decimals of a step of milliseconds are shown.
    assert number(table["Rate"][0]) == pytest.approx(8 * 16 / seconds, rel=0.1)


def test_a_length_schedule_has_rows_for_each_length(data, tmp_path):
    config = small.config(data)
    config.data.short_seq_length = 8
    config.data.short_steps_fraction = 0.5
    lines = check(config, tmp_path / "run").splitlines()
    steps = [line for line in lines if line.startswith("Steps per epoch")]
    assert [line.split()[3:] for line in steps] == [
        ["24.0", "at", "8", "tokens,", "10", "steps"],
        ["12.0", "at", "16", "tokens,", "10", "steps"],
    ]
    assert any("by the FLOPs of each length" in line for line in lines)
    # 10 steps on half examples, 10 on whole ones: 120 of 96.
    assert number(rows("\n".join(lines))["Epochs of the run"][0]) == 1.25


def test_nothing_is_left_behind_when_a_step_fails(data, tmp_path, monkeypatch):
    def fail(self, iterator, steps):
        assert names(tmp_path) > before
        raise tf.errors.ResourceExhaustedError(None, None, "OOM of a tensor")

    before = names(tmp_path)
    monkeypatch.setattr(Step, "train", fail)
    with pytest.raises(ValueError, match="gradient_accumulation_steps"):
        check(small.config(data), tmp_path / "run")
    assert names(tmp_path) == before


def test_nothing_is_left_behind_when_the_process_is_told_to_end(tmp_path):
    config = small.config(small.write(tmp_path / "data"))
    workdir, strategy = Workdir(str(tmp_path / "run")), tf.distribute.get_strategy()
    before, handler = names(tmp_path), signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit), preflight.opened(config, workdir, strategy):
        assert names(tmp_path) > before
        signal.raise_signal(signal.SIGTERM)
    assert names(tmp_path) == before
    assert signal.getsignal(signal.SIGTERM) is handler


@pytest.mark.parametrize("split", ["train", "valid"])
def test_a_shard_with_one_flipped_byte_is_named(data, tmp_path, split):
    path = pathlib.Path(data) / f"{split}-00000.tfrecord"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    before = names(tmp_path)
    with pytest.raises(ValueError, match=rf"1 of 5 shards.*{path}\. Copy"):
        check(small.config(data), tmp_path / "run")
    assert names(tmp_path) == before

    # Held-out shards that are never read may be anything.
    if split == "valid":
        check(small.config(data, eval_every=0), tmp_path / "run")


def test_too_little_disk_is_refused_with_both_numbers(data, tmp_path, monkeypatch):
    usage = SimpleNamespace(total=10**6, used=9 * 10**5, free=10**5)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    before = names(tmp_path)
    with pytest.raises(ValueError, match=r"0\.1 MB free.*keep_checkpoints"):
        check(small.config(data), tmp_path / "run")
    assert names(tmp_path) == before


def test_disk_is_needed_for_the_checkpoints_that_stay(data, tmp_path):
    config = small.config(data, keep_every=10, keep_best=False, keep_checkpoints=2)
    table = rows(check(config, tmp_path / "run"))
    assert table["Disk needed"][1] == "for 5 checkpoints"


def test_a_place_that_cannot_be_written_is_refused(data, tmp_path):
    (tmp_path / "file").write_text("no directory")
    with pytest.raises(ValueError, match="cannot be written"):
        check(small.config(data), tmp_path / "file" / "run")


def test_a_run_that_was_started_stays_as_it_is(data, tmp_path, monkeypatch):
    config, workdir = small.config(data), tmp_path / "run"
    loop.train(config, Workdir(str(workdir)), tf.distribute.get_strategy())
    # As if it had been stopped at step 10, with one checkpoint.
    for path in (workdir / "checkpoints").glob("step-20.*"):
        path.unlink()
    before, around = snapshot(workdir), names(tmp_path)

    table = rows(check(config, workdir))
    assert snapshot(workdir) == before
    assert names(tmp_path) == around
    assert table["Expected time"][1].startswith("for the steps after 10,")
    assert table["Disk needed"][1] == "for 4 checkpoints"


@pytest.mark.slow
def test_several_replicas_are_tried_as_they_are(data, tmp_path, two_replicas):
    config = small.config(data)
    table = check(config, tmp_path / "run", two_replicas)
    parameters = Electra(config.model, len(small.vocabulary())).count_params()
    assert number(rows(table)["Total"][0]) == parameters


def test_several_hosts_are_refused(data, tmp_path, monkeypatch):
    monkeypatch.setattr(strategies, "hosts", lambda strategy: 2)
    with pytest.raises(ValueError, match="one machine without TF_CONFIG"):
        check(small.config(data), tmp_path / "run")


@pytest.mark.parametrize("flag", ["--dry_run", "-dry_run", "--dry_run=true"])
def test_the_command_starts_the_run_for_real(flag):
    arguments = ["pretrain.py", flag, "--workdir=my run", "--dry_runs"]
    wanted = "python pretrain.py '--workdir=my run' --dry_runs"
    assert preflight.command(arguments) == wanted


@pytest.mark.slow
def test_the_command_line_gives_the_table_and_the_command(data, tmp_path, monkeypatch):
    flags = [
        "--config=configs/demo.py",
        "--config.model.hidden_size=32",
        "--config.model.intermediate_size=64",
        "--config.model.embedding_size=16",
        f"--config.data.max_seq_length={small.LENGTH}",
        "--config.data.global_batch_size=8",
        "--config.jit_compile=OFF",
        f"--config.data.directory={data}",
        f"--workdir={tmp_path}/run",
    ]
    before = names(tmp_path)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    result = commands.run("pretrain", *flags, "--dry_run")
    assert result.returncode == 0, result.stderr[-3000:]
    *table, last = result.stdout.splitlines()
    assert rows("\n".join(table)).keys() == ROWS
    assert last == f"Start it:  python pretrain.py {' '.join(flags)}"
    assert names(tmp_path) == before
