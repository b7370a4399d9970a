"""Numbers that are computed or written in one way everywhere."""


def ratio(part: float, whole: float) -> float:
    """The quotient of two numbers; 0 if the divisor is 0."""
    return float(part / whole) if whole else 0.0


def duration(seconds: float) -> str:
    """Seconds as h:mm:ss, or from two days on as days and hours."""
    minutes, seconds = divmod(round(seconds), 60)
    if minutes >= 2 * 24 * 60:
        return f"{minutes // 1440:,} days {minutes % 1440 // 60} h"
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


def megabytes(count: float) -> str:
    """Bytes as text in megabytes."""
    return f"{count / 1e6:,.1f} MB"
