"""A progress line for the person at the terminal, or for a log."""

import sys
import time
from typing import TextIO


class Progress:
    """Share done, rate and time left of a pass over sources of known size."""

    def __init__(self, total_bytes: int, stream: TextIO | None = None):
        """Starts the clock.

        Args:
            total_bytes: to be read, as stored.
            stream: where the line goes; standard error by default. On a terminal it is
                overwritten twice a second, else a new one follows every 10 seconds.
        """
        self._total_bytes = total_bytes
        self._stream = stream or sys.stderr
        self._in_place = self._stream.isatty()
        self._interval_seconds = 0.5 if self._in_place else 10.0
        self._start = self._last = time.monotonic()
        self._width = 0

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.monotonic() - self._start

    def update(self, position: int, text_bytes: int) -> None:
        """Shows the line if it is time.

        Args:
            position: bytes read, as stored.
            text_bytes: bytes of text made into examples.
        """
        now = time.monotonic()
        if now - self._last >= self._interval_seconds:
            self._last = now
            self._write(self._line(position, text_bytes))

    def close(self) -> None:
        """Ends the line on a terminal."""
        if self._in_place and self._width:
            self._stream.write("\n")

    def _line(self, position: int, text_bytes: int) -> str:
        share = min(1.0, position / max(1, self._total_bytes))
        rate = text_bytes / 1e6 / self.seconds
        left = self.seconds * (1 - share) / share if share else 0.0
        minutes, seconds = divmod(round(left), 60)
        return (
            f"{share:4.0%}  {text_bytes / 1e6:,.0f} MB of text at {rate:.1f} MB/s, "
            f"{minutes}:{seconds:02} left"
        )

    def _write(self, line: str) -> None:
        if self._in_place:
            self._stream.write("\r" + line.ljust(self._width))
            self._width = len(line)
        else:
            self._stream.write(line + "\n")
        self._stream.flush()
