"""The training loop of a fine-tuning run: epochs, readings, saves and the best epoch.

It resumes at the step of the checkpoint that its model was restored from.
"""

import time
from typing import Any

import numpy as np
import tensorflow as tf
from absl import logging

from electra_tf.config import Config
from electra_tf.finetuning import batches
from electra_tf.finetuning.plan import FinetunePlan
from electra_tf.finetuning.step import FinetuneStep
from electra_tf.finetuning.task import DEV, TRAIN, TaskSplit
from electra_tf.lock import Lock
from electra_tf.pretraining.workdir import Workdir
from electra_tf.training import readings
from electra_tf.training.checkpoints import Checkpoints
from electra_tf.training.preemption import Preemption
from electra_tf.training.readings import Writer

STEPS_PER_LOOP = 20
"""Steps between two returns to Python."""
SAVE_SECONDS = 600.0
"""Time between two saves and log lines within a long epoch."""
MAX_SKIPPED_UPDATES = Config.max_skipped_updates
"""So many updates in a row with a non-finite gradient end the run."""


class Stopped(Exception):
    """A signal stopped the run after its state was saved."""


class FinetuneLoop:
    """Trains the model of a run, and evaluates it.

    Args:
        plan: what is run.
        seed: for the order of the examples.
        strategy: has the devices.
        step: with the restored model and optimizer.
        checkpoints: those of the model and its optimizer.
        workdir: for readings and event files.
        preemption: tells when to stop.
        held: the output's lock, checked before each save.
    """

    def __init__(
        self,
        plan: FinetunePlan,
        seed: int,
        strategy: tf.distribute.Strategy,
        step: FinetuneStep,
        checkpoints: Checkpoints,
        workdir: Workdir,
        preemption: Preemption,
        held: Lock,
    ) -> None:
        self._plan = plan
        self._seed = seed
        self._strategy = strategy
        self._step = step
        self._checkpoints = checkpoints
        self._workdir = workdir
        self._preemption = preemption
        self._held = held
        self._begin = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Time since the loop was made, and in former starts of the run."""
        return time.perf_counter() - self._begin

    @property
    def _taken(self) -> int:
        """Steps so far."""
        return int(self._step.optimizer.iterations.numpy())

    def train(self) -> None:
        """Trains to the last step.

        Raises:
            FloatingPointError: the training diverged.
            Stopped: a signal came.
        """
        plan, config = self._plan, self._plan.config
        readings.drop_after(self._workdir.path, self._taken)
        if earlier := self._workdir.readings("train"):
            self._begin -= earlier[-1]["seconds"]
        path = self._workdir.path
        train, dev = Writer(path, "train"), Writer(path, "eval")
        self._checkpoints.before_save = (self._held.check, train.sync, dev.sync)
        features = plan.splits[TRAIN].features
        learning_rate = self._step.optimizer.learning_rate
        order = np.concatenate(
            [
                batches.shuffled(features, config.batch_size, self._seed, epoch)
                for epoch in range(config.num_epochs)
            ]
        )
        if (taken := self._taken) and taken % plan.steps_per_epoch == 0:
            # A kill may have come between this checkpoint and the note of the best.
            self._save_epoch(taken, self.evaluate(plan.splits[DEV])[1])
        iterator = iter(batches.dataset(features, order[taken:], self._strategy))
        saved = time.perf_counter()
        while (taken := self._taken) < plan.num_steps:
            to_epoch = plan.steps_per_epoch - taken % plan.steps_per_epoch
            length = min(STEPS_PER_LOOP, to_epoch)
            start = time.perf_counter()
            total, norm = self._step.train(iterator, tf.constant(length))
            self._check_finite()
            loss = float(total) / length
            rate = length * config.batch_size / (time.perf_counter() - start)
            taken += length
            train.scalars(
                taken,
                {
                    "loss": loss,
                    "learning_rate": float(learning_rate(taken - 1)),
                    "gradient_norm": float(norm),
                    "throughput/examples_per_second": rate,
                    "seconds": self.seconds,
                },
            )
            if taken % plan.steps_per_epoch == 0:
                self._end_epoch(taken, dev, loss, rate)
                saved = time.perf_counter()
            elif time.perf_counter() - saved > SAVE_SECONDS:
                self._checkpoints.save(taken)
                self._log(taken, f"loss {loss:.4f}, saved", rate)
                saved = time.perf_counter()
            if self._preemption.is_requested() and taken < plan.num_steps:
                self._checkpoints.save(taken)
                raise Stopped(self._preemption.name)
        train.close()
        dev.close()

    def evaluate(self, split: TaskSplit) -> tuple[list[Any], dict[str, float]]:
        """Returns predictions for all examples, and their scores."""
        task, batch_size = self._plan.task, self._plan.config.batch_size
        logits = self._step.logits(split.features, batch_size)
        if split is self._plan.splits[DEV]:
            task.tune(split, logits)
        predictions = task.predictions(split, logits)
        return predictions, task.scores(split.examples, predictions)

    def _check_finite(self) -> None:
        """Warns of skipped updates, and ends a run that has too many in a row."""
        in_a_row = self._step.optimizer.take_longest_skipped_row()
        if in_a_row:
            logging.warning(
                "seed %d: %d updates in a row had a non-finite gradient and were "
                "skipped",
                self._seed,
                in_a_row,
            )
        if in_a_row >= MAX_SKIPPED_UPDATES:
            raise FloatingPointError(
                f"The gradient of seed {self._seed} was not finite in {in_a_row} "
                "updates in a row: lower config.learning_rate="
                f"{self._plan.config.learning_rate}, and use another --output."
            )

    def _end_epoch(self, taken: int, writer: Writer, loss: float, rate: float) -> None:
        """Evaluates dev and saves."""
        plan, split = self._plan, self._plan.splits[DEV]
        predictions, scores = self.evaluate(split)
        writer.scalars(taken, {f"dev/{name}": value for name, value in scores.items()})
        # Before the table, which is only to be looked at.
        self._save_epoch(taken, scores)
        if table := plan.task.confusion(split.examples, predictions):
            writer.text(taken, "dev/confusion", table)
        epoch = f"epoch {taken // plan.steps_per_epoch}/{plan.config.num_epochs}"
        score = f"dev {plan.task.metric} {scores[plan.task.metric]:.4f}"
        self._log(taken, f"{epoch} loss {loss:.4f} {score}", rate)

    def _save_epoch(self, taken: int, scores: dict[str, float]) -> None:
        metric = self._plan.task.metric
        self._checkpoints.save(taken)
        # `save_if_best` keeps the lowest value.
        self._checkpoints.save_if_best(taken, f"-{metric}", -scores[metric])

    def _log(self, taken: int, message: str, rate: float) -> None:
        """Logs the progress; `rate` is in examples per second."""
        steps = self._plan.num_steps
        logging.info(
            "seed %d step %s/%s (%.0f%%) %s | %.0f examples/s, %.0f s left",
            self._seed,
            f"{taken:,}",
            f"{steps:,}",
            100 * taken / steps,
            message,
            rate,
            (steps - taken) * self._plan.config.batch_size / rate,
        )
