"""What a run is made of, built from its configuration and checked before it starts."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import tensorflow as tf
from absl import logging

from electra_tf.config import Config, Phase
from electra_tf.model.electra import Electra
from electra_tf.pretraining import optimizer as optimizers
from electra_tf.pretraining import precision, throughput
from electra_tf.pretraining import strategy as strategies
from electra_tf.pretraining.checkpoints import Checkpoints
from electra_tf.pretraining.evaluation import Evaluator
from electra_tf.pretraining.metric_sums import Accumulator
from electra_tf.pretraining.positions import PositionCounts
from electra_tf.pretraining.step import Step
from electra_tf.pretraining.workdir import Workdir, check_data
from electra_tf.shards import checks, pipeline
from electra_tf.shards.manifest import VOCABULARY_NAME, Manifest
from electra_tf.text.vocabulary import TextRules, Vocabulary

Initializer = Callable[[Electra, Vocabulary, TextRules], object]
"""Gives a model its first weights; called where there is no checkpoint to resume."""


class Plan(NamedTuple):
    """A run that fits its data, its devices and its directory."""

    config: Config
    """No field AUTO."""
    manifest: Manifest
    """The manifest of the shards."""
    vocabulary: Vocabulary


def plan(config: Config, workdir: Workdir, strategy: tf.distribute.Strategy) -> Plan:
    """Checks everything that can be refused; writes nothing.

    Raises:
        ValueError: shards, vocabulary, devices or working directory do not fit.
    """
    started = workdir.config() if workdir.exists() else None
    config = precision.resolve(config, strategy, started)
    directory = config.data.directory
    manifest = Manifest.load(directory)
    vocabulary = Vocabulary.load(tf.io.gfile.join(directory, VOCABULARY_NAME))
    fingerprint = vocabulary.fingerprint(manifest.text_rules)
    check_data(config, manifest, fingerprint, directory)
    strategies.check_divisible(config, strategy.num_replicas_in_sync)
    workdir.check(config, manifest)
    checks.check_run(manifest, directory, strategies.hosts(strategy), splits(config))
    return Plan(config, manifest, vocabulary)


def splits(config: Config) -> tuple[str, ...]:
    """Of the shards that a run reads."""
    return ("train", "valid") if config.eval_every else ("train",)


class Run:
    """The model and all that trains it, at the step of its latest checkpoint.

    Args:
        plan: checked.
        workdir: whose checkpoints are read, if there are any.
        strategy: of the devices.
        initialize: for other first weights than random ones.
    """

    def __init__(
        self,
        plan: Plan,
        workdir: Workdir,
        strategy: tf.distribute.Strategy,
        initialize: Initializer | None = None,
    ) -> None:
        self._plan = plan
        self.strategy = strategy
        self._peak: throughput.Peak | None = None
        config, vocabulary = plan.config, plan.vocabulary
        with strategy.scope():
            self.model = Electra(
                config.model, len(vocabulary), config.precision, config.seed
            )
            self.optimizer = optimizers.create(config, self.model.trainable_variables)
            self.accumulator = Accumulator()
            self.position_counts = PositionCounts(config.model.max_position_embeddings)
            self.checkpoints = Checkpoints(
                workdir.checkpoints,
                self.model,
                self.optimizer,
                self.position_counts,
                config.keep_checkpoints,
                config.keep_every,
            )
            self.step = self.checkpoints.restore() or 0
            if not self.step and initialize is not None:
                initialize(self.model, vocabulary, plan.manifest.text_rules)
        self.steps = Step(
            self.model,
            self.optimizer,
            self.accumulator,
            config,
            vocabulary.special_ids,
            strategy,
            position_counts=self.position_counts,
            continues_V=vocabulary.continues_V,
        )

    def batches(self, phase: Phase) -> Iterator:
        """Of a phase, after the steps already taken."""
        config, strategy = self._plan.config, self.strategy

        def dataset(context: tf.distribute.InputContext) -> tf.data.Dataset:
            return pipeline.train_dataset(
                self._plan.manifest,
                config.data.directory,
                config.data.global_batch_size // strategy.num_replicas_in_sync,
                config.data.shuffle_buffer,
                config.seed,
                first_batch=self.step + phase.batch_offset,
                context=context,
                length=phase.length,
            )

        return iter(strategy.distribute_datasets_from_function(dataset))

    def evaluator(self, phase: Phase) -> Evaluator | None:
        """Of the held-out split, where it is evaluated, at the phase's length."""
        config = self._plan.config
        if not config.eval_every:
            return None
        return Evaluator(
            self.steps,
            config,
            self._plan.manifest,
            config.data.directory,
            "valid",
            phase.length,
            config.eval_examples,
        )

    def meter(self, phase: Phase) -> throughput.Meter:
        """Of the rates in a phase."""
        config = self._plan.config
        if self._peak is None:
            self._peak = throughput.peak(config, self.strategy)
        pieces = len(self._plan.vocabulary)
        flops = throughput.flops_per_token(config, pieces, phase.length)
        logging.info(
            "%.2f MFLOP per token, peak %.3g TFLOP/s (%s)",
            flops / 1e6,
            self._peak.flops_per_second / 1e12,
            self._peak.source,
        )
        return throughput.Meter(config, flops, self._peak, phase.length)
