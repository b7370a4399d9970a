"""The pre-training loop: Python outside, loops of steps on the device."""

import contextlib
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, NamedTuple

import tensorflow as tf
from absl import logging

from electra_tf import files, lock
from electra_tf.config import Config, Phase
from electra_tf.lock import Lock
from electra_tf.pretraining import metric_sums
from electra_tf.pretraining.evaluation import Evaluator
from electra_tf.pretraining.log import Log
from electra_tf.pretraining.run import Run, check
from electra_tf.pretraining.workdir import Workdir
from electra_tf.shards import records
from electra_tf.training import checkpoint_files
from electra_tf.training import strategy as strategies
from electra_tf.training.checkpoints import NotSaved
from electra_tf.training.preemption import Preemption

if TYPE_CHECKING:
    from electra_tf.pretraining.profiling import Profiler


class Result(NamedTuple):
    """How a call of `Training.train` ended."""

    step: int
    evaluation: dict[str, float] | None
    """The last held-out metrics of this call; None if it did not evaluate."""
    signal: str = ""
    """Signal that ended it before the last step, such as "SIGTERM"; "" if none did."""


class WorkerLost(Exception):
    """Another worker of this run does not answer; the same command resumes."""


def train(
    config: Config,
    workdir: Workdir,
    strategy: tf.distribute.Strategy,
    profile_steps: str = "",
) -> Result:
    """Trains from random weights, or from the latest checkpoint, to the last step."""
    with opened(config, workdir, strategy) as training:
        return training.train(profile_steps)


@contextlib.contextmanager
def opened(
    config: Config, workdir: Workdir, strategy: tf.distribute.Strategy
) -> Iterator["Training"]:
    """Checks and builds a run, and holds its directory and the signals until the end.

    Args:
        config: validated.
        workdir: locked here; written to, from `Training.train` on, by one process.
        strategy: distribution strategy.

    Raises:
        ValueError: shards, vocabulary, devices or working directory do not fit, or
            another process trains in the directory.
        WorkerLost: another worker does not answer.
    """
    spec = check(config, workdir, strategy)
    with contextlib.ExitStack() as stack:
        held = None
        if strategies.is_chief(strategy):
            held = stack.enter_context(lock.exclusive(workdir.path))
            checkpoint_files.remove_unfinished(workdir.checkpoints)
        # Before the model is made: on several workers a signal must reach all of them.
        preemption = stack.enter_context(Preemption(strategy))
        with _workers_watched(strategy, "while the model was made"):
            run = Run(spec, workdir, strategy)
        yield Training(run, workdir, held, preemption)


class Training:
    """The loop of a run, and what it passes from one device loop to the next.

    Args:
        run: at the step to start or resume from.
        workdir: working directory of the run.
        held: lock of the directory, if this process writes there.
        preemption: reports signals.
    """

    def __init__(
        self, run: Run, workdir: Workdir, held: Lock | None, preemption: Preemption
    ) -> None:
        self.run = run
        self._config = run.spec.config
        self._workdir = workdir
        self._held = held
        self._preemption = preemption
        self._log: Log | None = None
        self._profiler: Profiler | None = None
        self._evaluation: dict[str, float] | None = None

    def train(self, profile_steps: str = "") -> Result:
        """Trains to `config.num_train_steps`, or until a signal.

        Args:
            profile_steps: steps to trace, as `profiling.parse` reads them; "": none.

        Raises:
            ValueError: a disk is full or damaged, or there are no such steps to trace.
            FloatingPointError: too many updates in a row had a non-finite gradient.
            WorkerLost: another worker does not answer.
        """
        with contextlib.ExitStack() as stack:
            if profile_steps:
                from electra_tf.pretraining import profiling

                steps = profiling.parse(profile_steps, self._config.num_train_steps)
                self._profiler = stack.enter_context(
                    profiling.Profiler(steps, self._workdir, self.run.strategy)
                )
            # Not before everything was checked: a refused run leaves no directory.
            if self._held is not None:
                self._log = stack.enter_context(self._opened_log(self._held))
            self.run.start_words(self._workdir)
            self._evaluate_if_missing()
            return self._train_phases()

    @contextlib.contextmanager
    def _opened_log(self, held: Lock) -> Iterator[Log]:
        spec = self.run.spec
        self._workdir.open(spec.config, spec.manifest, spec.vocabulary)
        log = Log(spec.config, self._workdir, spec.vocabulary, self.run.step)
        # Readings up to a checkpoint must be there when the run resumes from it.
        self.run.checkpoints.before_save = (held.check, log.sync)
        try:
            yield log
        finally:
            log.close()

    def _train_phases(self) -> Result:
        run = self.run
        for phase in self._config.phases:
            if run.step >= phase.end:
                continue
            if self._log is not None:
                self._log.phase(phase, run.step)
            if not self._train_phase(phase):
                name = self._preemption.name or "a signal to another worker"
                return Result(run.step, self._evaluation, name)
        if self._log is not None:
            self._log.positions(run.position_counts.total_P.numpy())
        return Result(run.step, self._evaluation)

    def _evaluate_if_missing(self) -> None:
        """Makes up for an evaluation that a signal prevented before the resume."""
        step = self.run.step
        if not 0 < step < self._config.num_train_steps:
            return
        phase = self._config.phase(step)
        evaluator = self.run.evaluator(phase)
        if evaluator is None or not self._is_time(self._config.eval_every):
            return
        if not any(one["step"] == step for one in self._workdir.readings("eval")):
            with self._explained():
                self._evaluate(evaluator, phase)

    def _train_phase(self, phase: Phase) -> bool:
        """Trains to the phase's end; returns False if a signal came first."""
        config, run, profiler = self._config, self.run, self._profiler
        iterator, evaluator = run.batches(phase), run.evaluator(phase)
        meter = run.meter(phase)
        sums, is_compiled = metric_sums.zeros(), False
        while run.step < phase.end:
            length = config.steps_per_loop - run.step % config.steps_per_loop
            length = min(length, phase.end - run.step)
            tracing: AbstractContextManager[bool] = contextlib.nullcontext(False)
            if profiler is not None:
                length = profiler.cut(run.step, length)
                tracing = profiler.around(run.step, length)
            with tracing as is_traced, self._explained():
                start = time.perf_counter()
                report = run.steps.train(iterator, tf.constant(length))
                sums = metric_sums.add(sums, run.accumulator.take())
                run.position_counts.settle()
                seconds = time.perf_counter() - start
                is_to_end = self._preemption.is_requested()
            # The first loop is mostly compilation, and the profiler takes time as well.
            if is_compiled and not is_traced:
                meter.add(length, seconds, float(report.input_wait_seconds))
            is_compiled = True
            run.step += length
            self._check_finite()

            if self._is_time(config.log_every):
                if self._log is not None:
                    skipped = int(run.optimizer.skipped.numpy())
                    self._log.training(run.step, sums, report, meter.read(), skipped)
                sums = metric_sums.zeros()
            if is_to_end and run.step < config.num_train_steps:
                run.checkpoints.save(run.step)
                return False
            if evaluator is not None and self._is_time(config.eval_every):
                with self._explained():
                    self._evaluate(evaluator, phase)
            if self._is_time(config.checkpoint_every):
                with self._unless_last():
                    run.checkpoints.save(run.step)
        return True

    def _is_time(self, every: int) -> bool:
        step = self.run.step
        ends = [phase.end for phase in self._config.phases]
        return bool(every) and (step % every == 0 or step in ends)

    def _evaluate(self, evaluator: Evaluator, phase: Phase) -> None:
        step = self.run.step
        held_out = evaluator.sums()
        self._evaluation = evaluator.scalars(held_out)
        if self._log is not None:
            self._log.held_out(step, self._evaluation, held_out, evaluator)
        if self._config.keep_best:
            # Losses at different lengths can't be compared.
            metric = f"loss/total at {phase.length} tokens"
            value = self._evaluation["loss/total"]
            with self._unless_last():
                self.run.checkpoints.save_if_best(step, metric, value)

    @contextlib.contextmanager
    def _unless_last(self) -> Iterator[None]:
        """Logs a failed save before the last step: the next one may succeed."""
        try:
            yield
        except NotSaved as error:
            if self.run.step == self._config.num_train_steps:
                raise
            logging.error("%s Training goes on", error)

    def _check_finite(self) -> None:
        optimizer, config = self.run.optimizer, self._config
        in_a_row = optimizer.take_longest_skipped_row()
        if in_a_row:
            logging.warning(
                "%d updates so far had a non-finite gradient and were skipped, %d in a "
                "row",
                int(optimizer.skipped.numpy()),
                in_a_row,
            )
        if in_a_row >= config.max_skipped_updates:
            there = checkpoint_files.steps(self.run.checkpoints.directory)
            raise FloatingPointError(
                f"The gradient was not finite in {in_a_row} updates in a row before "
                f"step {self.run.step} (config.max_skipped_updates="
                f"{config.max_skipped_updates}); the last good checkpoint is "
                f"{f'that of step {there[-1]}' if there else 'none'}. Lower "
                "config.learning_rate or raise config.warmup_steps, and start again in "
                "another --workdir (config.init_from=THIS_WORKDIR keeps the weights)."
            )

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """Turns errors of the device loop into ones that a person can act on."""
        try:
            with _workers_watched(self.run.strategy, f"after step {self.run.step}"):
                yield
        except records.UNREADABLE as error:
            from electra_tf.shards import damage

            spec, splits = self.run.spec, ("train", "valid")
            directory = spec.config.data.directory
            damage.explain(spec.manifest, directory, splits, error)
            raise


@contextlib.contextmanager
def _workers_watched(strategy: tf.distribute.Strategy, when: str) -> Iterator[None]:
    try:
        yield
    except (tf.errors.UnavailableError, tf.errors.AbortedError) as error:
        if strategies.hosts(strategy) == 1:  # A storage does not answer.
            raise
        raise WorkerLost(
            f"A worker of this run no longer answers, {when} "
            f"({files.reason(error)}): start all of them again with the same command, "
            "and the run resumes from its latest checkpoint."
        ) from error
