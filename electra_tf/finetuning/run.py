"""One fine-tuning run: its directory, its model, its result.

config.json        what is run, see `plan`
checkpoints/       the last epoch and the best one
train/  eval/      TensorBoard's event files
metrics.jsonl      the same scalars
saved_model/       the task model: text in, labels out
huggingface/       the task model for transformers
predictions.jsonl  a line per example of dev and tests: split, example, prediction
result.json        the scores; written last, so its run is complete
"""

import dataclasses
import json
from collections.abc import Sequence

import tensorflow as tf
from absl import logging

from electra_tf import directories, files
from electra_tf.finetuning import exports
from electra_tf.finetuning import plan as plans
from electra_tf.finetuning.loop import FinetuneLoop
from electra_tf.finetuning.model import TaskModel, rates
from electra_tf.finetuning.plan import FinetunePlan
from electra_tf.finetuning.step import FinetuneStep
from electra_tf.finetuning.task import TRAIN
from electra_tf.interop import encoders
from electra_tf.lock import Lock
from electra_tf.pretraining.optimizer import AdamWeightDecay
from electra_tf.pretraining.schedules import WarmupAndDecay
from electra_tf.pretraining.workdir import Workdir
from electra_tf.training import checkpoint_files
from electra_tf.training.checkpoints import Checkpoints
from electra_tf.training.preemption import Preemption

PREDICTIONS_NAME, RESULT_NAME = "predictions.jsonl", "result.json"
FILES = (
    "config.json",
    "checkpoints/*",
    "train/events.*",
    "eval/events.*",
    "metrics.jsonl",
    PREDICTIONS_NAME,
    RESULT_NAME,
    *exports.FILES,
    "*.tmp",
)
"""All files of a run, as patterns of `directories`."""


@dataclasses.dataclass
class FinetuneResult:
    """Scores of one run."""

    epoch: int
    """The best epoch on dev, from 1."""
    scores: dict[str, dict[str, float]]
    """Scores on dev and on each test."""
    seconds: float
    """Time for training and evaluation, over all starts of the run."""


class FinetuneRun:
    """One fine-tuning run with a fixed seed.

    Args:
        plan: what is run.
        output: parent of the run's directory.
        seed: for the head's weights, the order of the examples and dropout.
        strategy: has the devices.
        preemption: tells when to stop.
        held: the output's lock, checked before each save.
        formats: exports to write, see `exports.FORMATS`.
        overwrite: whether to replace a run of another plan.
    """

    def __init__(
        self,
        plan: FinetunePlan,
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

    def result(self) -> FinetuneResult:
        """Trains, resumes, or reads the result of a run that is complete.

        Raises:
            ValueError: the directory holds another run.
            FloatingPointError: the training diverged.
            Stopped: a signal came.
        """
        path = self._workdir.file(RESULT_NAME)
        self._open()
        missing = [
            name
            for name in self._formats
            if not tf.io.gfile.exists(self._workdir.file(name))
        ]
        is_complete = tf.io.gfile.exists(path)
        if is_complete and not missing:
            logging.info("seed %d is complete", self._seed)
            return files.read_json(path, FinetuneResult)
        loop = self._build()
        loop.train()
        result = self._evaluate_best(loop)
        for name in missing:
            with directories.whole(self._workdir.file(name)) as directory:
                exports.FORMATS[name](directory, self._plan, self._electra, self._model)
        result.seconds = loop.seconds
        if is_complete:  # Only exports were missing.
            result.seconds = files.read_json(path, FinetuneResult).seconds
        files.write_json(path, dataclasses.asdict(result))
        return result

    def _open(self) -> None:
        """Notes what is run here, or checks that it is what was started here.

        Raises:
            ValueError: the directory holds another run.
        """
        path = self._workdir.file("config.json")
        if problem := plans.difference(path, self._plan.as_json()):
            if not self._overwrite:
                raise ValueError(problem)
            directories.check_deletable(self._workdir.path, FILES, "--output")
            directories.remove(self._workdir.path, FILES)
        configured = self._plan.config.precision
        self._precision = plans.precision(path, configured, self._strategy)
        plans.note(path, self._plan, self._precision)

    def _build(self) -> FinetuneLoop:
        """Builds what trains, at the step of the latest checkpoint."""
        plan, config = self._plan, self._plan.config
        warmup_steps = round(config.warmup_fraction * plan.num_steps)
        random_seed = self._seed if plan.from_random else None
        with self._strategy.scope():
            self._electra = encoders.build(plan.encoder, self._precision, random_seed)
            self._model = TaskModel(
                self._electra, plan.task.head, plan.task.outputs, self._seed
            )
            variables = self._model.trainable_variables
            optimizer = AdamWeightDecay(
                variables,
                WarmupAndDecay(config.learning_rate, plan.num_steps, warmup_steps),
                config.weight_decay,
                config.gradient_clip_norm,
                rates(variables, config.layerwise_decay),
            )
            self._checkpoints = Checkpoints(
                self._workdir.checkpoints, self._model, optimizer, keep=1
            )
            checkpoint_files.remove_unfinished(self._checkpoints.directory)
            self._checkpoints.restore()
        step = FinetuneStep(
            self._model,
            optimizer,
            plan.task.loss,
            config.dropout,
            self._seed,
            self._strategy,
        )
        return FinetuneLoop(
            plan,
            self._seed,
            self._strategy,
            step,
            self._checkpoints,
            self._workdir,
            self._preemption,
            self._held,
        )

    def _evaluate_best(self, loop: FinetuneLoop) -> FinetuneResult:
        """Restores the best epoch, and predicts and scores dev and tests."""
        best = checkpoint_files.best(self._checkpoints.directory)
        assert best is not None
        self._checkpoints.restore(checkpoint_files.BEST)
        scores, lines = {}, []
        for name, split in self._plan.splits.items():
            if name == TRAIN:
                continue
            predictions, scores[name] = loop.evaluate(split)
            for example, predicted in zip(split.examples, predictions, strict=True):
                line = {"split": name, "example": example, "prediction": predicted}
                lines.append(json.dumps(line, ensure_ascii=False) + "\n")
        files.write(self._workdir.file(PREDICTIONS_NAME), "".join(lines))
        return FinetuneResult(best.step // self._plan.steps_per_epoch, scores, 0.0)
