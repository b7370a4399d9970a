"""The pre-training run: Python outside, loops of steps on the device."""

import time
from typing import NamedTuple

import tensorflow as tf
from absl import logging

from electra_tf.config import Config
from electra_tf.data import pipeline
from electra_tf.data.manifest import VOCABULARY_NAME, Manifest
from electra_tf.data.vocabulary import Vocabulary
from electra_tf.model.electra import Electra
from electra_tf.training import metrics, throughput
from electra_tf.training import optimizer as optimizers
from electra_tf.training import strategy as strategies
from electra_tf.training.checkpoints import Checkpoints
from electra_tf.training.evaluation import Evaluator
from electra_tf.training.metrics import Accumulator
from electra_tf.training.optimizer import AdamWeightDecay
from electra_tf.training.step import Step
from electra_tf.training.summaries import Writer
from electra_tf.training.workdir import Workdir, check_data, drop_readings_after


class Result(NamedTuple):
    """What a run ended with."""

    step: int
    evaluation: dict[str, float] | None
    """The last held-out metrics of this call; None where nothing was evaluated."""


def train(config: Config, workdir: Workdir, strategy: tf.distribute.Strategy) -> Result:
    """Trains to `config.num_train_steps`, from the latest checkpoint if there is one.

    Args:
        config: validated.
        workdir: where everything is written; made here.
        strategy: of the devices.

    Raises:
        ValueError: shards, vocabulary, devices or working directory do not fit.
        RuntimeError: too many updates in a row had a non-finite gradient.
    """
    directory = config.data.directory
    manifest = Manifest.load(directory)
    vocabulary = Vocabulary.load(tf.io.gfile.join(directory, VOCABULARY_NAME))
    fingerprint = vocabulary.fingerprint(manifest.text_rules)
    check_data(config, manifest, fingerprint, directory)
    splits = ("train", "valid") if config.eval_every else ("train",)
    pipeline.check(manifest, directory, strategies.hosts(strategy), splits)
    replicas = strategy.num_replicas_in_sync
    strategies.check_divisible(config, replicas)
    is_chief = strategies.is_chief(strategy)
    if is_chief:
        workdir.open(config, manifest, vocabulary)
    else:
        workdir.check_same_run(config, manifest)

    with strategy.scope():
        model = Electra(config.model, len(vocabulary), config.precision, config.seed)
        optimizer = AdamWeightDecay(model.trainable_variables, config)
        accumulator = Accumulator()
        checkpoints = Checkpoints(
            workdir.checkpoints, config.keep_checkpoints, model, optimizer
        )
        step = checkpoints.restore() or 0
    special_ids = vocabulary.special_ids
    steps = Step(model, optimizer, accumulator, config, special_ids, strategy)

    def dataset(context: tf.distribute.InputContext) -> tf.data.Dataset:
        return pipeline.train_dataset(
            manifest,
            directory,
            config.data.global_batch_size // replicas,
            config.data.shuffle_buffer,
            config.seed,
            first_batch=step,
            context=context,
        )

    iterator = iter(strategy.distribute_datasets_from_function(dataset))
    evaluator = None
    if config.eval_every:
        evaluator = Evaluator(
            steps, config, manifest, directory, "valid", config.eval_examples
        )
    if is_chief:
        drop_readings_after(workdir.metrics, step)
        train_writer, eval_writer = Writer(workdir, "train"), Writer(workdir, "eval")

    peak = throughput.peak(config, strategy)
    flops = throughput.flops_per_token(config, len(vocabulary))
    meter = throughput.Meter(config, flops, peak)
    logging.info(
        "%s step %d of %d: %.2f MFLOP per token, peak %.3g TFLOP/s (%s)",
        "Resuming at" if step else "Starting at",
        step,
        config.num_train_steps,
        flops / 1e6,
        peak.flops_per_second / 1e12,
        peak.source,
    )

    def is_time(every: int) -> bool:
        return bool(every) and (step % every == 0 or step == config.num_train_steps)

    counts, evaluation, is_traced = metrics.zeros(), None, False
    while step < config.num_train_steps:
        length = min(
            config.steps_per_loop - step % config.steps_per_loop,
            config.num_train_steps - step,
        )
        start = time.perf_counter()
        report = steps.train(iterator, tf.constant(length))
        counts = metrics.add(counts, accumulator.take())
        if is_traced:
            waited = float(report.input_wait_seconds)
            meter.add(length, time.perf_counter() - start, waited)
        is_traced = True  # The first loop's time is mostly tracing: not counted.
        step += length
        _check_finite(optimizer, config, step)

        if is_time(config.log_every):
            values = metrics.scalars(
                counts, config.generator_weight, config.discriminator_weight
            )
            rate = optimizers.learning_rate(config, tf.constant(step - 1))
            values["optimizer/learning_rate"] = float(rate)
            values["optimizer/gradient_norm"] = float(report.gradient_norm)
            values |= meter.read()
            counts = metrics.zeros()
            if is_chief:
                train_writer.scalars(step, values)
                logging.info(progress_line(step, config, values))
        if evaluator is not None and is_time(config.eval_every):
            held_out = evaluator.counts()
            evaluation = evaluator.scalars(held_out)
            if is_chief:
                eval_writer.scalars(step, evaluation)
                eval_writer.pr_curve(step, held_out.histogram)
                eval_writer.replaced_tokens(step, *evaluator.samples(), vocabulary)
                logging.info("held out: %s", metrics_line(evaluation))
        if is_time(config.checkpoint_every):
            checkpoints.save(step)
    if is_chief:
        train_writer.close()
        eval_writer.close()
    return Result(step, evaluation)


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
