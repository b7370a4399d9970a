"""Shards → checkpoints and TensorBoard.

python pretrain.py --config=configs/small.py --config.data.directory=DATA \
    --workdir=runs/small

The same command again resumes the run, bit for bit; with --dry_run it only checks that
the run can go, and says what it will take. Exit codes: 0 at the last step, 75 after a
signal or the loss of another worker (the same command resumes), 1 for an error.
"""

import os
import sys

from absl import flags, logging
from ml_collections import config_flags

from electra_tf import cli
from electra_tf.interop import initial_weights
from electra_tf.pretraining import loop, preemption, preflight, profiling
from electra_tf.pretraining import strategy as strategies
from electra_tf.pretraining.workdir import Workdir

_CONFIG = config_flags.DEFINE_config_file("config", help_string="Of the run.")
_WORKDIR = flags.DEFINE_string(
    "workdir", None, "Where checkpoints and event files go.", required=True
)
_TPU = flags.DEFINE_string(
    "tpu", "", 'Name or grpc:// address of a TPU; "local" on a TPU VM.'
)
_PROFILE_STEPS = flags.DEFINE_string(
    "profile_steps", "", "FIRST:LAST: traces these steps for TensorBoard's profiler."
)
_DRY_RUN = flags.DEFINE_boolean(
    "dry_run", False, "Check everything, time some steps, and leave nothing behind."
)


def main(_) -> None:
    """Checks the configuration and trains."""
    config = cli.config_of(_CONFIG)
    if not config.data.directory:
        raise ValueError(
            "config.data.directory is empty: give the output of prepare.py as "
            "--config.data.directory."
        )
    profile_steps = profiling.parse(_PROFILE_STEPS.value, config.num_train_steps)
    strategy = strategies.create(_TPU.value)
    initialize = None
    if config.init_from:
        initialize = lambda model, *text: initial_weights.give(  # noqa: E731
            model, config.init_from, *text
        )
    workdir = Workdir(_WORKDIR.value)
    if _DRY_RUN.value:
        print(preflight.check(config, workdir, strategy, initialize))
        print(f"Start it:  {preflight.command(sys.argv)}")
        return
    try:
        result = loop.train(config, workdir, strategy, initialize, profile_steps)
    except loop.WorkerLost as error:
        logging.error("%s", error)
        logging.flush()
        # TensorFlow would wait at its exit for a worker that is no more.
        os._exit(preemption.EXIT_CODE)
    if result.signal:
        cli.leave(
            f"\nStopped by {result.signal} after step {result.step:,}, which is saved."
            "\nGo on:     the same command",
            preemption.EXIT_CODE,
        )
    print(f"\nTrained to step {result.step:,} in {_WORKDIR.value}.")
    print(f"Curves:    tensorboard --logdir={_WORKDIR.value}")
    print(f"Metrics:   python evaluate.py --workdir={_WORKDIR.value}")
    print(f"Export:    python export.py --workdir={_WORKDIR.value} --output=EXPORT")


if __name__ == "__main__":
    cli.run(main)
