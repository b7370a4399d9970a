"""A progress line for the person at the terminal, or for a log."""

import sys
import time
from typing import TextIO


class Progress:
    """Share done, rate and time left of a pass over something of known size."""

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
            total: to be read, e.g. in bytes as stored.
            stream: where the line goes; standard error by default. On a terminal it is
                overwritten twice a second, else a new one follows every 10 seconds.
            unit: of the rate, a million of what is done.
            what: the same with its name.
            start: how much of the total was read before the clock starts.
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
        """Since the start."""
        return time.monotonic() - self._start

    def update(self, position: int, done: int) -> None:
        """Shows the line if it is time.

        Args:
            position: how much of the total has been read.
            done: what was made of it, e.g. bytes of text made into examples.
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
        left = max(0.0, left)
        minutes, seconds = divmod(round(left), 60)
        return (
            f"{share:4.0%}  {done / 1e6:,.0f} {self._what} at {rate:.1f} "
            f"{self._unit}/s, {minutes}:{seconds:02} left"
        )

    def _write(self, line: str) -> None:
        if self._in_place:
            self._stream.write("\r" + line.ljust(self._width))
            self._width = len(line)
        else:
            self._stream.write(line + "\n")
        self._stream.flush()
