"""Evaluation on a split of the shards, with masks that never change.

Examples have the length of the training step before the evaluation. Before its last
phase, a run has not trained the positions of longer examples, and the metrics would
measure that. The text is the same at every length, so that readings can be compared.
"""

import numpy as np
import tensorflow as tf

from electra_tf.batch import Batch
from electra_tf.config import Config
from electra_tf.model.masking import MaskedBatch
from electra_tf.pretraining import metric_sums, metrics, trained
from electra_tf.pretraining.forward import Forward
from electra_tf.pretraining.metric_sums import Accumulator, MetricSums
from electra_tf.pretraining.step import Step
from electra_tf.pretraining.workdir import Workdir, check_data
from electra_tf.shards import checks, damage, pipeline
from electra_tf.shards.manifest import Manifest
from electra_tf.training import checkpoint_files
from electra_tf.training import strategy as strategies

BATCHES_PER_LOOP = 100
LENGTH_TAG = "data/seq_length"
"""Tag of the tokens per example in a reading."""


class Evaluator:
    """Evaluates a model on one split.

    Args:
        step: the steps of a run, or steps without an optimizer.
        config: gives the batch size (that of a micro-batch) and the weights of the
            losses.
        manifest: manifest of the shards.
        directory: directory of the shards.
        split: "valid" or "train".
        length: tokens per example.
        examples: at most this many examples of the shards; 0: all.
    """

    def __init__(
        self,
        step: Step,
        config: Config,
        manifest: Manifest,
        directory: str,
        split: str,
        length: int,
        examples: int = 0,
    ) -> None:
        self._step = step
        self._config = config
        self._length = length
        self._batches = pipeline.eval_batches(
            manifest, split, config.micro_batch_size, examples, length
        )
        replicas = step.strategy.num_replicas_in_sync

        def dataset(context: tf.distribute.InputContext | None) -> tf.data.Dataset:
            return pipeline.eval_dataset(
                manifest,
                directory,
                split,
                config.micro_batch_size // replicas,
                examples,
                context,
                length,
            )

        self._dataset = step.strategy.distribute_datasets_from_function(dataset)
        self._examples_to_show = dataset(None)

    def sums(self) -> MetricSums:
        """Returns the metric sums over the split; every worker must call it."""
        iterator, sums = iter(self._dataset), metric_sums.zeros()
        for first in range(0, self._batches, BATCHES_PER_LOOP):
            last = min(first + BATCHES_PER_LOOP, self._batches)
            self._step.evaluate(iterator, tf.constant(first), tf.constant(last))
            sums = metric_sums.add(sums, self._step.accumulator.take())
        return sums

    def scalars(self, sums: MetricSums) -> dict[str, float]:
        """Returns the metrics and the length by their tags."""
        return {LENGTH_TAG: self._length, **metrics.scalars(sums, self._config)}

    def samples(self, number: int = 4) -> tuple[Batch, MaskedBatch, Forward]:
        """Returns the split's first examples and the results on them, in NumPy."""
        batch = next(iter(self._examples_to_show))
        batch = Batch(*(values_BS[:number] for values_BS in batch))
        masked, result = self._step.predict(batch)
        return tf.nest.map_structure(np.asarray, (batch, masked, result))


def evaluate_workdir(
    workdir: Workdir,
    directory: str,
    split: str,
    examples: int,
    strategy: tf.distribute.Strategy,
    which: str = checkpoint_files.LATEST,
) -> dict[str, float]:
    """Evaluates a checkpoint of a run, at the length of its last training step.

    Args:
        workdir: working directory of the run.
        directory: directory of the shards; "": those of the run.
        split: "valid" or "train".
        examples: at most this many examples of the shards; 0: all.
        strategy: its replicas run the steps.
        which: the checkpoint, as in `checkpoint_files.select`.

    Returns:
        The metrics by their tags, "step" and "examples".

    Raises:
        ValueError: there is no run or no checkpoint, or the shards are damaged or have
            another vocabulary.
    """
    config = workdir.config()
    if directory:
        config.data.directory = directory
    directory = config.data.directory
    manifest = Manifest.load(directory)
    check_data(config, manifest, workdir.manifest().fingerprint, workdir.path)
    checks.check_run(manifest, directory, strategies.hosts(strategy), [split])
    strategies.check_divisible(config, strategy.num_replicas_in_sync)
    with strategy.scope():
        run = trained.load(workdir, config.precision, which)
        accumulator = Accumulator()
    step = Step(
        run.model,
        None,
        accumulator,
        config,
        run.vocabulary.special_ids,
        strategy,
        continues_V=run.vocabulary.continues_V,
    )
    length = config.phase(run.step).length
    evaluator = Evaluator(step, config, manifest, directory, split, length, examples)
    available = manifest.examples(split)
    try:
        sums = evaluator.sums()
    except damage.UNREADABLE as error:
        damage.explain(manifest, directory, [split], error)
        raise
    return {
        "step": run.step,
        "examples": min(examples or available, available),
        **evaluator.scalars(sums),
    }


def table(report: dict[str, float]) -> str:
    """Formats metrics as aligned lines, integers without decimals."""
    width = max(map(len, report))
    return "\n".join(
        f"{name:<{width}}  {value:>10,}"
        if isinstance(value, int)
        else f"{name:<{width}}  {value:>10.4f}"
        for name, value in report.items()
    )
