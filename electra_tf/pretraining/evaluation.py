"""Held-out evaluation: the metrics of a whole split, with masks that never change.

It is made at the length of the step that it follows. Before its last phase, a run has
not trained the positions of a longer example: the metrics would tell that, and not how
the run is going. The text is the same at each length, so that the curve goes on.
"""

import numpy as np
import tensorflow as tf

from electra_tf.batch import Batch
from electra_tf.config import Config
from electra_tf.model.masking import MaskedBatch
from electra_tf.pretraining import checkpoint_files, metrics, trained
from electra_tf.pretraining import strategy as strategies
from electra_tf.pretraining.forward import Forward
from electra_tf.pretraining.metrics import Accumulator, Counts
from electra_tf.pretraining.step import Step
from electra_tf.pretraining.workdir import Workdir, check_data
from electra_tf.shards import damage, pipeline
from electra_tf.shards.manifest import Manifest

BATCHES_PER_LOOP = 100
LENGTH_TAG = "data/seq_length"
"""Tokens per example of a reading."""


class Evaluator:
    """Evaluates a step's model on one split.

    Args:
        step: of the run, or built for evaluation alone.
        config: batch size (that of a micro-batch) and weights of the losses.
        manifest: of the shards.
        directory: where the manifest is.
        split: "valid" or "train".
        length: tokens per example.
        examples: of the shards, at most this many; 0 for all.
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

    def counts(self) -> Counts:
        """Counts the split; every worker must call it."""
        iterator, counts = iter(self._dataset), metrics.zeros()
        for first in range(0, self._batches, BATCHES_PER_LOOP):
            last = min(first + BATCHES_PER_LOOP, self._batches)
            self._step.evaluate(iterator, tf.constant(first), tf.constant(last))
            # Float32 on the device counts single tokens up to 16 million only.
            counts = metrics.add(counts, self._step.accumulator.take())
        return counts

    def scalars(self, counts: Counts) -> dict[str, float]:
        """The metrics by their tag, and the length."""
        values = metrics.scalars(
            counts, self._config.generator_weight, self._config.discriminator_weight
        )
        return {LENGTH_TAG: self._length, **values}

    def samples(self, number: int = 4) -> tuple[Batch, MaskedBatch, Forward]:
        """The split's first examples, masked and judged, as NumPy arrays."""
        batch = next(iter(self._examples_to_show))
        batch = Batch(*(values_BS[:number] for values_BS in batch))
        masked, result = self._step.judge(batch)
        return tf.nest.map_structure(np.asarray, (batch, masked, result))


def evaluate_workdir(
    workdir: Workdir,
    directory: str,
    split: str,
    examples: int,
    strategy: tf.distribute.Strategy,
    which: str = checkpoint_files.LATEST,
) -> dict[str, float]:
    """Evaluates a checkpoint of a run, at the length of its last step.

    Args:
        workdir: of the run.
        directory: of the shards; "" for those of the run.
        split: "valid" or "train".
        examples: of the shards, at most this many; 0 for all.
        strategy: of the devices.
        which: checkpoint, as of `checkpoint_files.select`.

    Returns:
        The metrics by their tag, and "step" and "examples".

    Raises:
        ValueError: there is no run or no checkpoint, or the shards are damaged or of
            another vocabulary.
    """
    config = workdir.config()
    if directory:
        config.data.directory = directory
    directory = config.data.directory
    manifest = Manifest.load(directory)
    check_data(config, manifest, workdir.manifest().fingerprint, workdir.path)
    pipeline.check(manifest, directory, strategies.hosts(strategy), [split])
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
        counts = evaluator.counts()
    except damage.UNREADABLE as error:
        damage.explain(manifest, directory, [split], error)
        raise
    return {
        "step": run.step,
        "examples": min(examples or available, available),
        **evaluator.scalars(counts),
    }


def table(report: dict[str, float]) -> str:
    """The metrics as aligned lines, whole numbers as such."""
    width = max(map(len, report))
    return "\n".join(
        f"{name:<{width}}  {value:>10,}"
        if isinstance(value, int)
        else f"{name:<{width}}  {value:>10.4f}"
        for name, value in report.items()
    )
