"""Finds duplicate documents and lines of a corpus on one machine.

The survey is kept on disk: the hash and the order of each line, document and band of a
document, 16 bytes each. Equal hashes are brought together a part at a time, so that
memory doesn't grow with the corpus. In the order, held-out text comes before training
text, and what was read earlier comes first; of equal ones the first is kept. So nothing
that is held out is also trained on.

Shape letters: N rows, D documents, L lines.
"""

import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from electra_tf import files
from electra_tf.build.config import DeduplicationConfig
from electra_tf.build.journal import Journal
from electra_tf.build.stages import DUPLICATE, KEPT, NEAR_DUPLICATE, Marks
from electra_tf.build.survey import BlockSurvey
from electra_tf.corpus import minhash

PARTS = 64
"""Number of files for the rows of one kind, spread by their hashes."""
MAX_ROWS = 2_000_000
"""Most rows in memory; with what sorting takes, about 200 MB."""
_ROW = np.dtype([("hash", np.uint64), ("order", np.uint64)])
_TRAIN = np.uint64(1 << 63)
"""Added to the order of training text, so that held-out text comes first."""
_CHUNK = 1_000_000


class SurveyWriter:
    """Appends the surveys of blocks to the files of a journal."""

    def __init__(self, journal: Journal):
        """Continues from the journal's state, where it has one."""
        self._journal = journal
        counts = (journal.state or {}).get("counts", [0, 0])
        self._documents, self._lines = counts

    def state(self) -> dict[str, Any]:
        """What another writer needs to continue."""
        return {"counts": [self._documents, self._lines]}

    def append(self, survey: BlockSurvey) -> int:
        """Appends the survey of the next block; returns the block's bytes."""
        count = len(survey.is_train_D)
        train_D = np.where(survey.is_train_D, _TRAIN, np.uint64(0))
        order_D = np.arange(self._documents, self._documents + count, dtype=np.uint64)
        order_D |= train_D
        self._spill("documents", survey.document_hashes_D, order_D)
        bands = survey.bands_DB.shape[1]
        self._spill("bands", survey.bands_DB.ravel(), order_D.repeat(bands))
        lines = int(survey.num_lines_D.sum())
        if len(survey.line_hashes_L):
            order_L = np.arange(self._lines, self._lines + lines, dtype=np.uint64)
            order_L |= train_D.repeat(survey.num_lines_D)
            long = survey.line_hashes_L != 0
            self._spill("lines", survey.line_hashes_L[long], order_L[long])
        self._journal.append("signatures", survey.signatures_DP.tobytes())
        self._journal.append("num_lines", survey.num_lines_D.tobytes())
        self._journal.append("blocks", np.array([count, lines], np.int64).tobytes())
        self._documents += count
        self._lines += lines
        return survey.text_bytes

    def _spill(self, kind: str, hashes_N: np.ndarray, orders_N: np.ndarray) -> None:
        rows_N = np.empty(len(hashes_N), _ROW)
        rows_N["hash"], rows_N["order"] = hashes_N, orders_N
        parts_N = (hashes_N % np.uint64(PARTS)).astype(np.uint8)
        rows_N = rows_N[np.argsort(parts_N, kind="stable")]
        ends = np.cumsum(np.bincount(parts_N, minlength=PARTS))
        for part, rows in enumerate(np.split(rows_N, ends[:-1])):
            if len(rows):
                self._journal.append(f"{kind}-{part:02}", rows.tobytes())


def resolve(directory: str, rules: DeduplicationConfig) -> None:
    """Decides which of the surveyed documents and lines are duplicates.

    Writes `document_marks` and `line_marks` to the directory, a byte for each.

    Args:
        directory: that of a journal which SurveyWriter wrote.
        rules: what counts as a duplicate.
    """
    num_lines_D = _mapped(directory, "num_lines", np.int32)
    marks_D = _new(directory, "document_marks", len(num_lines_D))
    if rules.documents:
        for rows_N in _groups(directory, "documents"):
            marks_D[_repeats(rows_N)] = DUPLICATE
    if rules.near_documents:
        _mark_near(directory, rules.near_documents, marks_D)
    marks_L = _new(directory, "line_marks", int(num_lines_D.sum(dtype=np.int64)))
    if rules.lines:
        # A line of a document that is dropped is no reason to drop it elsewhere.
        end = 0
        for start_D in range(0, len(num_lines_D), _CHUNK):
            chunk = slice(start_D, start_D + _CHUNK)
            dropped_L = (marks_D[chunk] != KEPT).repeat(num_lines_D[chunk])
            marks_L[end : end + len(dropped_L)] = dropped_L
            end += len(dropped_L)
        for rows_N in _groups(directory, "lines"):
            kept_N = marks_L[_index(rows_N)] == 0
            marks_L[_repeats(rows_N[kept_N])] = True
    for name, marks in (("document_marks", marks_D), ("line_marks", marks_L)):
        if isinstance(marks, np.memmap):
            marks.flush()
        files.sync(os.path.join(directory, name))


def read_marks(directory: str) -> Iterator[Marks]:
    """Yields the decisions of `resolve`, block by block in the order of reading."""
    marks_D = _mapped(directory, "document_marks", np.uint8)
    marks_L = _mapped(directory, "line_marks", bool)
    document = line = 0
    for documents, lines in _mapped(directory, "blocks", np.int64).reshape(-1, 2):
        yield Marks(
            np.array(marks_D[document : document + documents]),
            np.array(marks_L[line : line + lines]),
        )
        document += documents
        line += lines


def _mark_near(directory: str, threshold: float, marks_D: np.ndarray) -> None:
    """Marks documents that resemble an earlier one of those that share a band."""
    signatures_DP = _mapped(directory, "signatures", np.uint32)
    signatures_DP = signatures_DP.reshape(len(marks_D), -1)
    exact_D = marks_D == DUPLICATE
    for rows_N in _groups(directory, "bands"):
        rows_N = rows_N[~exact_D[_index(rows_N)]]
        later, earlier = minhash.pairs(rows_N["hash"], rows_N["order"])
        later, earlier = later & ~_TRAIN, earlier & ~_TRAIN
        near_N = minhash.are_near(signatures_DP, later, earlier, threshold)
        marks_D[later[near_N]] = NEAR_DUPLICATE


def _groups(directory: str, kind: str) -> Iterator[np.ndarray]:
    """Yields all rows of a kind; rows with equal hashes come in the same array."""
    for part in range(PARTS):
        name = f"{kind}-{part:02}"
        if not os.path.exists(os.path.join(directory, name)):
            continue
        rows_N = _mapped(directory, name, _ROW)
        turns = -(-len(rows_N) // MAX_ROWS)
        for turn in range(turns):
            chosen = []
            for start in range(0, len(rows_N), _CHUNK):
                chunk_N = rows_N[start : start + _CHUNK]
                high_N = chunk_N["hash"] // np.uint64(PARTS)
                chosen.append(chunk_N[high_N % np.uint64(turns) == turn])
            yield np.concatenate(chosen)


def _repeats(rows_N: np.ndarray) -> np.ndarray:
    """Indices of rows that have the hash of another one with a lower order."""
    rows_N = rows_N[np.lexsort([rows_N["order"], rows_N["hash"]])]
    same_N = rows_N["hash"][1:] == rows_N["hash"][:-1]
    return _index(rows_N[1:][same_N])


def _index(rows_N: np.ndarray) -> np.ndarray:
    return (rows_N["order"] & ~_TRAIN).astype(np.int64)


def _mapped(directory: str, name: str, kind: np.typing.DTypeLike) -> np.ndarray:
    path = os.path.join(directory, name)
    if not os.path.exists(path) or not os.path.getsize(path):  # Can't be mapped.
        return np.zeros(0, kind)
    return np.memmap(path, kind, "r")


def _new(directory: str, name: str, count: int) -> np.ndarray:
    """Makes a file of zero bytes, and maps it."""
    path = os.path.join(directory, name)
    with open(path, "wb") as file:
        file.truncate(count)
    return np.memmap(path, np.uint8, "r+") if count else np.zeros(0, np.uint8)
