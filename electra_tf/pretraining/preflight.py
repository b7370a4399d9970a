"""The dry run: checks a run and measures its costs without leaving anything behind.

Checks come in the order of their cost: configuration, directory, disk, shards, steps.
The steps are the run's own, with its batches and its first weights; the checkpoint that
is written and read goes into a temporary directory.
"""

import contextlib
import os
import re
import resource
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

from electra_tf import cli, directories, files, signals
from electra_tf.config import Config, Phase
from electra_tf.pretraining import preflight_report
from electra_tf.pretraining.preflight_report import Disk, Measured
from electra_tf.pretraining.run import Run, check, splits
from electra_tf.pretraining.workdir import Workdir
from electra_tf.quantities import megabytes
from electra_tf.shards import damage
from electra_tf.training import checkpoint_files
from electra_tf.training import strategy as strategies

TIMED_STEPS = 3
"""Steps that are timed, after a first one."""


@contextlib.contextmanager
def opened(
    config: Config, workdir: Workdir, strategy: tf.distribute.Strategy
) -> Iterator[Run]:
    """Checks and builds a run that writes to a directory which is removed at the end.

    Args:
        config: validated.
        workdir: working directory of the real run; neither made nor changed.
        strategy: distribution strategy.

    Raises:
        ValueError: shards, vocabulary, devices or working directory do not fit, or the
            run has several hosts.
    """
    hosts = strategies.hosts(strategy)
    if hosts > 1:
        raise ValueError(
            f"--dry_run is for 1 host, and this run has {hosts}: dry-run it on one "
            "machine without TF_CONFIG, with config.data.global_batch_size divided by "
            f"{hosts}."
        )
    spec = check(config, workdir, strategy)
    with _scratch(workdir.path) as scratch:
        yield Run(spec, Workdir(scratch), strategy)


def report(run: Run, workdir: Workdir) -> str:
    """Checks disk and shards, runs some steps, and returns a table of the costs.

    Args:
        run: from `opened`.
        workdir: working directory of the real run.

    Raises:
        ValueError: the disk or the memory is too small, or a shard is damaged.
    """
    config, manifest = run.spec.config, run.spec.manifest
    started = checkpoint_files.steps(workdir.checkpoints)
    step = started[-1] if started else 0
    phases = [phase for phase in config.phases if phase.end > step]
    phase = phases[0] if phases else config.phases[-1]
    disk = _check_disk(config, workdir.path, run, len(started))
    damage.verify(manifest, config.data.directory, splits(config))
    measured = _measure(run, config, phase)
    return preflight_report.table(run.spec, run.model, disk, measured, step)


def command(arguments: Sequence[str]) -> str:
    """The command line of the real run, from that of its dry run."""
    kept = [word for word in arguments if not re.match(r"--?dry_run(=|$)", word)]
    line = cli.command_line(kept)
    return line if line.startswith(f"{cli.COMMAND} ") else f"python {line}"


@contextlib.contextmanager
def _scratch(path: str) -> Iterator[str]:
    """Temporary directory beside the working directory, on the same disk.

    Raises:
        ValueError: nothing can be written there.
    """
    path = path.rstrip("/")
    try:
        if files.is_remote(path):
            scratch = f"{path}.dry-run-{os.getpid()}"
            tf.io.gfile.makedirs(scratch)
        else:
            there = directories.existing_directory(path)
            if not os.access(there, os.W_OK):
                raise PermissionError("no permission")
            # Not inside the working directory, which must not change.
            place = directories.existing_directory(
                os.path.dirname(os.path.abspath(path))
            )
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
    """Makes signals raise an exception, so that `finally` blocks run."""
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
    # The next checkpoint is complete before an old one is removed.
    checkpoints = max(0, kept - already) + 1
    free = None
    if not files.is_remote(path):
        free = shutil.disk_usage(directories.existing_directory(path)).free
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
    # From the first batches: skipping to later ones takes time.
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
    # Kilobytes, but bytes on macOS.
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
