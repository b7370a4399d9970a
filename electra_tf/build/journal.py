"""Append-only files, and a note of how far they are whole: a killed build continues.

Data is buffered until a commit, which writes and syncs it, and then replaces the note:
size and checksum of every file, and the writer's state. What a file holds beyond the
note when it is opened again was written by a commit that did not end, and is cut off.
"""

import dataclasses
import hashlib
import os
import time
from collections.abc import Callable
from concurrent import futures
from typing import Any

from electra_tf import files

NAME = "journal.json"
BUFFER_BYTES = 32_000_000
"""Most bytes in the buffers of all files together."""
COMMIT_SECONDS = 3.0
"""Least time between two commits, and so the work that a killed build repeats."""
COMMIT_SHARE = 0.05
"""Largest share of the time for commits; on a slow disk they are fewer."""
SYNCS_AT_ONCE = 16
"""Number of concurrent syncs; the file system writes its journal once for all."""
_READ_BYTES = 1_000_000


@dataclasses.dataclass
class _Described:
    bytes: int
    sha256: str


@dataclasses.dataclass
class _Note:
    state: dict[str, Any]
    files: dict[str, _Described]


class Journal:
    """Append-only files in a local directory."""

    state: dict[str, Any] | None
    """The writer's state at the last commit; None before the first."""

    def __init__(self, directory: str, check: Callable[[], None] | None = None):
        """Opens the files, and cuts them back to the last commit.

        Args:
            directory: is made if it does not exist.
            check: is called before each commit, and raises to forbid it.

        Raises:
            ValueError: a file does not match the note.
        """
        self._directory = directory
        self._check = check
        self._files: dict[str, _File] = {}
        self._buffered = 0
        self._unsynced: set[str] = set()
        self._due = time.monotonic() + COMMIT_SECONDS
        self.state = None
        files.make_directory(directory)
        note = os.path.join(directory, NAME)
        if os.path.exists(note):
            recorded = files.read_json(note, _Note)
            self.state = recorded.state
            for name, file in recorded.files.items():
                path = os.path.join(directory, name)
                self._files[name] = _File(path, file.bytes, file.sha256)

    @property
    def is_due(self) -> bool:
        """Whether it is time for a commit."""
        return time.monotonic() >= self._due

    def append(self, name: str, data: bytes) -> None:
        """Appends to a file; makes it if it does not exist."""
        if name not in self._files:
            self._files[name] = _File(os.path.join(self._directory, name))
        self._files[name].append(data)
        self._buffered += len(data)
        if self._buffered > BUFFER_BYTES:
            self._flush()

    def commit(self, state: dict[str, Any]) -> None:
        """Makes everything appended so far durable, and the writer's state with it."""
        start = time.monotonic()
        if self._check is not None:
            self._check()
        self._flush()
        self._sync()
        described = {
            name: _Described(file.bytes, file.sha256)
            for name, file in self._files.items()
        }
        note = dataclasses.asdict(_Note(state, described))
        files.write_json(os.path.join(self._directory, NAME), note)
        self.state = state
        end = time.monotonic()
        self._due = end + max(COMMIT_SECONDS, (end - start) / COMMIT_SHARE)

    def _flush(self) -> None:
        for name, file in self._files.items():
            if file.flush():
                self._unsynced.add(name)
        self._buffered = 0

    def _sync(self) -> None:
        paths = [os.path.join(self._directory, name) for name in self._unsynced]
        with futures.ThreadPoolExecutor(SYNCS_AT_ONCE) as pool:
            list(pool.map(files.sync, paths))
        files.sync(self._directory)
        self._unsynced.clear()


class _File:
    def __init__(self, path: str, size: int = 0, sha256: str = ""):
        self._path = path
        self._hash = hashlib.sha256()
        self._pieces: list[bytes] = []
        self.bytes = size
        if not sha256:
            with open(path, "wb"):
                return
        self._verify(sha256)
        os.truncate(path, size)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def append(self, data: bytes) -> None:
        self._pieces.append(data)
        self._hash.update(data)
        self.bytes += len(data)

    def flush(self) -> bool:
        """Writes the buffer; returns whether there was anything in it."""
        if not self._pieces:
            return False
        # Opened for each flush: a large build has more files than a process may open.
        with open(self._path, "ab") as file:
            file.writelines(self._pieces)
        self._pieces.clear()
        return True

    def _verify(self, sha256: str) -> None:
        left = self.bytes
        if os.path.exists(self._path):
            with open(self._path, "rb") as file:
                while piece := file.read(min(left, _READ_BYTES)):
                    self._hash.update(piece)
                    left -= len(piece)
        if left or self.sha256 != sha256:
            what = f"lacks {left:,} bytes" if left else "has other bytes"
            raise ValueError(
                f"{self._path} {what}: it isn't what the unfinished build wrote. "
                f"Delete {os.path.dirname(self._path)} to begin again."
            )
