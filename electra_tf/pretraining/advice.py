"""A run that fits its text and the machine, for the end of a build."""

import dataclasses
import importlib
import shlex

import tensorflow as tf

from electra_tf.config import Config, Precision
from electra_tf.pretraining import throughput
from electra_tf.quantities import duration
from electra_tf.shards.manifest import Manifest
from electra_tf.training import peak, precision

MOST_EPOCHS = 40
"""Advice goes no further: beyond about 40 epochs, text that is read again taught
nothing new in Muennighoff et al., "Scaling data-constrained language models" (2023)."""
LONGEST_SECONDS = 2 * 24 * 3600
"""`small` gets no more steps than fit into this time."""
FEWEST_STEPS = 100_000
"""Where `small` would get fewer steps than this, `mini` is advised."""
UTILIZATION = 0.25
"""Speed of a step / speed of a matrix product; 0.13 to 0.6 were measured on CPUs."""


def next_command(directory: str) -> str:
    """The command that trains on new shards, after what the run is going to take."""
    manifest = Manifest.load(directory)
    examples = manifest.examples("train")
    if not examples:
        return f"{directory} has no training example: give more text."
    rate = UTILIZATION * _peak()
    config, changes = _shortened("small", manifest, rate)
    if config.num_train_steps < FEWEST_STEPS:
        config, changes = _shortened("mini", manifest, 0.0)
        name = "mini"
    else:
        name = "small"
    flops = throughput.flops_left(config, manifest.vocabulary_size, 0)
    time = f"about {duration(flops / rate)} on this machine" if rate else "time unknown"
    data = shlex.quote(f"--config.data.directory={directory}")
    return (
        f"{directory} is ready. {name.capitalize()} fits it: "
        f"{config.num_train_steps:,} steps, "
        f"{throughput.epochs(config, examples):,.1f} epochs, {time},\n"
        "reckoned from the FLOPs at a quarter of the speed of a matrix product. Next:\n"
        f"python pretrain.py --config={name} --workdir=runs/{name} {data}"
        + "".join(f" --config.{field}={value}" for field, value in changes.items())
    )


def _peak() -> float:
    """Speed of a matrix product on this machine's devices; 0 if unknown."""
    strategy = tf.distribute.get_strategy()
    _, has_bfloat16 = precision.describe(strategy)
    kind = Precision.MIXED_BFLOAT16 if has_bfloat16 else Precision.FLOAT32
    return peak.of(Config(precision=kind), strategy).flops_per_second


def _shortened(
    name: str, manifest: Manifest, rate: float
) -> tuple[Config, dict[str, int]]:
    """A shipped configuration for these shards, and the fields that it changes.

    Args:
        name: of the configuration.
        manifest: of the shards.
        rate: FLOPs per second of a step, for the longest time; 0: any time will do.
    """
    config = importlib.import_module(f"electra_tf.configs.{name}").get_config()
    changes = {}
    length = manifest.max_seq_length
    if length != config.data.max_seq_length:
        changes["data.max_seq_length"] = config.data.max_seq_length = length
    if length > config.model.max_position_embeddings:
        changes["model.max_position_embeddings"] = length
        config.model.max_position_embeddings = length
    if not manifest.examples("valid"):
        changes["eval_every"] = config.eval_every = 0
    most = MOST_EPOCHS * manifest.examples("train") // config.data.global_batch_size
    if rate:
        flops = throughput.flops_left(config, manifest.vocabulary_size, 0)
        step_seconds = flops / config.num_train_steps / rate
        most = min(most, int(LONGEST_SECONDS / step_seconds))
    # A multiple of the steps of a device loop, and at least one.
    most = max(most // config.steps_per_loop, 1) * config.steps_per_loop
    if most < config.num_train_steps:
        changes["num_train_steps"] = most
        config = dataclasses.replace(config, num_train_steps=most)
    if config.warmup_steps > most // 10:
        changes["warmup_steps"] = most // 10
        config = dataclasses.replace(config, warmup_steps=most // 10)
    return config, changes
