"""One process at a time in a directory."""

import contextlib
import datetime
import fcntl
import json
import os
import re
import socket
from collections.abc import Iterator
from typing import TextIO

from absl import logging

LOCK_NAME = "lock"
"""In the directory, with the host and the process id of the holder."""


@contextlib.contextmanager
def exclusive(directory: str) -> Iterator[None]:
    """Holds the directory, which is made where there is none.

    The lock is the kernel's: it ends with the process, however that ends, so that a
    file that was left behind locks nothing. A directory in a bucket has no locks.

    Raises:
        ValueError: another process holds it; names host and process id.
    """
    if re.match(r"\w+://", directory):
        logging.warning(
            "%s is not on a file system with locks: make sure that no other process "
            "writes there",
            directory,
        )
        yield
        return
    is_new = not os.path.exists(directory)
    os.makedirs(directory, exist_ok=True)
    path = os.path.join(directory, LOCK_NAME)
    with _open_locked(path) as file:
        if holder := file.read():
            logging.info(
                "%s was held by %s, which ended without giving it back",
                directory,
                _describe(holder),
            )
        file.truncate(0)
        file.write(_ourselves())
        file.flush()
        try:
            yield
        finally:
            os.remove(path)
            if is_new and not os.listdir(directory):
                os.rmdir(directory)


def _open_locked(path: str) -> TextIO:
    while True:
        file = open(path, "a+", encoding="utf-8")  # noqa: SIM115
        file.seek(0)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(file.fileno()), os.stat(path)):
                return file
        except FileNotFoundError:
            pass  # As below.
        except BlockingIOError:
            holder = file.read()
            file.close()
            raise ValueError(
                f"{os.path.dirname(path)!r} is in use by {_describe(holder)}: let it "
                "end, stop it, or choose another directory."
            ) from None
        # The holder removed the file after it was opened here: this lock is of a file
        # that nobody else will find.
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
