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
from electra_tf.pretraining import metric_sums, metrics
from electra_tf.pretraining.forward import Forward
from electra_tf.pretraining.metric_sums import MetricSums
from electra_tf.pretraining.step import Step
from electra_tf.shards import pipeline
from electra_tf.shards.manifest import Manifest

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
