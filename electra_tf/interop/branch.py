"""A run that goes on from a checkpoint of another, which stays as it is.

`config.branch_from` names the checkpoint. What sets it apart from `init_from`: moments
and step count are taken too, and so the order of the data. A run of which only the end
differs has the same bytes as if it had been alone from its first step on.
"""

import dataclasses

import tensorflow as tf
from absl import logging

from electra_tf import files
from electra_tf.pretraining.run import Run
from electra_tf.pretraining.workdir import Workdir
from electra_tf.training import checkpoint_files


def start(run: Run) -> None:
    """Brings a new run to the step of the checkpoint that its configuration names.

    Raises:
        ValueError: there is no such checkpoint, it cannot be read, or its run differs
            in more than what comes after it.
    """
    config = run.spec.config
    directory, _, name = config.branch_from.rpartition("/checkpoints/")
    number = name.removeprefix(f"{checkpoint_files.NAME}-")
    if not directory or number == name or not number.isdecimal():
        raise ValueError(
            f"config.branch_from={config.branch_from!r} is no checkpoint of a run: "
            "give it as RUN/checkpoints/step-N."
        )
    parent = Workdir(directory)
    there, step = parent.config(), int(number)
    same_origin = dataclasses.replace(
        config, init_from=there.init_from, branch_from=there.branch_from
    )
    parent.check_same_run(same_origin, run.spec.manifest, step)
    checkpoint_files.select(parent.checkpoints, number)
    try:
        run.checkpoints.take(checkpoint_files.prefix(parent.checkpoints, step))
    # TensorFlow's reader raises IndexError for a file that ends too early.
    except (tf.errors.OpError, IndexError) as error:
        raise ValueError(
            f"config.branch_from={config.branch_from} cannot be read "
            f"({files.reason(error)}): choose another checkpoint of {directory}."
        ) from error
    run.step = step
    logging.info("Goes on from step %s of %s", f"{step:,}", directory)
