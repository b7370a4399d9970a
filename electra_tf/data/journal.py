"""Files that only grow, and a note of how far they are whole.

What a killed build continues from. Data is held back until a commit, which writes it
and then, under a temporary name that is renamed, the note: the bytes and the checksum
of every file, and the state of who writes them. What a file holds beyond the note when
it is opened again was written by a commit that did not end, and is cut off.
"""

import dataclasses
import hashlib
import os
import time
from typing import Any

from electra_tf import files

NAME = "journal.json"
BUFFER_BYTES = 32_000_000
"""Of all files together, held back at most."""
COMMIT_SECONDS = 3.0
"""Between two commits: what a killed build does again, at most."""
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
    """As of the last commit; None before the first."""

    def __init__(self, directory: str):
        """Opens, and cuts back to the last commit.

        Raises:
            ValueError: a file isn't what the note says.
        """
        self._directory = directory
        self._files: dict[str, _File] = {}
        self._buffered = 0
        self._committed = time.monotonic()
        self.state = None
        os.makedirs(directory, exist_ok=True)
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
        return time.monotonic() - self._committed >= COMMIT_SECONDS

    def append(self, name: str, data: bytes) -> None:
        """Puts data at the end of a file, which it makes if there is none."""
        if name not in self._files:
            self._files[name] = _File(os.path.join(self._directory, name))
        self._files[name].append(data)
        self._buffered += len(data)
        if self._buffered > BUFFER_BYTES:
            self._flush()

    def commit(self, state: dict[str, Any]) -> None:
        """Writes what was held back, and notes that everything up to here is whole."""
        self._flush()
        described = {
            name: _Described(file.bytes, file.sha256)
            for name, file in self._files.items()
        }
        note = dataclasses.asdict(_Note(state, described))
        files.write_json(os.path.join(self._directory, NAME), note)
        self.state = state
        self._committed = time.monotonic()

    def described(self, name: str) -> tuple[int, str]:
        """Bytes and checksum of a file; the data held back included."""
        return self._files[name].bytes, self._files[name].sha256

    def _flush(self) -> None:
        for file in self._files.values():
            file.flush()
        self._buffered = 0


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

    def flush(self) -> None:
        # Opened for each flush: a large build has more files than a process may open.
        if self._pieces:
            with open(self._path, "ab") as file:
                file.writelines(self._pieces)
            self._pieces.clear()

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
