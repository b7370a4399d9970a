"""A run's checks and costs, before it is started: nothing is trained, nothing stays.

What can be refused is refused in the order of what it costs to find out: configuration,
place, disk, shards, steps. The steps are the run's own, on its own batches, with its
own first weights; they and one checkpoint are made in a directory that is removed.
"""

import contextlib
import os
import re
import resource
import shlex
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence

import numpy as np
import tensorflow as tf
from absl import logging

from electra_tf import files, signals
from electra_tf.config import Config, Phase
from electra_tf.pretraining import checkpoint_files, preflight_report
from electra_tf.pretraining import strategy as strategies
from electra_tf.pretraining.preflight_report import Disk, Measured, megabytes
from electra_tf.pretraining.run import Initializer, Run, plan, splits
from electra_tf.pretraining.workdir import Workdir
from electra_tf.shards import damage

TIMED_STEPS = 3
"""After the first one."""


def check(
    config: Config,
    workdir: Workdir,
    strategy: tf.distribute.Strategy,
    initialize: Initializer | None = None,
) -> str:
    """Checks all that a run needs, tries some steps, and returns a table of its costs.

    Args:
        config: validated.
        workdir: of the run; neither made nor changed.
        strategy: of the devices.
        initialize: as for `loop.train`.

    Raises:
        ValueError: shards, vocabulary, devices, working directory, disk or memory do
            not fit, or the run has several hosts.
    """
    hosts = strategies.hosts(strategy)
    if hosts > 1:
        raise ValueError(
            f"--dry_run is for 1 host, and this run has {hosts}: dry-run it on one "
            "machine without TF_CONFIG, with config.data.global_batch_size divided by "
            f"{hosts}."
        )
    planned = plan(config, workdir, strategy)
    started = checkpoint_files.steps(workdir.checkpoints)
    step = started[-1] if started else 0
    phases = [phase for phase in planned.config.phases if phase.end > step]
    phase = phases[0] if phases else planned.config.phases[-1]
    with _scratch(workdir.path) as scratch:
        # A run that goes on does not ask for first weights.
        first_weights = None if started else initialize
        run = Run(planned, Workdir(scratch), strategy, first_weights)
        disk = _check_disk(planned.config, workdir.path, run, len(started))
        directory = planned.config.data.directory
        damage.verify(planned.manifest, directory, splits(planned.config))
        measured = _measure(run, planned.config, phase)
    return preflight_report.table(planned, run.model, disk, measured, step)


def command(arguments: Sequence[str]) -> str:
    """The command line that starts for real what these arguments dry-run."""
    kept = [word for word in arguments if not re.match(r"--?dry_run(=|$)", word)]
    return shlex.join(["python", *kept])


@contextlib.contextmanager
def _scratch(path: str) -> Iterator[str]:
    """A directory beside the working directory, on its disk; removed at the end.

    Raises:
        ValueError: nothing can be written there.
    """
    path = path.rstrip("/")
    try:
        if files.is_remote(path):
            scratch = f"{path}.dry-run-{os.getpid()}"
            tf.io.gfile.makedirs(scratch)
        else:
            there = files.existing_directory(path)
            if not os.access(there, os.W_OK):
                raise PermissionError("no permission")
            # Not in the working directory, which must not change.
            place = files.existing_directory(os.path.dirname(os.path.abspath(path)))
            if os.stat(place).st_dev != os.stat(there).st_dev:
                logging.warning(
                    "The checkpoint is tried in %s, on another disk than %s",
                    place,
                    there,
                )
            scratch = tempfile.mkdtemp(prefix=".dry-run-", dir=place)
    except (OSError, tf.errors.OpError) as error:
        raise ValueError(
            f"--workdir={path!r} cannot be written to ({files.reason(error)}): see to "
            "the permissions of the directories above it, or choose another --workdir."
        ) from error
    try:
        with _unwound_by_signals():
            yield scratch
    finally:
        tf.io.gfile.rmtree(scratch)


@contextlib.contextmanager
def _unwound_by_signals() -> Iterator[None]:
    """Has signals end the process by an exception, so that `finally` is reached."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signals.exit_in_order()
    try:
        yield
    finally:
        signals.restore(before)


def _check_disk(config: Config, path: str, run: Run, already: int) -> Disk:
    optimizer = run.optimizer
    variables = [variable.value for variable in run.model.variables]
    variables += optimizer.first_moments.values()
    variables += optimizer.second_moments.values()
    size = sum(int(np.prod(each.shape)) * each.dtype.size for each in variables)
    kept = config.keep_checkpoints + bool(config.keep_best and config.eval_every)
    if config.keep_every:
        kept += config.num_train_steps // config.keep_every
    # A new one is whole before an old one goes.
    checkpoints = max(0, kept - already) + 1
    free = None
    if not files.is_remote(path):
        free = shutil.disk_usage(files.existing_directory(path)).free
    disk = Disk(checkpoints, size, free)
    if free is not None and free < disk.needed_bytes:
        raise ValueError(
            f"The disk of {path!r} has {megabytes(free)} free, but {checkpoints} "
            f"checkpoints take {megabytes(disk.needed_bytes)}: make room, lower "
            "config.keep_checkpoints, raise config.keep_every (0: none), or choose "
            "another --workdir."
        )
    return disk


def _measure(run: Run, config: Config, phase: Phase) -> Measured:
    # From the first batches: a place later in the data takes time to skip to.
    iterator = run.batches(phase._replace(batch_offset=0))

    def step() -> float:
        start = time.perf_counter()
        run.steps.train(iterator, tf.constant(1)).gradient_norm.numpy()
        return time.perf_counter() - start

    try:
        first = step()
        seconds = statistics.median([step() for _ in range(TIMED_STEPS)])
    except tf.errors.ResourceExhaustedError as error:
        raise ValueError(
            f"A step of {config.micro_batch_size} examples of {phase.length} tokens at "
            f"a time does not fit in memory ({files.reason(error)}): raise "
            "config.gradient_accumulation_steps, set config.model.rematerialize, or "
            "lower config.data.global_batch_size."
        ) from error
    skipped = int(run.optimizer.skipped.numpy())
    if skipped:
        logging.warning(
            "The gradient was not finite in %d of %d steps: lower "
            "config.learning_rate, or see to config.init_from",
            skipped,
            1 + TIMED_STEPS,
        )
    # In kilobytes, but on macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    start = time.perf_counter()
    run.checkpoints.save(1 + TIMED_STEPS)
    written = time.perf_counter()
    run.checkpoints.restore()
    read = time.perf_counter()
    paths = tf.io.gfile.glob(tf.io.gfile.join(run.checkpoints.directory, "*"))
    size = sum(tf.io.gfile.stat(path).length for path in paths)
    return Measured(phase, first, seconds, peak, size, written - start, read - written)
