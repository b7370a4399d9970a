"""What is taken out of the text before examples are made of it."""

import hashlib

from electra_tf.data import corpus
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

    def filter(self, data: bytes) -> tuple[bytes, Counts]:
        """A block without its duplicates, and what was dropped."""
        text, invalid = corpus.decode(data)
        counts = Counts(invalid_utf8=invalid)
        kept = []
        lines_dropped = documents_dropped = 0
        for lines in corpus.documents(text):
            new_lines = [line for line in lines if self._is_new(line)]
            lines_dropped += len(lines) - len(new_lines)
            documents_dropped += not new_lines
            kept.append("\n".join(new_lines))
        if lines_dropped:
            counts.lines_dropped["duplicate"] = lines_dropped
        if documents_dropped:
            counts.documents_dropped["only duplicate lines"] = documents_dropped
        return "\n\n".join(kept).encode(), counts

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
