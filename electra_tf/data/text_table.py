"""Aligned columns for a terminal."""

from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]], sides: str) -> str:
    """Rows of cells → lines.

    Args:
        rows: of as many cells each.
        sides: a letter per column, "l" or "r"; the last is that of all that follow.
    """
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
