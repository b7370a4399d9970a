"""What a person can cause ends in one line: the file, what is wrong, and the cure."""

import os
import pathlib
import shutil
import signal
import threading

import pytest
import tensorflow as tf

from electra_tf import failures
from tests import commands, small
from tests.interop import models
from tests.interop.fake_detector import FakeDetector

DISK_FULL = "No space left on device: make room there (df -h)"
NO_DIRECTORY = "give another path"


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> pathlib.Path:
    """A directory with `data`, a `run` on it, an `export`, and a plain `file`."""
    directory = tmp_path_factory.mktemp("place")
    models.trained_run(directory)
    model = FakeDetector()
    signatures = {"detect": model.detect, "fill_mask": model.fill_mask}
    path = str(directory / "export" / "saved_model")
    tf.saved_model.save(model, path, signatures=signatures)
    (directory / "file").write_text("el niño tiene\n" * 100)
    rows = "".join(f"w3 text {i}\t{i % 2}\n" for i in range(60))
    (directory / "train.tsv").write_text("sentence\tlabel\n" + rows)
    return directory


def refused(program: str, *flags: str, stdout: str = "") -> str:
    """The one line that a command says at its end."""
    done = commands.run(program, *flags, stdout=stdout)
    lines = done.stderr.splitlines()
    errors = [line for line in lines if line.startswith("error: ")]
    assert done.returncode == 1, done.stderr[-3000:]
    assert len(errors) == 1 and "Traceback" not in done.stderr, done.stderr[-3000:]
    return errors[0]


def full(path: pathlib.Path) -> pathlib.Path:
    """Lets a file be written to a full disk, while it has its temporary name."""
    path.with_name(path.name + ".tmp").symlink_to("/dev/full")
    return path


@pytest.fixture(scope="module")
def prepare(tmp_path_factory) -> list[str]:
    """Flags of prepare.py, without the output."""
    corpus = small.text(tmp_path_factory.mktemp("text"))
    return [f"--corpus={corpus}", "--vocab_size=500"]


def test_prepare_names_what_it_can_not_write(prepare, place, tmp_path):
    said = refused("prepare", *prepare, f"--output={place}/file/x")
    assert f"{place}/file/x: Not a directory: {NO_DIRECTORY}" in said
    flags = [*prepare, "--num_workers=1", f"--output={tmp_path}/data"]
    said = refused("prepare", *flags, f"--report={full(tmp_path / 'report')}")
    assert f"{tmp_path}/report.tmp: {DISK_FULL}" in said


def test_look_names_what_it_can_not_read_or_write(place, tmp_path):
    small.write(tmp_path / "data")
    (tmp_path / "data" / "train-00001.tfrecord").unlink()
    (tmp_path / "data" / "train-00001.tfrecord").mkdir()
    said = refused("look", f"--data={tmp_path}/data")
    assert f"{tmp_path}/data/train-00001.tfrecord" in said
    said = refused(
        "look", f"--data={place}/data", f"--output={full(tmp_path / 'look')}"
    )
    assert f"{tmp_path}/look.tmp: {DISK_FULL}" in said
    said = refused("look", f"--data={place}/data", stdout="/dev/full")
    assert said == f"error: {DISK_FULL}, or give another place, and run the same " + (
        "command again."
    )


def test_pretrain_names_a_working_directory_that_can_not_be(place):
    flags = [
        "--config=configs/mini.py",
        f"--config.data.directory={place}/data",
        "--config.data.max_seq_length=16",
        "--config.num_train_steps=5",
        "--config.peak_teraflops=1.0",
    ]
    said = refused("pretrain", *flags, f"--workdir={place}/file/x")
    assert f"{place}/file/x: Not a directory: {NO_DIRECTORY}" in said
    said = refused("pretrain", *flags, "--workdir=/sys/x")  # Read-only for all.
    assert "/sys/x: " in said
    said = refused("pretrain", *flags, "--workdir=s3://bucket/x")
    assert "scheme 's3' not implemented" in said and "give a local path" in said


@pytest.mark.parametrize("flag", ["--output", "--replacements"])
def test_evaluate_finds_a_place_that_cannot_be_written_to_at_once(flag, tmp_path):
    said = refused("evaluate", "--workdir=none", f"{flag}={tmp_path}")
    assert f"{flag}={tmp_path} is a directory: name a file in it" in said


def test_evaluate_names_a_full_disk(place, tmp_path):
    output = full(tmp_path / "eval.json")
    said = refused("evaluate", f"--workdir={place}/run", f"--output={output}")
    assert f"{output}.tmp: {DISK_FULL}" in said


def test_export_names_a_place_that_can_not_be(place):
    said = refused("export", f"--workdir={place}/run", f"--output={place}/file/x")
    assert f"{place}/file/x: Not a directory: {NO_DIRECTORY}" in said


def test_finetune_names_a_place_that_can_not_be(place):
    said = refused(
        "finetune",
        f"--model={place}/run",
        "--task=classification",
        f"--train={place}/train.tsv",
        "--config.max_seq_length=16",
        f"--output={place}/file/x",
    )
    assert f"{place}/file/x: Not a directory: {NO_DIRECTORY}" in said


def test_demo_names_a_model_that_was_cut_off(place, tmp_path):
    shutil.copytree(place / "export", tmp_path / "export")
    path = tmp_path / "export/saved_model"
    os.truncate(path / "variables/variables.index", 0)
    said = refused("demo", f"--model={tmp_path}/export", "--text=el ser")
    assert f"The SavedModel '{path}' can't be loaded" in said
    assert "run export.py again" in said


def test_the_traceback_is_a_flag_away():
    done = commands.run("look", "--data=s3://bucket/data", "--verbosity=1")
    assert done.returncode == 1
    assert "Traceback" in done.stderr and "UnimplementedError" in done.stderr


def test_a_reader_that_has_seen_enough_is_no_error(place, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    def head() -> None:
        with pipe.open() as reader:
            reader.readline()

    reader = threading.Thread(target=head)
    reader.start()
    # More than the pipe holds.
    done = commands.run(
        "look", f"--data={place}/data", "--examples=96", "--masked", stdout=str(pipe)
    )
    reader.join()
    assert done.returncode == 128 + signal.SIGPIPE
    for word in ("roken pipe", "BrokenPipe", "Traceback", "Exception ignored"):
        assert word not in done.stderr


def test_ctrl_c_ends_a_command_without_a_traceback(tmp_path):
    corpus = small.text(tmp_path / "text", megabytes=30)
    flags = [f"--corpus={corpus}", "--num_workers=1"]
    outputs = [str(tmp_path / name) for name in ("stdout", "stderr")]
    process = commands.start(
        "prepare",
        *flags,
        f"--output={tmp_path}/data",
        stdout=outputs[0],
        stderr=outputs[1],
    )
    commands.wait_for(tmp_path / "data/unfinished", process, outputs[1])
    os.kill(process.pid, signal.SIGINT)
    process.join(60)
    assert process.exitcode == 128 + signal.SIGINT
    assert "Traceback" not in pathlib.Path(outputs[1]).read_text()


def test_a_mistake_of_the_program_keeps_its_traceback():
    for make in (
        lambda: tf.constant([1, 2]) + tf.constant([1, 2, 3]),
        lambda: [][1],
        lambda: tf.constant("a") + 1,
    ):
        with pytest.raises(Exception) as raised:
            make()
        assert failures.explain(raised.value) is None, raised.value


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            lambda p: pathlib.Path(p, "none").read_text(),
            "{p}/none: No such file or directory: see to",
        ),
        (lambda p: pathlib.Path(p).write_text(""), "{p}: Is a directory: give a file."),
        (
            lambda p: pathlib.Path(p, "a" * 300).read_text(),
            "File name too long: give a shorter",
        ),
        (lambda p: os.rename(f"{p}/a", f"{p}/b"), "{p}/a and {p}/b: No such file"),
        (lambda p: tf.io.gfile.listdir(f"{p}/none"), "{p}/none: see to its path"),
        (lambda p: tf.io.gfile.GFile(p, "rb").read(), "{p}: Is a directory: give a"),
        (lambda p: tf.io.gfile.exists("gs://"), "bucket name: gs://: give another"),
        (lambda p: bytearray(2**62), "Memory is full: stop other programs"),
    ],
)
def test_an_error_names_the_file_and_the_cure(tmp_path, make, said):
    with pytest.raises(Exception) as raised:
        make(str(tmp_path))
    assert said.format(p=tmp_path) in failures.explain(raised.value)


def test_an_error_can_not_recolour_the_terminal(tmp_path):
    said = refused("look", f"--data={tmp_path}/\x1b[31m\u202ered")
    assert r"\x1b[31m\u202ered" in said
