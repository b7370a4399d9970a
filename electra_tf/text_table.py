"""Aligned columns for a terminal."""

from collections.abc import Sequence

from electra_tf.console import printable


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


def ratio(part: float, whole: float) -> float:
    """Their quotient; 0 of nothing."""
    return part / whole if whole else 0.0
