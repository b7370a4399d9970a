"""The parts of a pre-training run, checked and built from its configuration."""

from collections.abc import Iterator
from typing import NamedTuple

import tensorflow as tf
from absl import logging

from electra_tf.config import Config, Phase, WordInitializer
from electra_tf.model.electra import Electra
from electra_tf.pretraining import optimizer as optimizers
from electra_tf.pretraining import positions, schedules, throughput
from electra_tf.pretraining.evaluation import Evaluator
from electra_tf.pretraining.metric_sums import Accumulator
from electra_tf.pretraining.positions import PositionCounts
from electra_tf.pretraining.step import Step
from electra_tf.pretraining.workdir import Workdir, check_data
from electra_tf.shards import checks, pipeline
from electra_tf.shards.manifest import VOCABULARY_NAME, Manifest
from electra_tf.text.vocabulary import Vocabulary
from electra_tf.training import checkpoint_files, peak, precision
from electra_tf.training import strategy as strategies
from electra_tf.training.checkpoints import Checkpoints

MANY_EPOCHS = 100
"""A run that reads its text more often than this gets a warning."""


class RunSpec(NamedTuple):
    """A configuration that fits its shards, devices and working directory."""

    config: Config
    """Resolved: no field is AUTO."""
    manifest: Manifest
    """Manifest of the shards."""
    vocabulary: Vocabulary
    is_new: bool
    """Whether there is no checkpoint yet."""

    @property
    def is_to_be_initialized(self) -> bool:
        """Whether the run starts from weights, or a checkpoint, of another."""
        return self.is_new and bool(self.config.init_from or self.config.branch_from)


def check(
    config: Config, workdir: Workdir, strategy: tf.distribute.Strategy
) -> RunSpec:
    """Checks everything that does not need the model; writes nothing.

    Raises:
        ValueError: shards, vocabulary, devices or working directory do not fit.
    """
    if not config.data.directory:
        raise ValueError(
            "config.data.directory is empty: give the output of prepare.py as "
            "--config.data.directory."
        )
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
    repeats = throughput.epochs(config, manifest.examples("train"))
    if repeats > MANY_EPOCHS:
        logging.warning(
            "The run reads its text %.0f times: give more text, or a smaller "
            "config.num_train_steps",
            repeats,
        )
    is_new = not checkpoint_files.steps(workdir.checkpoints)
    return RunSpec(config, manifest, vocabulary, is_new)


def splits(config: Config) -> tuple[str, ...]:
    """Splits of the shards that a run reads."""
    return ("train", "valid") if config.eval_every else ("train",)


class Run:
    """A model and what trains it, at the step of its latest checkpoint.

    At step 0 the weights are random ones.

    Args:
        spec: the checked parts.
        workdir: directory of the checkpoints, which may not exist.
        strategy: distribution strategy.
    """

    def __init__(
        self, spec: RunSpec, workdir: Workdir, strategy: tf.distribute.Strategy
    ) -> None:
        self.spec = spec
        self.strategy = strategy
        self._peak: peak.Peak | None = None
        config, vocabulary = spec.config, spec.vocabulary
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
                {positions.CHECKPOINT_KEY: self.position_counts.total_P},
                config.keep_checkpoints,
                config.keep_every,
                schedules.decay_start(config),
            )
            self.step = self.checkpoints.restore() or 0
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

    def start_words(self, workdir: Workdir) -> None:
        """Gives a new run the word table made from its shards, if it is to have one."""
        spec = self.spec
        if (
            self.step == 0
            and not spec.config.init_from
            and spec.config.model.word_initializer is WordInitializer.SPECTRAL
        ):
            from electra_tf.training import spectral

            spectral.initialize(
                self.model,
                spec.manifest,
                spec.config.data.directory,
                workdir.file(spectral.FILE_NAME),
                self.strategy,
            )

    def batches(self, phase: Phase) -> Iterator:
        """Batches for `phase`, starting after the steps already taken."""
        config, strategy = self.spec.config, self.strategy

        def dataset(context: tf.distribute.InputContext) -> tf.data.Dataset:
            return pipeline.train_dataset(
                self.spec.manifest,
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
        """Evaluator on the held-out split at the phase's length, if it is in use."""
        config = self.spec.config
        if not config.eval_every:
            return None
        return Evaluator(
            self.steps,
            config,
            self.spec.manifest,
            config.data.directory,
            "valid",
            phase.length,
            config.eval_examples,
        )

    def meter(self, phase: Phase) -> throughput.Meter:
        """Meter of the training rates in a phase."""
        config = self.spec.config
        if self._peak is None:
            self._peak = peak.of(config, self.strategy)
        pieces = len(self.spec.vocabulary)
        flops = throughput.flops_per_token(config, pieces, phase.length)
        logging.info(
            "%.2f MFLOP per token, peak %.3g TFLOP/s (%s)",
            flops / 1e6,
            self._peak.flops_per_second / 1e12,
            self._peak.source,
        )
        return throughput.Meter(config, flops, self._peak, phase.length)
