"""Traces some training steps for TensorBoard's profiler."""

import contextlib
import re
from collections.abc import Iterator
from typing import NamedTuple

import tensorflow as tf
from absl import logging

from electra_tf.pretraining.workdir import Workdir
from electra_tf.training import strategy as strategies


class StepRange(NamedTuple):
    """A range of steps: from the step count before the first to that after the last."""

    first: int
    last: int


def parse(text: str, num_train_steps: int) -> StepRange:
    """Parses FIRST:LAST: "100:110" is the ten steps from step count 100 to 110.

    Raises:
        ValueError: the text is something else, or the run has no such steps.
    """
    match = re.fullmatch(r"(\d+):(\d+)", text, re.ASCII)
    steps = StepRange(*map(int, match.groups())) if match else StepRange(0, 0)
    if not steps.first < steps.last <= num_train_steps:
        raise ValueError(
            f"--profile_steps={text} must be FIRST:LAST with FIRST below LAST and LAST "
            f"at most config.num_train_steps={num_train_steps}, such as "
            "--profile_steps=100:110."
        )
    return steps


class Profiler:
    """Traces a range of steps.

    Device loops end at the bounds of the range, on every worker, because all of them
    exchange their counts there. A resumed run traces the rest of the range.

    Args:
        steps: range to trace.
        workdir: working directory of the run; the trace goes to its `train/`.
        strategy: distribution strategy; only its chief traces.
    """

    def __init__(
        self, steps: StepRange, workdir: Workdir, strategy: tf.distribute.Strategy
    ) -> None:
        self._steps = steps
        self._directory = workdir.file("train")
        self._is_chief = strategies.is_chief(strategy)
        self._is_tracing = False

    def cut(self, step: int, length: int) -> int:
        """Length of a device loop from `step` on that does not cross a bound."""
        bounds = [bound - step for bound in self._steps if bound > step]
        return min([length, *bounds])

    @contextlib.contextmanager
    def around(self, step: int, length: int) -> Iterator[bool]:
        """Context of a device loop of `length` steps: whether it is in the range."""
        is_traced = self._steps.first <= step < self._steps.last
        if not (self._is_chief and is_traced):
            yield is_traced
            return
        if not self._is_tracing:
            tf.profiler.experimental.start(self._directory)
            self._is_tracing = True
        # TensorBoard's step is a device loop here.
        with tf.profiler.experimental.Trace("train", step_num=step, _r=1):
            yield True
        if step + length >= self._steps.last:
            self._stop()

    def __enter__(self) -> "Profiler":
        return self

    def __exit__(self, *_: object) -> None:
        """Ends a trace that the run ended within."""
        self._stop()

    def _stop(self) -> None:
        if self._is_tracing:
            self._is_tracing = False
            tf.profiler.experimental.stop()
            logging.info("The profile is in %s", self._directory)
