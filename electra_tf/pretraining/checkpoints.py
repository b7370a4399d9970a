"""Checkpoints: weights, moments and step count, and with it everything else.

Random numbers and the position in the data are functions of the step count, which is
the optimizer's `iterations`; beside them a checkpoint counts skipped updates and the
tokens that each row of the position table was trained on.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from absl import logging

from electra_tf import files
from electra_tf.model.electra import Electra
from electra_tf.pretraining import checkpoint_files, positions
from electra_tf.pretraining import strategy as strategies
from electra_tf.pretraining.checkpoint_files import Best
from electra_tf.pretraining.optimizer import AdamWeightDecay
from electra_tf.pretraining.positions import PositionCounts

OUT_OF_REACH = (
    tf.errors.UnavailableError,
    tf.errors.DeadlineExceededError,
    tf.errors.ResourceExhaustedError,
    tf.errors.PermissionDeniedError,
    tf.errors.UnauthenticatedError,
)
"""What says nothing of a checkpoint that cannot be read now."""


class NotSaved(ValueError):
    """A checkpoint cannot be written; the ones before it are still there."""


class Checkpoints:
    """Saves and restores one run.

    A checkpoint takes its name when it is whole and on the disk, and only then an older
    one is removed. Each of its tensors has a checksum.

    Args:
        directory: `checkpoints/` of the working directory.
        model: built.
        optimizer: of the model's variables; None to read the weights alone.
        position_counts: of the run, where it counts them.
        keep: number of checkpoints that stay.
        keep_every: those at multiples of so many steps stay as well; 0: none.
    """

    def __init__(
        self,
        directory: str,
        model: Electra,
        optimizer: AdamWeightDecay | None = None,
        position_counts: PositionCounts | None = None,
        keep: int = 1,
        keep_every: int = 0,
    ) -> None:
        self.directory = directory
        self._keep, self._keep_every = keep, keep_every
        self._weights_only = optimizer is None
        strategy = tf.distribute.get_strategy()
        self._is_chief = strategies.is_chief(strategy)
        # By path, not as a Keras object: TensorFlow does not find the layers in lists.
        weights = {variable.path: variable.value for variable in model.variables}
        parts: dict[str, Any] = {"weights": weights}
        if optimizer is not None:
            parts["optimizer"] = optimizer
        if position_counts is not None:
            parts[positions.CHECKPOINT_KEY] = position_counts.total_P
        self._checkpoint = tf.train.Checkpoint(**parts)
        # Made by this look at it; a checkpoint without one is of another kind.
        _ = self._checkpoint.save_counter
        # All workers take part in a save, but one directory has one writer.
        task = "" if self._is_chief else f".worker-{_task_id(strategy)}"
        self._own_directory = directory + task
        self._best: Best | None = None
        self._saved: int | None = None
        self.before_save: Sequence[Callable[[], None]] = ()
        """Called before each save, in this order; what they raise prevents it."""

    def save(self, step: int) -> None:
        """Writes a checkpoint of the step, and removes those that need not stay.

        Raises:
            NotSaved: it cannot be written; nothing of it is left then.
        """
        if step == self._saved:
            return
        for function in self.before_save:
            function()
        directory = self._own_directory
        try:
            files.make_directory(directory)
            self._checkpoint.write(checkpoint_files.unfinished_prefix(directory, step))
            checkpoint_files.publish(directory, step)
        except (OSError, tf.errors.OpError) as error:
            checkpoint_files.remove(self._own_directory, step)
            checkpoint_files.remove_unfinished(self._own_directory)
            there = checkpoint_files.steps(self.directory)
            raise NotSaved(
                f"The checkpoint of step {step} cannot be written to "
                f"{self._own_directory!r} ({files.reason(error)}): see to its disk "
                "(df -h). The last one is "
                f"{f'that of step {there[-1]}' if there else 'none'}."
            ) from error
        self._saved = step
        if self._is_chief:
            self._tidy()
        else:
            tf.io.gfile.rmtree(self._own_directory)

    def save_if_best(self, step: int, metric: str, value: float) -> None:
        """Writes a checkpoint that stays where the metric is lower than ever before."""
        # From memory, so that all workers save or none.
        before = self._best
        if not math.isfinite(value):
            return
        if before is not None and before.metric == metric and before.value <= value:
            return
        self.save(step)
        self._best = Best(step, metric, value)
        if self._is_chief:
            self._tidy()

    def restore(self, which: str = checkpoint_files.LATEST) -> int | None:
        """Reads a checkpoint, if there is one.

        Where the latest cannot be read, the one before is taken; the run that goes on
        from it (not a reader of weights alone) sets the damaged one aside. One that was
        asked for otherwise stays where it is.

        Args:
            which: as of `checkpoint_files.select`.

        Returns:
            Its step; None where the directory has none.

        Raises:
            ValueError: the checkpoint does not fit the model, or none can be read.
        """
        there = checkpoint_files.steps(self.directory)
        if not there:
            return None
        step = checkpoint_files.select(self.directory, which)
        candidates = there[::-1] if which == checkpoint_files.LATEST else [step]
        for step in candidates:
            try:
                self._read(step)
            except OUT_OF_REACH:
                raise
            # A checksum that does not hold, a file that is missing or ends too soon;
            # TensorFlow's reader has one class for all, and Python's for the last.
            except (tf.errors.OpError, IndexError) as error:
                if "Permission denied" in str(error):
                    raise
                logging.warning(
                    "Checkpoint %s cannot be read (%s)",
                    checkpoint_files.prefix(self.directory, step),
                    files.reason(error),
                )
                goes_on = which == checkpoint_files.LATEST and not self._weights_only
                if self._is_chief and goes_on:
                    checkpoint_files.set_aside(self.directory, step)
                    logging.warning("It was renamed to damaged-*")
                continue
            self._best = checkpoint_files.best(self.directory)
            self._saved = step  # It needs no second save, which could fail.
            return step
        raise ValueError(
            f"No checkpoint in {self.directory!r} can be read ({len(candidates)} "
            "tried): restore one from a backup, or start again in another directory."
        )

    def _tidy(self) -> None:
        """Notes which checkpoint is the best, and removes what need not stay.

        Where that fails the checkpoints are whole; the next save tries again.
        """
        try:
            best = self._best
            if best is not None and best != checkpoint_files.best(self.directory):
                checkpoint_files.record_best(self.directory, best)
            checkpoint_files.prune(self.directory, self._keep, self._keep_every)
        except (OSError, tf.errors.OpError) as error:
            logging.error(
                "The checkpoint is whole, but nothing can be noted beside it in %s "
                "(%s): see to its disk (df -h)",
                self.directory,
                files.reason(error),
            )

    def _read(self, step: int) -> None:
        path = checkpoint_files.prefix(self.directory, step)
        try:
            status = self._checkpoint.restore(path)
            if self._weights_only:
                status.assert_existing_objects_matched().expect_partial()
            else:
                status.assert_consumed()
        except (
            AssertionError,
            ValueError,
            tf.errors.InvalidArgumentError,
        ) as error:
            raise ValueError(
                f"Checkpoint {path} does not fit this model: {error}. Was it written "
                "by another configuration or version? Use another directory."
            ) from error


def position_counts(directory: str, step: int) -> np.ndarray | None:
    """Int64 [P] of a checkpoint; None where nothing counted them."""
    reader = tf.train.load_checkpoint(checkpoint_files.prefix(directory, step))
    key = f"{positions.CHECKPOINT_KEY}/.ATTRIBUTES/VARIABLE_VALUE"
    return reader.get_tensor(key) if reader.has_tensor(key) else None


def _task_id(strategy: tf.distribute.Strategy) -> str:
    resolver = strategy.cluster_resolver
    return f"{resolver.task_type}-{resolver.task_id}"
