"""One process at a time, and no lock that outlives its process."""

import os
import pathlib
import signal
import subprocess
import sys

import pytest

from electra_tf import lock

ROOT = pathlib.Path(__file__).parent.parent
HOLD = (
    "import sys, time\n"
    "from electra_tf import lock\n"
    "with lock.exclusive(sys.argv[1]):\n"
    "    print('held', flush=True)\n"
    "    time.sleep(60)\n"
)


def hold(directory: pathlib.Path) -> subprocess.Popen:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(directory)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_process_is_told_who_holds_the_directory(tmp_path):
    holder = hold(tmp_path / "run")
    with (
        pytest.raises(
            ValueError, match=rf"in use by process {holder.pid} on \S+ \(since"
        ),
        lock.exclusive(str(tmp_path / "run")),
    ):
        pass
    holder.kill()
    holder.wait()


def test_the_lock_of_a_killed_process_holds_nobody_up(tmp_path, caplog):
    holder = hold(tmp_path)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert str(holder.pid) in (tmp_path / "lock").read_text()
    with lock.exclusive(str(tmp_path)):
        assert f'"pid": {os.getpid()}' in (tmp_path / "lock").read_text()
    assert not (tmp_path / "lock").exists()


def test_nothing_is_left_of_a_directory_that_was_made_for_nothing(tmp_path):
    with pytest.raises(RuntimeError), lock.exclusive(str(tmp_path / "new")):
        raise RuntimeError
    assert not (tmp_path / "new").exists()


def test_a_lock_that_is_held_is_not_taken_twice_in_a_process(tmp_path):
    with (
        lock.exclusive(str(tmp_path)),
        pytest.raises(ValueError, match="in use by process"),
        lock.exclusive(str(tmp_path)),
    ):
        pass


def test_a_lock_whose_file_was_deleted_is_taken_anew(tmp_path):
    with lock.exclusive(str(tmp_path)) as held:
        (tmp_path / "lock").unlink()
        held.check()
        assert (tmp_path / "lock").exists()
        with pytest.raises(ValueError, match="in use"), lock.exclusive(str(tmp_path)):
            pass
    assert not (tmp_path / "lock").exists()


def test_a_process_that_took_the_place_meanwhile_is_noticed_and_keeps_its_lock(
    tmp_path,
):
    with (
        pytest.raises(ValueError, match="in use by process"),
        lock.exclusive(str(tmp_path)) as held,
    ):
        (tmp_path / "lock").unlink()
        with lock.exclusive(str(tmp_path)):
            with pytest.raises(ValueError, match="in use by process"):
                held.check()
            theirs = (tmp_path / "lock").stat().st_ino
            try:
                held.check()
            finally:
                held.release()
                assert (tmp_path / "lock").stat().st_ino == theirs
