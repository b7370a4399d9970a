"""The pre-training run: Python outside, loops of steps on the device."""

import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import tensorflow as tf
from absl import logging

from electra_tf.config import Config, Phase
from electra_tf.data import pipeline
from electra_tf.data.manifest import VOCABULARY_NAME, Manifest
from electra_tf.data.vocabulary import TextRules, Vocabulary
from electra_tf.model.electra import Electra
from electra_tf.training import choices, metrics, profiling, throughput
from electra_tf.training import strategy as strategies
from electra_tf.training.checkpoints import Checkpoints
from electra_tf.training.evaluation import Evaluator
from electra_tf.training.log import Log
from electra_tf.training.metrics import Accumulator
from electra_tf.training.optimizer import AdamWeightDecay
from electra_tf.training.positions import PositionCounts
from electra_tf.training.step import Step
from electra_tf.training.workdir import Workdir, check_data


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
        position_counts = PositionCounts(config.model.max_position_embeddings)
        checkpoints = Checkpoints(
            workdir.checkpoints,
            config.keep_checkpoints,
            model,
            optimizer,
            position_counts,
        )
        step = checkpoints.restore() or 0
        if not step and initialize is not None:
            initialize(model, vocabulary, manifest.text_rules)
    steps = Step(
        model,
        optimizer,
        accumulator,
        config,
        vocabulary.special_ids,
        strategy,
        position_counts=position_counts,
    )
    # After all that can be refused: a run that was refused leaves no directory.
    log = None
    if strategies.is_chief(strategy):
        workdir.open(config, manifest, vocabulary)
        log = Log(config, workdir, vocabulary, step)
    profiler = profiling.Profiler(
        profile_steps, workdir.file("train"), writes=log is not None
    )
    peak = throughput.peak(config, strategy)
    ends = {phase.end for phase in config.phases}

    def is_time(every: int) -> bool:
        return bool(every) and (step % every == 0 or step in ends)

    evaluation = None
    for phase in config.phases:
        if step >= phase.end:
            continue
        if log is not None:
            log.phase(phase, step)
        iterator = _batches(config, manifest, strategy, phase, step)
        evaluator = _evaluator(steps, config, manifest, phase)
        meter = _meter(config, len(vocabulary), peak, phase)
        counts, is_traced = metrics.zeros(), False
        while step < phase.end:
            length = min(
                config.steps_per_loop - step % config.steps_per_loop, phase.end - step
            )
            length = profiler.cut(step, length)
            with profiler.around(step, length):
                start = time.perf_counter()
                report = steps.train(iterator, tf.constant(length))
                counts = metrics.add(counts, accumulator.take())
                position_counts.settle()
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
                    log.held_out(step, evaluation, held_out, evaluator)
            if is_time(config.checkpoint_every):
                checkpoints.save(step)
    if log is not None:
        log.positions(position_counts.total_P.numpy())
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
    phase: Phase,
    step: int,
) -> Iterator:
    """Of a phase, after the steps already taken."""

    def dataset(context: tf.distribute.InputContext) -> tf.data.Dataset:
        return pipeline.train_dataset(
            manifest,
            config.data.directory,
            config.data.global_batch_size // strategy.num_replicas_in_sync,
            config.data.shuffle_buffer,
            config.seed,
            first_batch=step + phase.batch_offset,
            context=context,
            length=phase.length,
        )

    return iter(strategy.distribute_datasets_from_function(dataset))


def _evaluator(
    steps: Step, config: Config, manifest: Manifest, phase: Phase
) -> Evaluator | None:
    """Of the held-out split, where it is to be evaluated, at the phase's length."""
    if not config.eval_every:
        return None
    directory, examples = config.data.directory, config.eval_examples
    return Evaluator(
        steps, config, manifest, directory, "valid", phase.length, examples
    )


def _meter(
    config: Config, vocabulary_size: int, peak: throughput.Peak, phase: Phase
) -> throughput.Meter:
    flops = throughput.flops_per_token(config, vocabulary_size, phase.length)
    logging.info(
        "%.2f MFLOP per token, peak %.3g TFLOP/s (%s)",
        flops / 1e6,
        peak.flops_per_second / 1e12,
        peak.source,
    )
    return throughput.Meter(config, flops, peak, phase.length)


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
