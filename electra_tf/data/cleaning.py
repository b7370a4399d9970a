"""What is taken out of the text before examples are made of it."""

import dataclasses
import hashlib
import itertools
from collections.abc import Container, Sequence

from electra_tf.data import formats
from electra_tf.data.formats import Block, Document
from electra_tf.data.manifest import Counts

MIN_DUPLICATE_CHARACTERS = 20
"""Shorter lines ("Sí.", a heading) may stand more than once."""


class DuplicateLines:
    """Removes lines that have been seen before, white space aside.

    Keeps 8 bytes of hash per distinct line, which is about 80 bytes of memory in a
    Python set: 8 GB for 100 million lines. Two different lines are taken for one with
    a probability of 3e-4 in 100 million.
    """

    def __init__(self):
        self._seen: set[int] = set()

    def mark(self, block: Block) -> Block:
        """A block that says which of its lines are duplicates."""
        lines = [line for document in formats.read(block)[0] for line in document.lines]
        seen = [number for number, line in enumerate(lines) if not self._is_new(line)]
        return dataclasses.replace(block, duplicates=frozenset(seen))

    def _is_new(self, line: str) -> bool:
        line = " ".join(line.split())
        if len(line) < MIN_DUPLICATE_CHARACTERS:
            return True
        digest = hashlib.blake2b(line.encode(), digest_size=8).digest()
        number = int.from_bytes(digest, "little")
        if number in self._seen:
            return False
        self._seen.add(number)
        return True


def without_duplicates(
    documents: Sequence[Document], duplicates: Container[int], counts: Counts
) -> list[Document]:
    """Documents without the lines that a block's marks name; counts what is dropped."""
    kept = []
    numbers = itertools.count()
    for document in documents:
        lines = [line for line in document.lines if next(numbers) not in duplicates]
        if dropped := len(document.lines) - len(lines):
            counts.drop_lines("duplicate", dropped)
        if lines:
            kept.append(Document(lines, document.metadata))
    if len(kept) < len(documents):
        counts.drop("only duplicate lines", len(documents) - len(kept))
    return kept
