"""The pre-training run: Python outside, loops of steps on the device."""

import contextlib
import time
from collections.abc import Iterator
from typing import NamedTuple

import tensorflow as tf
from absl import logging

from electra_tf import files, lock
from electra_tf.config import Config, Phase
from electra_tf.pretraining import checkpoint_files, metric_sums, profiling
from electra_tf.pretraining import strategy as strategies
from electra_tf.pretraining.checkpoints import NotSaved
from electra_tf.pretraining.evaluation import Evaluator
from electra_tf.pretraining.log import Log
from electra_tf.pretraining.preemption import Preemption
from electra_tf.pretraining.run import Initializer, Plan, Run, plan
from electra_tf.pretraining.workdir import Workdir
from electra_tf.shards import damage


class Result(NamedTuple):
    """What a run ended with."""

    step: int
    evaluation: dict[str, float] | None
    """The last held-out metrics of this call; None where nothing was evaluated."""
    signal: str = ""
    """What ended it before its last step, such as "SIGTERM"; "" for nothing."""


class WorkerLost(Exception):
    """Another worker of this run does not answer; the same command resumes."""


def train(
    config: Config,
    workdir: Workdir,
    strategy: tf.distribute.Strategy,
    initialize: Initializer | None = None,
    profile_steps: profiling.StepRange = profiling.NOTHING,
) -> Result:
    """Trains to `config.num_train_steps`, from the latest checkpoint if there is one.

    Args:
        config: validated.
        workdir: where everything is written; made here.
        strategy: of the devices.
        initialize: for other first weights than random ones.
        profile_steps: to trace for TensorBoard, into `train/` of the directory.

    Raises:
        ValueError: shards, vocabulary, devices or working directory do not fit, another
            process trains in the directory, or a disk is full or damaged.
        FloatingPointError: too many updates in a row had a non-finite gradient.
        WorkerLost: another worker does not answer.
    """
    planned = plan(config, workdir, strategy)
    is_chief = strategies.is_chief(strategy)
    with contextlib.ExitStack() as stack:
        if is_chief:
            held = stack.enter_context(lock.exclusive(workdir.path))
            checkpoint_files.remove_unfinished(workdir.checkpoints)
        # Before the model is made, for on several workers a signal must reach them all.
        preemption = stack.enter_context(Preemption(strategy))
        with _workers_watched(strategy, "while the model was made"):
            run = Run(planned, workdir, strategy, initialize)
        # After all that can be refused: a run that was refused leaves no directory.
        log = None
        if is_chief:
            workdir.open(planned.config, planned.manifest, planned.vocabulary)
            log = Log(planned.config, workdir, planned.vocabulary, run.step)
            stack.callback(log.close)
            # Readings up to a checkpoint must be there when the run resumes from it.
            run.checkpoints.before_save = (held.check, log.sync)
        profiler = profiling.Profiler(profile_steps, workdir.file("train"), is_chief)
        stack.callback(profiler.close)
        training = _Training(planned, run, log, preemption, profiler)
        training.evaluate_what_was_left(workdir)
        return training.train()


class _Training:
    """The loop, and what it passes from one device loop to the next."""

    def __init__(
        self,
        planned: Plan,
        run: Run,
        log: Log | None,
        preemption: Preemption,
        profiler: profiling.Profiler,
    ) -> None:
        self._plan = planned
        self._config = planned.config
        self._run = run
        self._log = log
        self._preemption = preemption
        self._profiler = profiler
        self._evaluation: dict[str, float] | None = None

    def train(self) -> Result:
        run = self._run
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

    def evaluate_what_was_left(self, workdir: Workdir) -> None:
        """Evaluates the step that a run was stopped at, where its turn was then."""
        step = self._run.step
        if not 0 < step < self._config.num_train_steps:
            return
        phase = self._config.phase(step)
        evaluator = self._run.evaluator(phase)
        if evaluator is None or not self._is_time(self._config.eval_every):
            return
        if not any(one["step"] == step for one in workdir.readings("eval")):
            with self._explained():
                self._evaluate(evaluator, phase)

    def _train_phase(self, phase: Phase) -> bool:
        """Trains to the phase's end; False where a signal came first."""
        config, run = self._config, self._run
        iterator, evaluator = run.batches(phase), run.evaluator(phase)
        meter = run.meter(phase)
        sums, is_traced = metric_sums.zeros(), False
        while run.step < phase.end:
            length = config.steps_per_loop - run.step % config.steps_per_loop
            length = self._profiler.cut(run.step, min(length, phase.end - run.step))
            with self._profiler.around(run.step, length), self._explained():
                start = time.perf_counter()
                report = run.steps.train(iterator, tf.constant(length))
                sums = metric_sums.add(sums, run.accumulator.take())
                run.position_counts.settle()
                seconds = time.perf_counter() - start
                is_to_end = self._preemption.is_requested()
            # A trace takes time as well.
            if is_traced and not self._profiler.includes(run.step):
                meter.add(length, seconds, float(report.input_wait_seconds))
            is_traced = True  # The first loop's time is mostly tracing: not counted.
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
        step = self._run.step
        ends = [phase.end for phase in self._config.phases]
        return bool(every) and (step % every == 0 or step in ends)

    def _evaluate(self, evaluator: Evaluator, phase: Phase) -> None:
        step = self._run.step
        held_out = evaluator.sums()
        self._evaluation = evaluator.scalars(held_out)
        if self._log is not None:
            self._log.held_out(step, self._evaluation, held_out, evaluator)
        if self._config.keep_best:
            # Losses at another length are others.
            metric = f"loss/total at {phase.length} tokens"
            value = self._evaluation["loss/total"]
            with self._unless_last():
                self._run.checkpoints.save_if_best(step, metric, value)

    @contextlib.contextmanager
    def _unless_last(self) -> Iterator[None]:
        """Where a save fails before the end, the next one may do."""
        try:
            yield
        except NotSaved as error:
            if self._run.step == self._config.num_train_steps:
                raise
            logging.error("%s Training goes on", error)

    def _check_finite(self) -> None:
        optimizer, config = self._run.optimizer, self._config
        in_a_row = optimizer.take_longest_skipped_row()
        if in_a_row:
            logging.warning(
                "%d updates so far had a non-finite gradient and were skipped, %d in a "
                "row",
                int(optimizer.skipped.numpy()),
                in_a_row,
            )
        if in_a_row >= config.max_skipped_updates:
            there = checkpoint_files.steps(self._run.checkpoints.directory)
            raise FloatingPointError(
                f"The gradient was not finite in {in_a_row} updates in a row before "
                f"step {self._run.step} (config.max_skipped_updates="
                f"{config.max_skipped_updates}); the last good checkpoint is "
                f"{f'that of step {there[-1]}' if there else 'none'}. Lower "
                "config.learning_rate or raise config.warmup_steps, and start again in "
                "another --workdir (config.init_from=THIS_WORKDIR keeps the weights)."
            )

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """Says of errors of the device loop what they mean to a person."""
        try:
            with _workers_watched(self._run.strategy, f"after step {self._run.step}"):
                yield
        except damage.UNREADABLE as error:
            directory, splits = self._config.data.directory, ("train", "valid")
            damage.explain(self._plan.manifest, directory, splits, error)
            raise


@contextlib.contextmanager
def _workers_watched(strategy: tf.distribute.Strategy, when: str) -> Iterator[None]:
    try:
        yield
    except (tf.errors.UnavailableError, tf.errors.AbortedError) as error:
        if strategies.hosts(strategy) == 1:  # A storage that is out of reach.
            raise
        raise WorkerLost(
            f"A worker of this run does not answer any more, {when} "
            f"({files.reason(error)}): start all of them again with the same command, "
            "and the run resumes from its latest checkpoint."
        ) from error
