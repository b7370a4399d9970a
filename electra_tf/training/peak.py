"""Peak speed of the machine, the denominator of utilisation."""

import os
import re
import time
from typing import NamedTuple

import tensorflow as tf

from electra_tf.config import Config, Precision
from electra_tf.training.strategy import hosts

KNOWN_PEAK_TERAFLOPS = {
    "v2": 22.5,
    "v3": 61.5,
    "v4": 275.0,
    "v5litepod": 197.0,
    "v5p": 459.0,
    "v6e": 918.0,
    "T4": 65.0,
    "V100": 125.0,
    "L4": 121.0,
    "A100": 312.0,
    "H100": 989.0,
}
"""Published dense bfloat16 (float16 before Ampere) peak of one replica's device."""


class Peak(NamedTuple):
    """Peak speed of all devices of a run."""

    flops_per_second: float
    """Sum over all devices of the run; 0 if unknown."""
    source: str
    """Where the number comes from, for the log."""


def of(config: Config, strategy: tf.distribute.Strategy) -> Peak:
    """Returns the machine's peak: configured, published for the chip, or measured."""
    replicas = strategy.num_replicas_in_sync
    if config.peak_teraflops:
        return Peak(
            config.peak_teraflops * 1e12 * replicas, "config.peak_teraflops per replica"
        )
    name = _accelerator()
    if name:
        for key, teraflops in KNOWN_PEAK_TERAFLOPS.items():
            if re.search(rf"\b{key}\b", name):  # An L40 is no L4.
                return Peak(teraflops * 1e12 * replicas, f"published for {key}")
        return Peak(0.0, f"unknown for {name}: set config.peak_teraflops")
    # Virtual replicas share the processor of their host.
    rate = measured(config.precision) * hosts(strategy)
    return Peak(rate, f"measured {config.precision.value} matrix product")


def _accelerator() -> str:
    """Returns the name of the chip; "" on a CPU."""
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        return tf.config.experimental.get_device_details(gpus[0])["device_name"]
    if tf.config.list_logical_devices("TPU"):
        return os.environ.get("TPU_ACCELERATOR_TYPE", "unknown TPU")
    return ""


def measured(precision: Precision, size: int = 2048, trials: int = 5) -> float:
    """Returns the speed of a square matrix product, best of several, in FLOPs/s."""
    dtype = "bfloat16" if precision is Precision.MIXED_BFLOAT16 else "float32"
    matrix = tf.cast(tf.random.stateless_uniform((size, size), (0, 0)), dtype)
    product = tf.function(tf.matmul)
    seconds = []
    for _ in range(trials + 1):  # The first one traces.
        start = time.perf_counter()
        product(matrix, matrix)[0, 0].numpy()
        seconds.append(time.perf_counter() - start)
    return 2 * size**3 / min(seconds[1:])
