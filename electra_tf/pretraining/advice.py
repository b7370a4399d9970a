"""A run that fits its text and the machine, for the end of a build."""

import dataclasses
import importlib

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
"""A larger configuration is advised if it ends within this time."""
UTILIZATION = 0.25
"""Speed of a step / speed of a matrix product; 0.13 to 0.6 were measured on CPUs."""


def next_command(directory: str) -> str:
    """The command that trains on new shards, after what the run is going to take."""
    manifest = Manifest.load(directory)
    strategy = tf.distribute.get_strategy()
    _, has_bfloat16 = precision.describe(strategy)
    for name in ("small", "mini"):
        module = importlib.import_module(f"electra_tf.configs.{name}")
        config, changes = _fitted(module.get_config(), manifest)
        if has_bfloat16:
            config = dataclasses.replace(config, precision=Precision.MIXED_BFLOAT16)
        rate = UTILIZATION * peak.of(config, strategy).flops_per_second
        flops = throughput.flops_left(config, manifest.vocabulary_size, 0)
        seconds = flops / rate if rate else 0.0
        if seconds <= LONGEST_SECONDS:
            break
    epochs = throughput.epochs(config, manifest.examples("train"))
    time = f"about {duration(seconds)} on this machine" if rate else "time unknown"
    return (
        f"{directory} is ready. {name.capitalize()} fits it: "
        f"{config.num_train_steps:,} steps, {epochs:,.1f} epochs, "
        f"{time},\nreckoned from the FLOPs at a quarter of the speed of a matrix "
        f"product. Next:\npython pretrain.py --config={name} --workdir=runs/{name} "
        + " ".join([f"--config.data.directory={directory}", *changes])
    )


def _fitted(config: Config, manifest: Manifest) -> tuple[Config, list[str]]:
    """A configuration with the shards' length and no more than `MOST_EPOCHS`."""
    changes = []
    if manifest.max_seq_length != config.data.max_seq_length:
        config.data.max_seq_length = manifest.max_seq_length
        changes.append(f"--config.data.max_seq_length={manifest.max_seq_length}")
    most = MOST_EPOCHS * manifest.examples("train") // config.data.global_batch_size
    # A multiple of the steps of a device loop, and at least one.
    most = max(most // config.steps_per_loop, 1) * config.steps_per_loop
    if most < config.num_train_steps:
        config = dataclasses.replace(config, num_train_steps=most)
        changes.append(f"--config.num_train_steps={most}")
        if config.warmup_steps > most // 10:
            config = dataclasses.replace(config, warmup_steps=most // 10)
            changes.append(f"--config.warmup_steps={most // 10}")
    return config, changes
