"""A trace of some training steps, for TensorBoard's profiler."""

import contextlib
import re
from collections.abc import Iterator
from typing import NamedTuple

import tensorflow as tf
from absl import logging


class StepRange(NamedTuple):
    """Steps of a run, by its step count before the first and after the last."""

    first: int
    last: int


NOTHING = StepRange(0, 0)


def parse(text: str, num_train_steps: int) -> StepRange:
    """Text such as "100:110" → the ten steps that lead from step 100 to step 110.

    Args:
        text: FIRST:LAST, or "" for nothing.
        num_train_steps: of the run.

    Raises:
        ValueError: it is something else, or the run has no such steps.
    """
    if not text:
        return NOTHING
    match = re.fullmatch(r"(\d+):(\d+)", text, re.ASCII)
    steps = StepRange(*map(int, match.groups())) if match else NOTHING
    if not steps.first < steps.last <= num_train_steps:
        raise ValueError(
            f"--profile_steps={text} must be FIRST:LAST with FIRST below LAST and LAST "
            f"at most config.num_train_steps={num_train_steps}, such as "
            "--profile_steps=100:110."
        )
    return steps


class Profiler:
    """Traces a range of steps.

    Loops of steps end at the bounds of the range, on every worker, as all of them
    exchange their counts there. A resumed run traces what is left of the range.

    Args:
        steps: to trace.
        directory: of the event files beside which TensorBoard finds the trace.
        writes: whether this process is the one that traces.
    """

    def __init__(self, steps: StepRange, directory: str, writes: bool) -> None:
        self._steps = steps
        self._directory = directory
        self._writes = writes
        self._is_tracing = False

    def includes(self, step: int) -> bool:
        """Whether the step that follows step count `step` is traced."""
        return self._steps.first <= step < self._steps.last

    def cut(self, step: int, length: int) -> int:
        """Steps of a loop from `step` on that doesn't cross a bound."""
        bounds = [bound - step for bound in self._steps if bound > step]
        return min([length, *bounds])

    @contextlib.contextmanager
    def around(self, step: int, length: int) -> Iterator[None]:
        """Surrounds a loop of `length` steps; what it does is complete at its end."""
        if not (self._writes and self.includes(step)):
            yield
            return
        if not self._is_tracing:
            tf.profiler.experimental.start(self._directory)
            self._is_tracing = True
        # The mark of a step, which is here a loop of them.
        with tf.profiler.experimental.Trace("train", step_num=step, _r=1):
            yield
        if step + length >= self._steps.last:
            self.close()

    def close(self) -> None:
        """Ends a trace that is going on: at its end, or where the run ends before."""
        if self._is_tracing:
            self._is_tracing = False
            tf.profiler.experimental.stop()
            logging.info("The profile is in %s", self._directory)
