"""Runs a measurement in its own process and reads its memory. Linux only."""

import multiprocessing
import os
import pathlib
from collections.abc import Callable
from concurrent import futures
from typing import Any

SAMPLING_SECONDS = 0.2
"""Interval between two readings of the memory."""


def alone(
    function: Callable[..., dict[str, float]], *args: Any
) -> tuple[dict[str, float], float]:
    """Calls a function in a new process.

    Returns:
        What it returns, and the peak in MB of the memory of the process and those that
        it starts.
    """
    context = multiprocessing.get_context("spawn")
    with futures.ProcessPoolExecutor(1, context) as pool:
        future = pool.submit(function, *args)
        peak = 0
        while not future.done():
            peak = max(peak, _pss_bytes())
            futures.wait([future], SAMPLING_SECONDS)
        return future.result(), peak / 1e6


def _pss_bytes() -> int:
    """Memory of all descendants of this process; a shared page counts once."""
    children: dict[int, list[int]] = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # The process has ended.
        children.setdefault(parent, []).append(int(stat.parent.name))
    total, found = 0, list(children.get(os.getpid(), ()))
    for process in found:
        found += children.get(process, ())
        try:
            lines = pathlib.Path(f"/proc/{process}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(
            int(line.split()[1]) * 1024
            for line in lines.splitlines()
            if line.startswith("Pss:")
        )
    return total
