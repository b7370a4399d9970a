"""FLOPs per step, speed of a run, and utilisation of the machine.

Convention of every FLOP figure: matrix products only, a multiply-add is 2, the backward
pass is twice the forward pass, and the masked-LM head counts its slots only. Dropout,
norms, softmax, embedding lookups and the optimizer are not counted. Padding counts as
tokens, because the machine computes it too.
"""

import os
import re
import time
from typing import NamedTuple

import tensorflow as tf

from electra_tf.config import Config, EncoderSizes, Precision
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


def flops_per_token(config: Config, vocabulary_size: int, length: int = 0) -> float:
    """Returns model FLOPs per token of a training step, forward and backward.

    Args:
        config: gives the sizes and the number of masked slots.
        vocabulary_size: number of pieces.
        length: tokens per example; 0: config.data.max_seq_length.
    """
    model, length = config.model, length or config.data.max_seq_length
    embedding, hidden = model.embedding_size, model.hidden_size
    generator = model.generator
    slots_per_token = config.masking.max_predictions(length) / length
    masked_lm_head = generator.hidden_size * embedding + embedding * vocabulary_size
    multiply_adds = (
        _encoder(model.discriminator, embedding, length)
        + _encoder(generator, embedding, length)
        + hidden * hidden
        + hidden
        + slots_per_token * masked_lm_head
    )
    return 3 * 2 * multiply_adds


def _encoder(sizes: EncoderSizes, embedding_size: int, length: int) -> float:
    """Returns multiply-adds per token of one encoder's forward pass."""
    hidden = sizes.hidden_size
    project = embedding_size * hidden if embedding_size != hidden else 0
    attention = 4 * hidden * hidden + 2 * length * hidden
    feed_forward = 2 * hidden * sizes.intermediate_size
    return project + sizes.num_layers * (attention + feed_forward)


def flops_left(config: Config, vocabulary_size: int, step: int) -> float:
    """Returns model FLOPs of all steps after `step`, each at its phase's length."""
    flops = 0.0
    for phase in config.phases:
        steps = max(0, phase.end - step)
        tokens = steps * config.data.global_batch_size * phase.length
        flops += tokens * flops_per_token(config, vocabulary_size, phase.length)
        step += steps
    return flops


class Peak(NamedTuple):
    """Peak speed of the machine, the denominator of utilisation."""

    flops_per_second: float
    """Sum over all devices of the run; 0 if unknown."""
    source: str
    """Where the number comes from, for the log."""


def peak(config: Config, strategy: tf.distribute.Strategy) -> Peak:
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
    rate = measured_peak(config.precision) * hosts(strategy)
    return Peak(rate, f"measured {config.precision.value} matrix product")


def _accelerator() -> str:
    """Returns the name of the chip; "" on a CPU."""
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        return tf.config.experimental.get_device_details(gpus[0])["device_name"]
    if tf.config.list_logical_devices("TPU"):
        return os.environ.get("TPU_ACCELERATOR_TYPE", "unknown TPU")
    return ""


def measured_peak(precision: Precision, size: int = 2048, trials: int = 5) -> float:
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


class Meter:
    """Speed of training since the last reading.

    Args:
        config: gives the batch size.
        flops_per_token: result of the function of that name.
        peak: peak speed of the machine.
        length: tokens per example; 0: config.data.max_seq_length.
    """

    def __init__(
        self, config: Config, flops_per_token: float, peak: Peak, length: int = 0
    ) -> None:
        self._batch_size = config.data.global_batch_size
        self._length = length or config.data.max_seq_length
        self._flops_per_token = flops_per_token
        self._peak = peak
        self.reset()

    def reset(self) -> None:
        """Discards what was measured, after a pause without training."""
        self._steps, self._seconds, self._waited = 0, 0.0, 0.0

    def add(self, steps: int, seconds: float, waited: float) -> None:
        """Adds a loop of steps that spent `waited` of its seconds waiting for input."""
        self._steps += steps
        self._seconds += seconds
        # From a clock that can be set: a jump must not count as a wait.
        self._waited += min(max(waited, 0.0), seconds)

    def read(self) -> dict[str, float]:
        """Returns the rates by their tags, {} without steps, and resets the meter."""
        if not self._steps:
            return {}
        seconds = self._seconds
        examples = self._steps * self._batch_size / seconds
        tokens = examples * self._length
        rates = {
            "throughput/examples_per_second": examples,
            "throughput/tokens_per_second": tokens,
            "throughput/input_wait_fraction": self._waited / seconds,
        }
        if self._peak.flops_per_second:
            flops = tokens * self._flops_per_token
            rates["throughput/model_flops_utilization"] = (
                flops / self._peak.flops_per_second
            )
        self.reset()
        return rates
