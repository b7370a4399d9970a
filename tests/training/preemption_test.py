"""Signals: the first one ends a run in order, the second one at once."""

import contextlib
import os
import pathlib
import pty
import signal
import subprocess
import sys
import time
from multiprocessing.connection import Connection

import pytest
import tensorflow as tf

from electra_tf.pretraining import loop
from electra_tf.pretraining.step import Step
from electra_tf.pretraining.workdir import Workdir
from electra_tf.training import preemption
from electra_tf.training.preemption import Preemption
from tests import commands, small
from tests.pretraining.loop_test import assert_same_run

ROOT = pathlib.Path(__file__).parents[2]


def default_strategy() -> tf.distribute.Strategy:
    return tf.distribute.get_strategy()


@pytest.mark.parametrize(
    "number, when", [(signal.SIGTERM, "train"), (signal.SIGINT, "__init__")]
)
def test_a_signal_saves_after_the_loop_and_the_run_resumes(
    tmp_path, monkeypatch, number, when
):
    """In a loop of steps, or before the first one."""
    data = small.write(tmp_path / "data")
    # The step at which it stops is one to evaluate, which the run then leaves behind.
    config = small.config(data, checkpoint_every=20, eval_every=5)
    whole, parts = Workdir(str(tmp_path / "whole")), Workdir(str(tmp_path / "parts"))
    loop.train(config, whole, default_strategy())

    method, handler = getattr(Step, when), signal.getsignal(number)

    def interrupted(self, *args, **kwargs):
        os.kill(os.getpid(), number)
        return method.__get__(self, Step)(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(Step, when, interrupted)
        result = loop.train(config, parts, default_strategy())
    assert result == loop.Result(5, None, number.name)
    assert (tmp_path / "parts" / "checkpoints" / "step-5.index").exists()
    assert not (tmp_path / "parts" / "lock").exists()
    assert loop.train(config, parts, default_strategy()).step == 20
    assert_same_run(parts, whole, config)
    assert signal.getsignal(number) is handler


SLEEPING = (
    "import signal, sys, time\n"
    "import tensorflow as tf\n"
    "from electra_tf.training.preemption import Preemption\n"
    "with Preemption(tf.distribute.get_strategy()) as preemption:\n"
    "    print('ready', flush=True)\n"
    # Like a device loop: the main thread sees no bytecode of its own.
    "    tf.py_function(lambda: None, [], [])\n"
    "    signal.pthread_sigmask(signal.SIG_BLOCK, [])\n"
    "    import ctypes\n"
    "    ctypes.CDLL(None).sleep(30)\n"
    "    ctypes.CDLL(None).sleep(30)\n"
)


def test_a_second_signal_leaves_at_once_from_within_a_loop():
    process = subprocess.Popen(
        [sys.executable, "-c", SLEEPING], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    assert process.poll() is None
    start = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait() == 128 + signal.SIGTERM
    assert time.monotonic() - start < 5


def test_other_signals_ask_for_nothing():
    before = signal.signal(signal.SIGALRM, lambda *_: None)
    with Preemption(default_strategy()) as asked:
        os.kill(os.getpid(), signal.SIGALRM)
        time.sleep(0.1)
        assert not asked.is_requested()
    signal.signal(signal.SIGALRM, before)


def wait_in_order(answers: Connection, ignored: tuple[int, ...]) -> None:
    """Says which signals come, as a run that goes on with saving would."""
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)
    with Preemption(default_strategy()) as asked:
        while True:
            answers.send(asked.name)
            time.sleep(0.05)


@contextlib.contextmanager
def waiting(*ignored: int):
    """A process that waits for signals, and a function that says what it noticed."""
    ours, theirs = commands.FORKED.Pipe(duplex=False)
    process = commands.FORKED.Process(target=wait_in_order, args=(theirs, ignored))
    process.start()
    theirs.close()

    def noticed() -> str:
        while ours.poll():
            ours.recv()
        return ours.recv()

    try:
        assert noticed() == ""
        yield process, noticed
    finally:
        process.kill()
        process.join()


def send(process, number: signal.Signals) -> None:
    os.kill(process.pid, number)
    time.sleep(0.3)


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2])
def test_an_announcement_that_comes_twice_does_not_end_a_save(number):
    with waiting() as (process, noticed):
        send(process, number)
        send(process, number)
        send(process, signal.SIGHUP)
        assert noticed() == number.name
        send(process, signal.SIGTERM)  # What was announced.
        assert noticed() == number.name
        os.kill(process.pid, signal.SIGTERM)
        process.join(10)
        assert process.exitcode == 128 + signal.SIGTERM


def test_nohup_keeps_a_run_alive():
    with waiting(signal.SIGHUP) as (process, noticed):
        send(process, signal.SIGHUP)
        assert noticed() == ""
        send(process, signal.SIGUSR1)
        assert noticed() == "SIGUSR1"


def flags_of_a_long_run(tmp_path: pathlib.Path) -> list[str]:
    data = small.write(tmp_path / "data")
    return [
        "--config=configs/mini.py",
        f"--config.data.directory={data}",
        "--config.data.max_seq_length=16",
        "--config.model.num_layers=1",
        "--config.num_train_steps=100000",
        "--config.steps_per_loop=10",
        "--config.log_every=10",
        "--config.eval_every=0",
        "--config.data.global_batch_size=4",
        "--config.jit_compile=OFF",
        f"--workdir={tmp_path / 'run'}",
    ]


def saved(tmp_path: pathlib.Path) -> bool:
    return any((tmp_path / "run" / "checkpoints").glob("step-*.index"))


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2])
def test_the_command_says_what_happened_and_exits_with_75(tmp_path, number):
    paths = [tmp_path / name for name in ("stdout", "stderr")]
    process = commands.start(
        "pretrain",
        *flags_of_a_long_run(tmp_path),
        stdout=str(paths[0]),
        stderr=str(paths[1]),
    )
    commands.wait_for(tmp_path / "run/metrics.jsonl", process, paths[1])
    assert not saved(tmp_path)
    os.kill(process.pid, number)
    process.join(120)
    output, errors = (path.read_text() for path in paths)
    assert process.exitcode == preemption.EXIT_CODE == 75, errors[-3000:]
    assert f"Stopped by {number.name} after step" in output
    assert f"{number.name}: finishing this loop of steps and saving" in errors
    assert saved(tmp_path)


@pytest.mark.slow
def test_a_terminal_that_is_closed_ends_a_run_in_order(tmp_path):
    """The kernel sends SIGHUP then, and nothing can be printed any more."""
    command = [sys.executable, "pretrain.py", *flags_of_a_long_run(tmp_path)]
    child, terminal = pty.fork()
    if not child:
        os.chdir(ROOT)
        os.execv(sys.executable, command)
    shown = b""
    while not (tmp_path / "run" / "metrics.jsonl").exists():
        shown += os.read(terminal, 65536)
    assert not saved(tmp_path), shown
    os.close(terminal)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == preemption.EXIT_CODE, shown
    assert saved(tmp_path)
