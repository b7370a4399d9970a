"""One fine-tuning run: epochs, the best of them, and its predictions.

The files that it writes are those of `run_files`.
"""

import dataclasses
import json
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from absl import logging

from electra_tf import directories, files
from electra_tf.finetuning import (
    batches,
    huggingface_export,
    notes,
    progress,
    saved_model_export,
)
from electra_tf.finetuning import source as sources
from electra_tf.finetuning.model import TaskModel, rates
from electra_tf.finetuning.plan import Plan
from electra_tf.finetuning.run_files import (
    FILES,
    PREDICTIONS_NAME,
    RESULT_NAME,
    SAVED_MODEL,
)
from electra_tf.finetuning.step import Step
from electra_tf.finetuning.tasks import DEV, TRAIN, Split
from electra_tf.lock import Lock
from electra_tf.pretraining.optimizer import AdamWeightDecay
from electra_tf.pretraining.schedules import WarmupAndDecay
from electra_tf.pretraining.summaries import Writer
from electra_tf.pretraining.workdir import Workdir, drop_readings_after
from electra_tf.training import checkpoint_files
from electra_tf.training.checkpoints import Checkpoints
from electra_tf.training.preemption import Preemption

STEPS_PER_LOOP = 20
"""Between two returns to Python."""
SAVE_SECONDS = 600.0
"""Within a long epoch: what a kill may cost, and the time between two messages."""


class Stopped(Exception):
    """A signal came; what was trained is saved."""


@dataclasses.dataclass
class Result:
    """Of one run."""

    epoch: int
    """The best one on dev, from 1."""
    scores: dict[str, dict[str, float]]
    """Of dev and of each test."""
    seconds: float
    """Of training and evaluation, with what was done before a resume."""


class Run:
    """Of one seed.

    Args:
        plan: of all runs.
        output: directory of all runs.
        seed: of the head, the order of the examples and dropout.
        strategy: of the devices.
        preemption: that says whether to stop.
        held: the lock of the output, checked before each save.
        formats: of the task model, some of `run_files.FORMATS`.
        overwrite: whether a run of another plan is replaced.
    """

    def __init__(
        self,
        plan: Plan,
        output: str,
        seed: int,
        strategy: tf.distribute.Strategy,
        preemption: Preemption,
        held: Lock,
        formats: Sequence[str] = (),
        overwrite: bool = False,
    ) -> None:
        self._plan = plan
        self._seed = seed
        self._strategy = strategy
        self._preemption = preemption
        self._held = held
        self._formats = formats
        self._overwrite = overwrite
        self._workdir = Workdir(tf.io.gfile.join(output, f"seed-{seed}"))

    def result(self) -> Result:
        """Trains, or goes on, or reads what has ended before.

        Raises:
            ValueError: the directory holds another run.
            FloatingPointError: the training diverged.
            Stopped: by a signal.
        """
        path = self._workdir.file(RESULT_NAME)
        self._check()
        exports = [self._workdir.file(name) for name in self._formats]
        if all(tf.io.gfile.exists(one) for one in (path, *exports)):
            logging.info("seed %d has ended before", self._seed)
            return files.read_json(path, Result)
        self._begin = time.perf_counter()
        self._build()
        self._train()
        result = self._judge()
        if tf.io.gfile.exists(path):  # Only an export was missing.
            result.seconds = files.read_json(path, Result).seconds
        files.write_json(path, dataclasses.asdict(result))
        return result

    def _check(self) -> None:
        """Notes what is run here, and takes the precision that it began with.

        Raises:
            ValueError: something else was run here.
        """
        source, path = self._plan.source, self._workdir.file("config.json")
        asked = self._plan.config.precision
        self._precision = notes.precision(path, asked, self._strategy)
        beginning = {
            "model": source.path,
            "checkpoint": source.checkpoint,
            "precision": self._precision.name,
        }
        said = self._plan.as_json()
        if self._overwrite and notes.difference(path, said, beginning):
            directories.check_deletable(self._workdir.path, FILES, "--output")
            directories.remove(self._workdir.path, FILES)
            return self._check()
        notes.agree(path, said, beginning)

    def _build(self) -> None:
        plan, config = self._plan, self._plan.config
        examples = len(plan.splits[TRAIN].features.ids_NS)
        self._per_epoch = -(-examples // config.batch_size)
        self._steps = self._per_epoch * config.num_epochs
        warmup_steps = round(config.warmup_fraction * self._steps)
        random_seed = self._seed if plan.from_random else None
        with self._strategy.scope():
            self._electra = sources.build(plan.source, self._precision, random_seed)
            model = TaskModel(
                self._electra, plan.task.head, plan.task.outputs, self._seed
            )
            variables = model.trainable_variables
            optimizer = AdamWeightDecay(
                variables,
                WarmupAndDecay(config.learning_rate, self._steps, warmup_steps),
                config.weight_decay,
                config.gradient_clip_norm,
                rates(variables, config.layerwise_decay),
            )
            self._checkpoints = Checkpoints(
                self._workdir.checkpoints, model, optimizer, keep=1
            )
            checkpoint_files.remove_unfinished(self._checkpoints.directory)
            self._checkpoints.restore()
        self._step = Step(
            model,
            optimizer,
            plan.task.loss,
            config.dropout,
            self._seed,
            self._strategy,
        )

    @property
    def _taken(self) -> int:
        """Steps so far."""
        return int(self._step.optimizer.iterations.numpy())

    def _train(self) -> None:
        drop_readings_after(self._workdir.metrics, self._taken)
        if earlier := self._workdir.readings("train"):
            self._begin -= earlier[-1]["seconds"]
        train, dev = Writer(self._workdir, "train"), Writer(self._workdir, "eval")
        self._checkpoints.before_save = (self._held.check, train.sync, dev.sync)
        features, config = self._plan.splits[TRAIN].features, self._plan.config
        order = np.concatenate(
            [
                batches.shuffled(features, config.batch_size, self._seed, epoch)
                for epoch in range(config.num_epochs)
            ]
        )
        if (taken := self._taken) and taken % self._per_epoch == 0:
            # A kill may have come between this checkpoint and the note of the best.
            self._save_epoch(taken, self._ask(self._plan.splits[DEV])[1])
        iterator = iter(batches.dataset(features, order[taken:], self._strategy))
        saved = time.perf_counter()
        while (taken := self._taken) < self._steps:
            length = min(STEPS_PER_LOOP, self._per_epoch - taken % self._per_epoch)
            start = time.perf_counter()
            total, norm = self._step.train(iterator, tf.constant(length))
            progress.check_finite(self._step.optimizer, self._seed)
            loss = float(total) / length
            rate = length * config.batch_size / (time.perf_counter() - start)
            taken += length
            train.scalars(
                taken,
                {
                    "loss": loss,
                    "learning_rate": float(
                        self._step.optimizer.learning_rate(taken - 1)
                    ),
                    "gradient_norm": float(norm),
                    "throughput/examples_per_second": rate,
                    "seconds": time.perf_counter() - self._begin,
                },
            )
            if taken % self._per_epoch == 0:
                self._judge_epoch(taken, dev, loss, rate)
                saved = time.perf_counter()
            elif time.perf_counter() - saved > SAVE_SECONDS:
                self._checkpoints.save(taken)
                self._say(taken, f"loss {loss:.4f}, saved", rate)
                saved = time.perf_counter()
            if self._preemption.is_requested() and taken < self._steps:
                self._checkpoints.save(taken)
                raise Stopped(self._preemption.name)
        train.close()
        dev.close()

    def _judge_epoch(
        self, taken: int, writer: Writer, loss: float, rate: float
    ) -> None:
        task, split = self._plan.task, self._plan.splits[DEV]
        predicted, found = self._ask(split)
        writer.scalars(taken, {f"dev/{name}": value for name, value in found.items()})
        # Before anything that is only to be looked at.
        self._save_epoch(taken, found)
        if table := task.confusion(split.examples, predicted):
            writer.text(taken, "dev/confusion", table)
        epoch = f"epoch {taken // self._per_epoch}/{self._plan.config.num_epochs}"
        score = f"dev {task.metric} {found[task.metric]:.4f}"
        self._say(taken, f"{epoch} loss {loss:.4f} {score}", rate)

    def _say(self, taken: int, what: str, rate: float) -> None:
        batch_size = self._plan.config.batch_size
        progress.say(self._seed, taken, self._steps, what, rate, batch_size)

    def _save_epoch(self, taken: int, found: dict[str, float]) -> None:
        metric = self._plan.task.metric
        # What is the lowest stays.
        self._checkpoints.save(taken)
        self._checkpoints.save_if_best(taken, f"-{metric}", -found[metric])

    def _judge(self) -> Result:
        """Scores of the best epoch."""
        best = checkpoint_files.best(self._checkpoints.directory)
        assert best is not None
        self._checkpoints.restore(checkpoint_files.BEST)
        scores, lines = {}, []
        for name, split in self._plan.splits.items():
            if name == TRAIN:
                continue
            predictions, scores[name] = self._ask(split)
            for example, predicted in zip(split.examples, predictions, strict=True):
                line = {"split": name, "example": example, "prediction": predicted}
                lines.append(json.dumps(line, ensure_ascii=False) + "\n")
        files.write(self._workdir.file(PREDICTIONS_NAME), "".join(lines))
        for name in self._formats:
            path = self._workdir.file(name)
            if not tf.io.gfile.exists(path):
                with directories.whole(path) as directory:
                    self._export(name, directory)
        return Result(
            epoch=best.step // self._per_epoch,
            scores=scores,
            seconds=time.perf_counter() - self._begin,
        )

    def _answers(self, shape: tuple[int, ...]) -> np.ndarray:
        """Zeros [N, L] of texts or [N, S, L] of tokens."""
        task = self._plan.task
        sizes = shape[:1] if task.head == "text" else shape
        return np.zeros((*sizes, task.outputs), np.float32)

    def _export(self, name: str, directory: str) -> None:
        plan, model = self._plan, self._step.model
        if name == SAVED_MODEL:
            saved_model_export.write(directory, plan, model)
            return
        huggingface_export.write(
            directory,
            self._electra,
            model,
            plan.task.labels,
            plan.source,
            plan.config.max_seq_length,
            plan.task.settings(),
        )

    def _ask(self, split: Split) -> tuple[list[Any], dict[str, float]]:
        """Predictions of all examples, and their scores."""
        order = batches.by_length(split.features, self._plan.config.batch_size)
        found = batches.dataset(split.features, order, self._strategy)
        logits = self._answers(split.features.ids_NS.shape)
        for places_B, batch in zip(order, found, strict=True):
            answers = self._step.answer(batch).numpy()[places_B >= 0]
            # Of tokens, those of a batch that was cut have no answers at their end.
            tail = [slice(size) for size in answers.shape[1:]]
            logits[(places_B[places_B >= 0], *tail)] = answers
        task = self._plan.task
        if split is self._plan.splits[DEV]:
            task.tune(split, logits)
        predictions = task.predictions(split, logits)
        return predictions, task.scores(split.examples, predictions)
