"""Output for a terminal: escaped text, tables, and streams that lost their reader."""

import contextlib
import os
import select
import sys
import tempfile
import unicodedata
from collections.abc import Iterator, Sequence
from typing import TextIO

_OBEYED = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
"""Unicode categories of characters that control a terminal instead of being shown."""


def printable(text: str, keep: str = "") -> str:
    r"""Escapes characters that control a terminal, so that text is safe to print.

    Vocabularies, labels and lines of files are untrusted. Control characters in them
    can recolour or overwrite the screen, bidi controls reverse the order of letters,
    zero-width characters are invisible, and unpaired surrogates can't be printed. They
    become Python escapes, such as \x1b or \u202e. A backslash stays as it is.

    Args:
        text: any text.
        keep: characters to leave alone, such as the newlines of a table.
    """
    if text.isprintable():
        return text
    return "".join(
        character.encode("unicode_escape").decode()
        if unicodedata.category(character) in _OBEYED and character not in keep
        else character
        for character in text
    )


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Drops what code without Python's streams writes to standard error.

    If the block raises an exception, what was written is shown after all.
    """
    sys.stderr.flush()
    with tempfile.TemporaryFile() as written:
        kept = os.dup(2)
        os.dup2(written.fileno(), 2)
        try:
            yield
        except BaseException:
            written.seek(0)
            os.write(kept, written.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def markdown(text: str) -> str:
    """Escapes text for Markdown, cells of tables included."""
    escaped = "".join(
        "\\" + character if character in "\\`*_{}[]()>#+-.!|" else character
        for character in printable(text)
    )
    return escaped.replace("&", "&amp;").replace("<", "&lt;")


def aligned(rows: Sequence[Sequence[str]], sides: str) -> str:
    """Formats rows as lines with aligned columns; control characters are escaped.

    Args:
        rows: cells; all rows have the same number.
        sides: "l" or "r" per column; the last letter holds for all further columns.
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
    """Whether a stream is a closed terminal or a pipe without a reader."""
    poll = select.poll()
    poll.register(stream, select.POLLOUT)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))


def silence(stream: TextIO) -> None:
    """Redirects a stream to /dev/null."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def silence_if_unread() -> None:
    """Redirects stdout and stderr to /dev/null if they have lost their reader."""
    for stream in (sys.stdout, sys.stderr):
        if is_unread(stream):
            silence(stream)
