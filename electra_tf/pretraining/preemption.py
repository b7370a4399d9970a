"""Leaving in order when the machine is taken away.

The first signal asks for the end: SIGTERM, SIGINT (Ctrl-C), SIGHUP (a terminal that was
closed), or SIGUSR1 or SIGUSR2 (a batch system's warning before the limit). The device
loop is finished, a checkpoint saved, the event files flushed. A second SIGTERM or
SIGINT ends the process at once, even inside a loop of many seconds, and the steps
since the last checkpoint are lost. The others never do: they come twice by themselves,
and a SIGTERM after them is the limit that they announced.
TensorFlow's PreemptionCheckpointHandler is for loops that return to Python after every
step, and for one checkpoint manager of its own; on several workers it agrees on a step
through a service of theirs, here a sum over the replicas does.
"""

import os
import signal
import threading
from types import TracebackType
from typing import NoReturn

import tensorflow as tf
from absl import logging

from electra_tf import console, signals
from electra_tf.pretraining import strategy as strategies

EXIT_CODE = 75
"""Exit code of a run that the same command resumes (EX_TEMPFAIL of sysexits.h)."""


def leave_without_the_others(error: Exception) -> NoReturn:
    """Ends the process at once: at exit TensorFlow would wait for the lost worker."""
    logging.error("%s", error)
    logging.flush()
    os._exit(EXIT_CODE)


class Preemption:
    """Takes notice of signals inside a `with` block of the main thread.

    Args:
        strategy: whose workers must end together.
    """

    def __init__(self, strategy: tf.distribute.Strategy) -> None:
        self._strategy = strategy
        self._alone = strategies.hosts(strategy) == 1 or isinstance(
            strategy, tf.distribute.TPUStrategy
        )
        self.name = ""
        """Of the first signal that came to this process; "" before."""
        self._orders = 0

    def __enter__(self) -> "Preemption":
        # Python runs a handler only between two bytecodes of the main thread, which may
        # be inside a loop of steps: the number of a signal goes to a thread at once.
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
        """Whether all workers are to end now; every one of them must ask."""
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
