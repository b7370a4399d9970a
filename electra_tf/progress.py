"""A progress line for a terminal or a log."""

import sys
import time
from typing import TextIO

from electra_tf.quantities import duration


class Progress:
    """Shows share, rate and remaining time of a pass over data of known size."""

    def __init__(
        self,
        total: int,
        stream: TextIO | None = None,
        unit: str = "MB",
        what: str = "MB of text",
        start: int = 0,
    ):
        """Starts the clock.

        Args:
            total: amount to read, e.g. in bytes as stored.
            stream: output; standard error by default. On a terminal the line is
                overwritten twice a second; elsewhere a new one follows every 10 s.
            unit: unit of the rate, a million of what is done.
            what: the unit and what it measures.
            start: amount that was read before.
        """
        self._total, self._first = total, start
        self._unit, self._what = unit, what
        self._stream = stream or sys.stderr
        self._in_place = self._stream.isatty()
        self._interval_seconds = 0.5 if self._in_place else 10.0
        self._start = self._last = time.monotonic()
        self._width = 0

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._start

    def update(self, position: int, done: int) -> None:
        """Shows the line if it is time.

        Args:
            position: amount of the total that has been read.
            done: amount of output, e.g. bytes of text in examples.
        """
        now = time.monotonic()
        if now - self._last >= self._interval_seconds:
            self._last = now
            self._write(self._line(position, done))

    def close(self) -> None:
        """Ends the line on a terminal."""
        if self._in_place and self._width:
            self._stream.write("\n")

    def _line(self, position: int, done: int) -> str:
        share = min(1.0, position / max(1, self._total))
        rate = done / 1e6 / self.seconds
        read = position - self._first
        left = self.seconds * (self._total - position) / read if read > 0 else 0.0
        return (
            f"{share:4.0%}  {done / 1e6:,.0f} {self._what} at {rate:.1f} "
            f"{self._unit}/s, {duration(max(0.0, left))} left"
        )

    def _write(self, line: str) -> None:
        if self._in_place:
            self._stream.write("\r" + line.ljust(self._width))
            self._width = len(line)
        else:
            self._stream.write(line + "\n")
        self._stream.flush()
