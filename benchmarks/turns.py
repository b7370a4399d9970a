"""Measurements that take turns, each in a process that stays alive between turns.

A disturbance of the machine then affects all of them alike, and each compiles once.
"""

import functools
import multiprocessing
import resource
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any, NamedTuple, Self

Run = Callable[[int], None]
"""Takes a number of steps, and returns when they are done."""


class Turn(NamedTuple):
    """One measurement of a contestant."""

    seconds_per_step: float
    peak_megabytes: float
    """Largest resident memory of the process so far."""


class Contestant:
    """A process that prepares once and then runs on request.

    Args:
        prepare: module-level function of `args` that returns a `Run`.
        args: for it; picklable.
    """

    def __init__(self, prepare: Callable[..., Run], *args: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, prepare, *args), daemon=True
        )
        self._process.start()
        theirs.close()

    @functools.cached_property
    def first_seconds(self) -> float:
        """Seconds of preparation and first step, mostly compiling; waits for them."""
        return self._connection.recv()

    def run(self, steps: int) -> Turn:
        """Times some steps; raises EOFError if the process died."""
        return together([self], steps)[0]

    def _start(self, steps: int) -> None:
        assert self.first_seconds
        self._connection.send(steps)

    def _finish(self) -> Turn:
        return self._connection.recv()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self._process.join()


def together(contestants: Sequence[Contestant], steps: int) -> list[Turn]:
    """Times some steps of all contestants at the same time."""
    for contestant in contestants:
        contestant._start(steps)
    return [contestant._finish() for contestant in contestants]


def _serve(connection: Connection, prepare: Callable[..., Run], *args: Any) -> None:
    start = time.perf_counter()
    run = prepare(*args)
    run(1)
    connection.send(time.perf_counter() - start)
    while True:
        try:
            steps = connection.recv()
        except EOFError:
            return
        start = time.perf_counter()
        run(steps)
        seconds = (time.perf_counter() - start) / steps
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        connection.send(Turn(seconds, peak))
