"""Runs a stage on blocks, in this process or in others; results come in order."""

import collections
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent import futures
from multiprocessing import connection, forkserver
from typing import Any

import joblib
import tensorflow as tf

BLOCKS_PER_WORKER = 3
"""Blocks that are read ahead for each worker."""
BYTES_PER_PROCESS = 16_000_000
"""Text per process; with less, another process costs more than it saves."""

Stage = Callable[..., Any]
"""A function of a block. Made once in each process that needs it."""
_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(
    [
        "tensorflow",
        "tensorflow_text",
        "electra_tf.build.stages",
        "electra_tf.build.survey",
    ]
)
"""The server imports these, and calls nothing in them, before it is forked."""


def default_count(text_bytes: float) -> int:
    """Number of processes for a corpus of this size.

    At most one per core that this process may use, by its affinity mask and the quota
    of its container.
    """
    cores = joblib.cpu_count()
    return max(1, min(cores, int(text_bytes / BYTES_PER_PROCESS)))


def start_server() -> None:
    """Starts the workers' imports in the background."""
    forkserver.ensure_running()


class Workers:
    """Processes that start when they are needed, and serve all stages of a build.

    They are forked from a server that has imported TensorFlow and the stages, so memory
    and time for the imports are spent once. Until the first process is ready, this one
    does the work.
    """

    def __init__(self, count: int, settings: Any):
        """Starts nothing yet.

        Args:
            count: number of processes; 1 for this one alone.
            settings: the argument that stages are made with.
        """
        self.count = count
        self._settings = settings
        self._pool: futures.ProcessPoolExecutor | None = None
        self._is_ready: futures.Future | None = None

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    def map(
        self, make: Callable[[Any], Stage], calls: Iterable[tuple]
    ) -> Iterator[Any]:
        """Calls `make(settings)` with each tuple of arguments.

        At most a few calls per worker are in memory.

        Raises:
            RuntimeError: a worker died.
        """
        if self.count > 1 and not self._pool:
            self._start()
        stage = None
        pending: collections.deque[futures.Future] = collections.deque()
        try:
            for arguments in calls:
                if self._pool is None or not self._has_started():
                    stage = stage or make(self._settings)
                    yield stage(*arguments)
                    continue
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

    def _start(self) -> None:
        self._pool = futures.ProcessPoolExecutor(
            self.count, _SERVER, _start, (self._settings,)
        )
        self._is_ready = self._pool.submit(os.getpid)

    def _has_started(self) -> bool:
        return self._is_ready is not None and self._is_ready.done()


_settings: Any = None
"""In a worker process: what its stages are made with."""
_stages: dict[Callable, Stage] = {}
"""In a worker process: its stages, made when they are first called."""


def _start(settings: Any) -> None:
    # The main process gets Ctrl-C as well, and ends its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    tf.config.set_visible_devices([], "GPU")
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    global _settings
    _settings = settings


def _end_with_parent() -> None:
    """Ends this process when the main one has ended, even by kill -9."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    os._exit(1)


def _call(make: Callable[[Any], Stage], arguments: tuple) -> Any:
    if make not in _stages:
        _stages[make] = make(_settings)
    return _stages[make](*arguments)
