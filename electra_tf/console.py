"""What a terminal may be sent: text that others wrote, made harmless.

And what becomes of it when nobody reads any more.
"""

import os
import select
import sys
import unicodedata
from collections.abc import Sequence
from typing import TextIO

_OBEYED = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
"""Unicode's categories of characters that a terminal obeys instead of showing them."""


def printable(text: str, keep: str = "") -> str:
    r"""Escapes what a terminal would obey, so that the text can only be looked at.

    Pieces of a vocabulary, labels and lines of files come from strangers. A control
    character among them can recolour or overwrite what else is on the screen, a bidi
    control turns the order of letters around, a zero-width character is not seen, and
    half of a surrogate pair can't be printed at all. They become Python's escapes, such
    as \x1b or \u202e. A backslash stays as it is.

    Args:
        text: anything.
        keep: characters that are to stay, such as the newlines of a table.
    """
    if text.isprintable():
        return text
    return "".join(
        character.encode("unicode_escape").decode()
        if unicodedata.category(character) in _OBEYED and character not in keep
        else character
        for character in text
    )


def markdown(text: str) -> str:
    """The text as it is in Markdown, a cell of a table included, and harmless."""
    escaped = "".join(
        "\\" + character if character in "\\`*_{}[]()>#+-.!|" else character
        for character in printable(text)
    )
    return escaped.replace("&", "&amp;").replace("<", "&lt;")


def aligned(rows: Sequence[Sequence[str]], sides: str) -> str:
    """Rows of cells → lines, with what a terminal would obey escaped.

    Args:
        rows: of as many cells each; their text may come from a stranger's file.
        sides: a letter per column, "l" or "r"; the last is that of all that follow.
    """
    rows = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    sides = sides.ljust(len(widths), sides[-1])
    return "\n".join(
        "  ".join(
            f"{cell:{'<' if side == 'l' else '>'}{width}}"
            for cell, side, width in zip(row, sides, widths, strict=True)
        ).rstrip()
        for row in rows
    )


def is_unread(stream: TextIO) -> bool:
    """Whether a stream is a terminal that was closed, or a pipe without a reader."""
    poll = select.poll()
    poll.register(stream, select.POLLOUT)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))


def silence(stream: TextIO) -> None:
    """Lets a stream take whatever is written, which is lost."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def silence_if_unread() -> None:
    """Lets what is still to be said get lost, rather than fail, where nobody reads."""
    for stream in (sys.stdout, sys.stderr):
        if is_unread(stream):
            silence(stream)
