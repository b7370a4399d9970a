"""Rules of length: of lines and of documents."""

import dataclasses

from electra_tf.corpus.cleaning.rule import below


@dataclasses.dataclass(frozen=True)
class LineFilter:
    """A rule that drops short lines."""

    name: str

    def size(self, line: str) -> int:
        """Length of a line without blanks at its ends."""
        return len(line.strip())


LINE_FILTER = LineFilter("min_line_characters")
FILTERS = (below("min_document_characters", lambda text: len(text.joined)),)
