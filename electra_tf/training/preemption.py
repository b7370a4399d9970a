"""Stops a training in order when the machine is about to be taken away.

The first signal requests a stop: SIGTERM, SIGINT (Ctrl-C), SIGHUP (the terminal was
closed), or SIGUSR1 or SIGUSR2 (a batch system's warning before the time limit). The
device loop ends, a checkpoint is saved, and the event files are flushed. A second
SIGTERM or SIGINT ends the process at once, even inside a long device loop, and the
steps since the last checkpoint are lost. The other signals never do: they often come
twice, and a SIGTERM after them is the limit that they announced.

TensorFlow's PreemptionCheckpointHandler needs a return to Python after every step and
its own checkpoint manager. Workers agree on a stop by a sum over the replicas here.
"""

import os
import signal
import threading
from types import TracebackType
from typing import NoReturn

import tensorflow as tf
from absl import logging

from electra_tf import console, signals
from electra_tf.training import strategy as strategies

EXIT_CODE = 75
"""Exit code of a run that the same command resumes (EX_TEMPFAIL of sysexits.h)."""


def leave_without_the_others(error: Exception) -> NoReturn:
    """Ends the process at once: at exit TensorFlow would wait for the lost worker."""
    logging.error("%s", error)
    logging.flush()
    os._exit(EXIT_CODE)


class Preemption:
    """Records signals inside a `with` block of the main thread.

    Args:
        strategy: distribution strategy; all its workers stop together.
    """

    def __init__(self, strategy: tf.distribute.Strategy) -> None:
        self._strategy = strategy
        self._alone = strategies.hosts(strategy) == 1 or isinstance(
            strategy, tf.distribute.TPUStrategy
        )
        self.name = ""
        """Name of the first signal that this process received; "" before."""
        self._orders = 0

    def __enter__(self) -> "Preemption":
        # Python runs handlers between bytecodes of the main thread, which may be in a
        # device loop. A thread gets the number of the signal at once.
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        self._wakeup_before = signal.set_wakeup_fd(self._writer)
        self._before = {
            number: signal.signal(number, lambda *_: None)
            for number in signals.heeded()
        }
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        signals.restore(self._before)
        signal.set_wakeup_fd(self._wakeup_before)
        os.close(self._writer)
        self._watcher.join()
        os.close(self._reader)

    def is_requested(self) -> bool:
        """Whether all workers should stop now; every worker must call it."""
        if self._alone:
            return bool(self.name)
        return bool(self._on_any_worker(tf.constant(float(bool(self.name)))) > 0)

    @tf.function
    def _on_any_worker(self, here: tf.Tensor) -> tf.Tensor:
        def total() -> tf.Tensor:
            context = tf.distribute.get_replica_context()
            # A tensor of this replica's device, not an argument of the function.
            return context.all_reduce(tf.distribute.ReduceOp.SUM, tf.identity(here))

        return self._strategy.experimental_local_results(self._strategy.run(total))[0]

    def _watch(self) -> None:
        while numbers := os.read(self._reader, 64):
            for number in numbers:
                if number in self._before:
                    self._take(signal.Signals(number))

    def _take(self, number: signal.Signals) -> None:
        console.silence_if_unread()  # SIGHUP: the terminal is gone.
        self._orders += number in signals.ORDERS
        if self._orders > 1:
            logging.error("%s again: leaving at once, without saving", number.name)
            os._exit(128 + number)
        if not self.name:
            self.name = number.name
            logging.warning(
                "%s: finishing this loop of steps and saving; SIGTERM or Ctrl-C once "
                "more leaves at once",
                number.name,
            )
