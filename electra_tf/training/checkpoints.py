"""Checkpoints: weights, moments and step count, and with it everything else.

Random numbers and the position in the data are functions of the step count, which is
the optimizer's `iterations`; beside them a checkpoint counts skipped updates and the
tokens that each row of the position table was trained on.
"""

import os
from typing import Any

import numpy as np
import tensorflow as tf

from electra_tf.model.electra import Electra
from electra_tf.training import positions
from electra_tf.training import strategy as strategies
from electra_tf.training.optimizer import AdamWeightDecay
from electra_tf.training.positions import PositionCounts


class Checkpoints:
    """Saves and restores one run.

    TensorFlow writes the data, then renames it, and updates the file `checkpoint`
    last: a half-written checkpoint is never the latest.

    Args:
        directory: `checkpoints/` of the working directory.
        keep: number of checkpoints that stay.
        model: built.
        optimizer: of the model's variables; None to read the weights alone.
        position_counts: of the run, where it counts them.
    """

    def __init__(
        self,
        directory: str,
        keep: int,
        model: Electra,
        optimizer: AdamWeightDecay | None = None,
        position_counts: PositionCounts | None = None,
    ) -> None:
        self.directory = directory
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
        # All workers take part in a save, but one directory has one writer.
        task = "" if self._is_chief else f".worker-{_task_id(strategy)}"
        self._manager = tf.train.CheckpointManager(
            self._checkpoint,
            directory + task,
            max_to_keep=keep,
            checkpoint_name="step",
        )

    def save(self, step: int) -> None:
        """Writes a checkpoint named by the step."""
        self._manager.save(checkpoint_number=step)
        if not self._is_chief:
            tf.io.gfile.rmtree(self._manager.directory)

    def restore(self) -> int | None:
        """Reads the latest checkpoint, if there is one.

        Returns:
            Its step; None where the directory has none.

        Raises:
            ValueError: the checkpoint does not fit the model.
        """
        path = tf.train.latest_checkpoint(self.directory)
        if path is None:
            return None
        try:
            status = self._checkpoint.restore(path)
            if self._weights_only:
                status.assert_existing_objects_matched().expect_partial()
            else:
                status.assert_consumed()
        except (
            AssertionError,
            ValueError,
            tf.errors.NotFoundError,
            tf.errors.InvalidArgumentError,
        ) as error:
            raise ValueError(
                f"Checkpoint {path} does not fit this model: {error}. Was it written "
                "by another configuration or version? Use another --workdir."
            ) from error
        return int(os.path.basename(path).rsplit("-", 1)[-1])


def position_counts(directory: str) -> np.ndarray | None:
    """Int64 [P] of a run's latest checkpoint; None where nothing counted them."""
    reader = tf.train.load_checkpoint(tf.train.latest_checkpoint(directory))
    key = f"{positions.CHECKPOINT_KEY}/.ATTRIBUTES/VARIABLE_VALUE"
    return reader.get_tensor(key) if reader.has_tensor(key) else None


def _task_id(strategy: tf.distribute.Strategy) -> str:
    resolver = strategy.cluster_resolver
    return f"{resolver.task_type}-{resolver.task_id}"
