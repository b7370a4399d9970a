"""Checkpoints: weights, moments, step count and counters.

That is all a resume needs: random numbers and the position in the data are functions
of the step count, which is the optimizer's `iterations`.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from absl import logging

from electra_tf import files
from electra_tf.training import checkpoint_files
from electra_tf.training import strategy as strategies
from electra_tf.training.checkpoint_files import Best

OUT_OF_REACH = (
    tf.errors.UnavailableError,
    tf.errors.DeadlineExceededError,
    tf.errors.ResourceExhaustedError,
    tf.errors.PermissionDeniedError,
    tf.errors.UnauthenticatedError,
)
"""Errors of a storage that does not answer: the checkpoint may be whole."""


class NotSaved(ValueError):
    """A checkpoint cannot be written; earlier ones are still there."""


class Checkpoints:
    """Saves and restores one training.

    A checkpoint gets its name when it is whole and on the disk, and only then is an
    older one removed. Each of its tensors has a checksum.

    Args:
        directory: `checkpoints/` of the working directory.
        model: built.
        optimizer: optimizer of the model's variables; None to read only the weights.
        counters: further variables of the training, by the name they are stored under.
        keep: number of checkpoints to keep.
        keep_every: also keep those at multiples of so many steps; 0: none.
        keep_before: also keep the last one of at most so many steps.
    """

    def __init__(
        self,
        directory: str,
        model: keras.Model,
        optimizer: tf.Module | None = None,
        counters: Mapping[str, tf.Variable] | None = None,
        keep: int = 1,
        keep_every: int = 0,
        keep_before: int = 0,
    ) -> None:
        self.directory = directory
        self._kept = (keep, keep_every, keep_before)
        self._weights_only = optimizer is None
        strategy = tf.distribute.get_strategy()
        self._is_chief = strategies.is_chief(strategy)
        # By path, not as a Keras object: TensorFlow does not find the layers in lists.
        weights = {variable.path: variable.value for variable in model.variables}
        parts: dict[str, Any] = {"weights": weights, **(counters or {})}
        if optimizer is not None:
            parts["optimizer"] = optimizer
        self._checkpoint = tf.train.Checkpoint(**parts)
        # Reading it creates it; a checkpoint without one is of another kind.
        _ = self._checkpoint.save_counter
        # All workers take part in a save, but one directory has one writer.
        task = "" if self._is_chief else f".worker-{_task_id(strategy)}"
        self._own_directory = directory + task
        self._best: Best | None = None
        self._saved: int | None = None
        self.before_save: Sequence[Callable[[], None]] = ()
        """Functions called before each save, in order; an exception prevents it."""

    def save(self, step: int) -> None:
        """Writes a checkpoint of the step, and removes those that are not kept.

        Raises:
            NotSaved: it cannot be written; nothing of it remains.
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
        """Writes a checkpoint, and keeps it, if the metric is the lowest so far."""
        # From memory, not from the disk: all workers save or none.
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

        If the latest cannot be read, the one before it is. A training that resumes (not
        a reader of weights alone) then sets the damaged one aside; one selected by name
        stays where it is.

        Args:
            which: checkpoint, see `checkpoint_files.select`.

        Returns:
            The step of the checkpoint; None if the directory has none.

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
                self.take(checkpoint_files.prefix(self.directory, step))
            except OUT_OF_REACH:
                raise
            # A wrong checksum, or a file that is missing or ends too early:
            # TensorFlow's reader has one class for all, and IndexError for the last.
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
            self._saved = step  # No second save, which could fail.
            return step
        raise ValueError(
            f"No checkpoint in {self.directory!r} can be read ({len(candidates)} "
            "tried): restore one from a backup, or start again in another directory."
        )

    def take(self, path: str) -> None:
        """Reads one checkpoint, of this training or another.

        Args:
            path: prefix of its files.

        Raises:
            ValueError: it does not fit the model.
            OpError, IndexError: it cannot be read.
        """
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

    def _tidy(self) -> None:
        """Records the best checkpoint, and removes those that are not kept.

        If that fails the checkpoints are whole all the same; the next save tries again.
        """
        try:
            best = self._best
            if best is not None and best != checkpoint_files.best(self.directory):
                checkpoint_files.record_best(self.directory, best)
            checkpoint_files.prune(self.directory, *self._kept)
        except (OSError, tf.errors.OpError) as error:
            logging.error(
                "The checkpoint is whole, but nothing else can be written in %s (%s): "
                "see to its disk (df -h)",
                self.directory,
                files.reason(error),
            )


def read_counter(directory: str, step: int, name: str) -> np.ndarray | None:
    """Value of a counter in a checkpoint; None if an older version wrote it without."""
    reader = tf.train.load_checkpoint(checkpoint_files.prefix(directory, step))
    key = f"{name}/.ATTRIBUTES/VARIABLE_VALUE"
    return reader.get_tensor(key) if reader.has_tensor(key) else None


def _task_id(strategy: tf.distribute.Strategy) -> str:
    resolver = strategy.cluster_resolver
    return f"{resolver.task_type}-{resolver.task_id}"
