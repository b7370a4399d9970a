"""Shards → checkpoints and TensorBoard.

python pretrain.py --config=configs/small.py --config.data.directory=DATA \
    --workdir=runs/small

The same command again resumes the run, bit for bit; --dry_run only checks the run and
measures its costs. Exit codes: 0 at the last step, 75 after a signal or the loss of
another worker (the same command resumes), 1 for an error.
"""

import sys

from absl import flags
from ml_collections import config_flags

from electra_tf import cli

_CONFIG = config_flags.DEFINE_config_file(
    "config", help_string="Configuration file of the run."
)
_WORKDIR = flags.DEFINE_string(
    "workdir", None, "Directory for checkpoints and event files.", required=True
)
_TPU = flags.DEFINE_string(
    "tpu", "", 'Name or grpc:// address of a TPU; "local" on a TPU VM.'
)
_PROFILE_STEPS = flags.DEFINE_string(
    "profile_steps", "", "FIRST:LAST: steps to trace for TensorBoard's profiler."
)
_DRY_RUN = flags.DEFINE_boolean(
    "dry_run", False, "Check everything, time some steps, and leave nothing behind."
)


def main(_) -> None:
    """Checks the configuration and trains."""
    # Imported once the flags are known to be right: --help takes no time.
    from electra_tf.pretraining import loop
    from electra_tf.pretraining.workdir import Workdir
    from electra_tf.training import preemption
    from electra_tf.training import strategy as strategies

    config, workdir = cli.config_of(_CONFIG), Workdir(_WORKDIR.value)
    strategy = strategies.create(_TPU.value)
    if _DRY_RUN.value:
        from electra_tf.pretraining import preflight

        with preflight.opened(config, workdir, strategy) as run:
            _initialize(run)
            print(preflight.report(run, workdir))
        print(f"Start it:  {preflight.command(sys.argv)}")
        return
    try:
        with loop.opened(config, workdir, strategy) as training:
            _initialize(training.run)
            result = training.train(_PROFILE_STEPS.value)
    except loop.WorkerLost as error:
        preemption.leave_without_the_others(error)
    if result.signal:
        cli.leave(
            f"\nStopped by {result.signal} after step {result.step:,}, which is saved."
            "\nGo on:     the same command",
            preemption.EXIT_CODE,
        )
    workdir_flag = f"--workdir={_WORKDIR.value}"
    print(f"\nTrained to step {result.step:,} in {_WORKDIR.value}.")
    print(f"Curves:    tensorboard --logdir={_WORKDIR.value}")
    print(cli.shown(f"Metrics:   python evaluate.py {workdir_flag}"))
    print(cli.shown(f"Export:    python export.py {workdir_flag} --output=EXPORT"))


def _initialize(run) -> None:
    """Gives a new run what its configuration names to start from, if anything."""
    if run.spec.is_to_be_initialized:
        from electra_tf.interop import initial_weights

        initial_weights.initialize(run)
