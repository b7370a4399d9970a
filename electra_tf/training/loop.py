"""The pre-training run: Python outside, loops of steps on the device."""

import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import tensorflow as tf
from absl import logging

from electra_tf.config import Config
from electra_tf.data import pipeline
from electra_tf.data.manifest import VOCABULARY_NAME, Manifest
from electra_tf.data.vocabulary import TextRules, Vocabulary
from electra_tf.model.electra import Electra
from electra_tf.training import choices, metrics, profiling, throughput
from electra_tf.training import optimizer as optimizers
from electra_tf.training import strategy as strategies
from electra_tf.training.checkpoints import Checkpoints
from electra_tf.training.evaluation import Evaluator
from electra_tf.training.metrics import Accumulator, Counts
from electra_tf.training.optimizer import AdamWeightDecay
from electra_tf.training.step import LoopReport, Step
from electra_tf.training.summaries import Writer
from electra_tf.training.workdir import Workdir, check_data, drop_readings_after


class Result(NamedTuple):
    """What a run ended with."""

    step: int
    evaluation: dict[str, float] | None
    """The last held-out metrics of this call; None where nothing was evaluated."""


Initializer = Callable[[Electra, Vocabulary, TextRules], object]
"""Gives a model its first weights; called where there is no checkpoint to resume."""


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
        ValueError: shards, vocabulary, devices or working directory do not fit.
        RuntimeError: too many updates in a row had a non-finite gradient.
    """
    started = workdir.config() if workdir.exists() else None
    config = choices.resolve(config, strategy, started)
    manifest, vocabulary = _checked_data(config, workdir, strategy)
    with strategy.scope():
        model = Electra(config.model, len(vocabulary), config.precision, config.seed)
        optimizer = AdamWeightDecay(model.trainable_variables, config)
        accumulator = Accumulator()
        checkpoints = Checkpoints(
            workdir.checkpoints, config.keep_checkpoints, model, optimizer
        )
        step = checkpoints.restore() or 0
        if not step and initialize is not None:
            initialize(model, vocabulary, manifest.text_rules)
    special_ids = vocabulary.special_ids
    steps = Step(model, optimizer, accumulator, config, special_ids, strategy)
    iterator = _batches(config, manifest, strategy, first_batch=step)
    evaluator = None
    if config.eval_every:
        evaluator = Evaluator(
            steps,
            config,
            manifest,
            config.data.directory,
            "valid",
            config.eval_examples,
        )
    # After all that can be refused: a run that was refused leaves no directory.
    log = None
    if strategies.is_chief(strategy):
        workdir.open(config, manifest, vocabulary)
        log = _Log(config, workdir, step)
    profiler = profiling.Profiler(
        profile_steps, workdir.file("train"), writes=log is not None
    )
    meter = _meter(config, strategy, vocabulary)

    def is_time(every: int) -> bool:
        return bool(every) and (step % every == 0 or step == config.num_train_steps)

    counts, evaluation, is_traced = metrics.zeros(), None, False
    while step < config.num_train_steps:
        length = min(
            config.steps_per_loop - step % config.steps_per_loop,
            config.num_train_steps - step,
        )
        length = profiler.cut(step, length)
        with profiler.around(step, length):
            start = time.perf_counter()
            report = steps.train(iterator, tf.constant(length))
            counts = metrics.add(counts, accumulator.take())
            seconds = time.perf_counter() - start
        if is_traced and not profiler.includes(step):  # A trace takes time as well.
            meter.add(length, seconds, float(report.input_wait_seconds))
        is_traced = True  # The first loop's time is mostly tracing: not counted.
        step += length
        _check_finite(optimizer, config, step)

        if is_time(config.log_every):
            rates = meter.read()
            if log is not None:
                log.training(step, counts, report, rates)
            counts = metrics.zeros()
        if evaluator is not None and is_time(config.eval_every):
            held_out = evaluator.counts()
            evaluation = evaluator.scalars(held_out)
            if log is not None:
                log.held_out(step, evaluation, held_out, evaluator, vocabulary)
        if is_time(config.checkpoint_every):
            checkpoints.save(step)
    if log is not None:
        log.close()
    return Result(step, evaluation)


def _checked_data(
    config: Config, workdir: Workdir, strategy: tf.distribute.Strategy
) -> tuple[Manifest, Vocabulary]:
    """What the shards are, once they fit the run, its directory and its devices."""
    directory = config.data.directory
    manifest = Manifest.load(directory)
    vocabulary = Vocabulary.load(tf.io.gfile.join(directory, VOCABULARY_NAME))
    fingerprint = vocabulary.fingerprint(manifest.text_rules)
    check_data(config, manifest, fingerprint, directory)
    splits = ("train", "valid") if config.eval_every else ("train",)
    pipeline.check(manifest, directory, strategies.hosts(strategy), splits)
    strategies.check_divisible(config, strategy.num_replicas_in_sync)
    workdir.check_same_run(config, manifest)
    return manifest, vocabulary


def _batches(
    config: Config,
    manifest: Manifest,
    strategy: tf.distribute.Strategy,
    first_batch: int,
) -> Iterator:
    def dataset(context: tf.distribute.InputContext) -> tf.data.Dataset:
        return pipeline.train_dataset(
            manifest,
            config.data.directory,
            config.data.global_batch_size // strategy.num_replicas_in_sync,
            config.data.shuffle_buffer,
            config.seed,
            first_batch=first_batch,
            context=context,
        )

    return iter(strategy.distribute_datasets_from_function(dataset))


def _meter(
    config: Config, strategy: tf.distribute.Strategy, vocabulary: Vocabulary
) -> throughput.Meter:
    peak = throughput.peak(config, strategy)
    flops = throughput.flops_per_token(config, len(vocabulary))
    logging.info(
        "%.2f MFLOP per token, peak %.3g TFLOP/s (%s)",
        flops / 1e6,
        peak.flops_per_second / 1e12,
        peak.source,
    )
    return throughput.Meter(config, flops, peak)


class _Log:
    """The chief's readings: TensorBoard, metrics.jsonl and a line for the person."""

    def __init__(self, config: Config, workdir: Workdir, step: int) -> None:
        self._config = config
        drop_readings_after(workdir.metrics, step)
        self._train, self._eval = Writer(workdir, "train"), Writer(workdir, "eval")
        logging.info(
            "%s step %d of %d",
            "Resuming at" if step else "Starting at",
            step,
            config.num_train_steps,
        )

    def training(
        self, step: int, counts: Counts, report: LoopReport, rates: dict[str, float]
    ) -> None:
        config = self._config
        values = metrics.scalars(
            counts, config.generator_weight, config.discriminator_weight
        )
        rate = optimizers.learning_rate(config, tf.constant(step - 1))
        values["optimizer/learning_rate"] = float(rate)
        values["optimizer/gradient_norm"] = float(report.gradient_norm)
        values |= rates
        self._train.scalars(step, values)
        logging.info(progress_line(step, config, values))

    def held_out(
        self,
        step: int,
        values: dict[str, float],
        counts: Counts,
        evaluator: Evaluator,
        vocabulary: Vocabulary,
    ) -> None:
        self._eval.scalars(step, values)
        self._eval.pr_curve(step, counts.histogram)
        self._eval.replaced_tokens(step, *evaluator.samples(), vocabulary)
        logging.info("held out: %s", metrics_line(values))

    def close(self) -> None:
        self._train.close()
        self._eval.close()


def progress_line(step: int, config: Config, values: dict[str, float]) -> str:
    """One line for the person: share done, metrics, rate, time left."""
    line = (
        f"step {step:,}/{config.num_train_steps:,} "
        f"({step / config.num_train_steps:.1%}) {metrics_line(values)}"
    )
    if "throughput/examples_per_second" not in values:
        return line
    examples = values["throughput/examples_per_second"]
    left = (config.num_train_steps - step) * config.data.global_batch_size
    return (
        f"{line} | {examples:,.0f} examples/s "
        f"{values['throughput/tokens_per_second']:,.0f} tokens/s "
        f"MFU {values.get('throughput/model_flops_utilization', 0.0):.1%} "
        f"input wait {values['throughput/input_wait_fraction']:.1%} | "
        f"{duration(left / examples)} left"
    )


def metrics_line(values: dict[str, float]) -> str:
    """The metrics that tell how a run is going."""
    return (
        f"loss {values['loss/total']:.3f} masked LM {values['loss/generator']:.4f} "
        f"discriminator {values['loss/discriminator']:.4f} "
        f"AUC {values['discriminator/auc']:.4f} "
        f"recall {values['discriminator/recall']:.4f} "
        f"lift {values['discriminator/lift']:+.4f}"
    )


def duration(seconds: float) -> str:
    """Seconds as h:mm:ss."""
    minutes, seconds = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


def _check_finite(optimizer: AdamWeightDecay, config: Config, step: int) -> None:
    in_a_row = optimizer.take_longest_skipped_row()
    if in_a_row:
        logging.warning(
            "%d updates so far had a non-finite gradient and were skipped, %d in a row",
            int(optimizer.skipped.numpy()),
            in_a_row,
        )
    if in_a_row >= config.max_skipped_updates:
        raise RuntimeError(
            f"The gradient was not finite in {in_a_row} updates in a row before step "
            f"{step} (config.max_skipped_updates={config.max_skipped_updates}): lower "
            "config.learning_rate or raise config.warmup_steps, and start again in "
            "another --workdir."
        )
