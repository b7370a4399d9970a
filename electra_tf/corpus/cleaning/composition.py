"""Filters by what a text consists of: letters, signs of code, short lines."""

from electra_tf.corpus.cleaning.config import CODE_CHARACTERS, SHORT_LINE_WORDS
from electra_tf.corpus.cleaning.rule import DocumentText, above, below

_LETTERS = bytes(byte for byte in range(256) if byte >= 128 or chr(byte).isalpha())
_CODE = CODE_CHARACTERS.encode()


def _short_line_ratio(text: DocumentText) -> float:
    short = sum(
        len(line.split(None, SHORT_LINE_WORDS)) < SHORT_LINE_WORDS
        for line in text.lines
    )
    return short / len(text.lines)


FILTERS = (
    below("min_letter_ratio", lambda text: text.share(_LETTERS)),
    above("max_code_ratio", lambda text: text.share(_CODE)),
    above("max_short_line_ratio", _short_line_ratio),
)
