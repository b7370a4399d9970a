"""Blocks through a stage, in this process or in others; results in order."""

import collections
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent import futures
from typing import Any

import tensorflow as tf

BLOCKS_PER_WORKER = 3
"""Read ahead of the worker."""

Stage = Callable[..., Any]
"""What is done to a block. Made once in each process that needs it."""


class Workers:
    """Processes that start when they are needed, and serve all stages of a build."""

    def __init__(self, count: int, settings: Any):
        """Starts nothing yet.

        Args:
            count: of processes; 1: this one; 0: one per core.
            settings: what stages are made of.
        """
        self.count = count or os.cpu_count() or 1
        self._settings = settings
        self._pool: futures.ProcessPoolExecutor | None = None

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    def map(
        self, make: Callable[[Any], Stage], calls: Iterable[tuple]
    ) -> Iterator[Any]:
        """Calls `make(settings)` with each tuple of arguments.

        Held are a few calls per worker.

        Raises:
            RuntimeError: a worker died.
        """
        if self.count == 1:
            stage = make(self._settings)
            for arguments in calls:
                yield stage(*arguments)
            return
        if not self._pool:
            # TensorFlow can't be forked.
            context = multiprocessing.get_context("spawn")
            self._pool = futures.ProcessPoolExecutor(
                self.count, context, _start, (self._settings,)
            )
        pending: collections.deque[futures.Future] = collections.deque()
        try:
            for arguments in calls:
                pending.append(self._pool.submit(_call, make, arguments))
                if len(pending) >= BLOCKS_PER_WORKER * self.count:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        except futures.process.BrokenProcessPool as error:
            raise RuntimeError(
                f"One of {self.count} workers died, probably for lack of memory: rerun "
                "with a smaller --num_workers."
            ) from error


_settings: Any = None
"""Of a worker process."""
_stages: dict[Callable, Stage] = {}
"""Of a worker process, made when first called for."""


def _start(settings: Any) -> None:
    # The main process gets Ctrl-C as well, and ends its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tf.config.set_visible_devices([], "GPU")
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    global _settings
    _settings = settings


def _call(make: Callable[[Any], Stage], arguments: tuple) -> Any:
    if make not in _stages:
        _stages[make] = make(_settings)
    return _stages[make](*arguments)
