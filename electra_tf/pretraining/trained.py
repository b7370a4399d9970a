"""A trained model with what is needed to use it."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf
from absl import logging

from electra_tf.config import Config, Precision
from electra_tf.model.electra import Electra
from electra_tf.pretraining import positions, schedules
from electra_tf.pretraining.workdir import Workdir
from electra_tf.shards.manifest import Manifest
from electra_tf.text.vocabulary import Vocabulary
from electra_tf.training import checkpoint_files, checkpoints
from electra_tf.training.checkpoints import Checkpoints


class Trained(NamedTuple):
    """A model at the step of one of its checkpoints."""

    model: Electra
    step: int
    config: Config
    vocabulary: Vocabulary
    manifest: Manifest
    """Manifest of the shards that it was trained on."""
    position_counts: np.ndarray | None = None
    """Int64 [P], real tokens that each row of the position table was trained on; None
    for a checkpoint of a version that did not count them."""


def load(
    workdir: Workdir,
    precision: Precision = Precision.FLOAT32,
    which: str = checkpoint_files.LATEST,
) -> Trained:
    """Builds the model of a run and reads its weights.

    Call it inside the strategy's scope.

    Args:
        workdir: working directory of the run.
        precision: precision of the model, whatever that of the run; an export must
            work on any machine.
        which: checkpoint, see `checkpoint_files.select`.

    Raises:
        ValueError: there is no run, no checkpoint, or the checkpoint does not fit.
    """
    config, vocabulary = workdir.config(), workdir.vocabulary()
    checkpoint_files.select(workdir.checkpoints, which)  # Raises where there is none.
    model = Electra(config.model, len(vocabulary), precision)
    step = Checkpoints(workdir.checkpoints, model).restore(which)
    assert step is not None
    if slope := float(schedules.attention_slope(config, tf.constant(step))):
        logging.warning(
            "The checkpoint of step %d was trained with an attention_slope that is "
            "still %.3g; without it the model is worse: use a later checkpoint",
            step,
            slope,
        )
    counts_P = checkpoints.read_counter(
        workdir.checkpoints, step, positions.CHECKPOINT_KEY
    )
    return Trained(model, step, config, vocabulary, workdir.manifest(), counts_P)
