"""Locks that keep other processes out of a directory."""

import contextlib
import datetime
import fcntl
import json
import os
import socket
from collections.abc import Iterator
from typing import TextIO

from absl import logging

from electra_tf import files

LOCK_NAME = "lock"
"""File in the directory that names the host and process id of the holder."""


class Lock:
    """This process's right to write in a directory.

    It is a lock of the kernel, which ends with the process in any case: a file that was
    left behind locks nothing. A directory in a bucket has no locks.
    """

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._path = os.path.join(directory, LOCK_NAME)
        self._file: TextIO | None = None

    def take(self) -> None:
        """Takes the lock.

        Raises:
            ValueError: another process holds it; names host and process id.
        """
        self._file = _open_locked(self._path)
        if holder := self._file.read():
            logging.info(
                "%s was held by %s, which ended without releasing it",
                self._directory,
                _describe(holder),
            )
        self._file.truncate(0)
        self._file.write(_ourselves())
        self._file.flush()

    def check(self) -> None:
        """Checks that the lock is still held; call it before each save.

        If the file was deleted, the lock is taken again.

        Raises:
            ValueError: another process has locked the directory in the meantime.
        """
        if self._file is None or self._is_ours():
            return
        logging.warning("%s was deleted while this process held it", self._path)
        self._file.close()
        self.take()

    def release(self) -> None:
        """Releases the lock, and removes the file if it is still this process's."""
        if self._file is not None:
            if self._is_ours():
                os.remove(self._path)
            self._file.close()

    def _is_ours(self) -> bool:
        assert self._file is not None
        try:
            there = os.stat(self._path)
        except FileNotFoundError:
            return False
        return not self._file.closed and os.path.samestat(
            os.fstat(self._file.fileno()), there
        )


@contextlib.contextmanager
def exclusive(directory: str) -> Iterator[Lock]:
    """Locks a directory, which is made if it does not exist.

    Raises:
        ValueError: another process holds it; names host and process id.
    """
    lock = Lock(directory)
    if files.is_remote(directory):
        logging.warning(
            "%s is not on a file system with locks: make sure that no other process "
            "writes there",
            directory,
        )
        yield lock
        return
    is_new = not os.path.exists(directory)
    files.make_directory(directory)
    try:
        lock.take()
        yield lock
    finally:
        lock.release()
        if is_new:
            files.remove_if_empty(directory)


def _open_locked(path: str) -> TextIO:
    while True:
        file = open(path, "a+", encoding="utf-8")  # noqa: SIM115
        file.seek(0)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(file.fileno()), os.stat(path)):
                return file
        except FileNotFoundError:
            pass  # The holder removed the file: see below.
        except BlockingIOError:
            holder = file.read()
            file.close()
            raise ValueError(
                f"{os.path.dirname(path)!r} is in use by {_describe(holder)}: let it "
                "end, stop it, or choose another directory."
            ) from None
        # The holder removed the file after it was opened here: a lock on it is useless,
        # because no other process will find it.
        file.close()


def _ourselves() -> str:
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return json.dumps({"host": socket.gethostname(), "pid": os.getpid(), "since": now})


def _describe(holder: str) -> str:
    try:
        values = json.loads(holder)
        return f"process {values['pid']} on {values['host']} (since {values['since']})"
    except (ValueError, KeyError, TypeError):
        return "another process"
