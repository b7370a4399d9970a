"""Which arithmetic and compilation AUTO stands for on a device."""

import dataclasses
import pathlib

import tensorflow as tf
from absl import logging

from electra_tf.config import Config, JitCompile, Precision

BFLOAT16_CPU_FLAGS = {"amx_bf16", "avx512_bf16", "bf16"}
"""Flags in /proc/cpuinfo: the last is that of ARM, the others of x86."""
BFLOAT16_GPU = (8, 0)
"""Lowest compute capability with bfloat16 products (Ampere)."""


def resolve(
    config: Config, strategy: tf.distribute.Strategy, started: Config | None = None
) -> Config:
    """Returns the configuration with a choice for every AUTO, and logs the choices.

    Args:
        config: configuration from file and flags.
        strategy: gives the kind of the devices.
        started: configuration that the run was started with, if it is resumed: its
            choices stay, whatever the device is now.
    """
    return choose(config, *describe(strategy), started)


def choose(
    config: Config, device: str, has_bfloat16: bool, started: Config | None = None
) -> Config:
    """Does what `resolve` does, for a kind of device that need not be present."""
    precision, jit_compile = config.precision, config.jit_compile
    if precision is Precision.AUTO:
        precision = Precision.MIXED_BFLOAT16 if has_bfloat16 else Precision.FLOAT32
        precision = started.precision if started else precision
    if jit_compile is JitCompile.AUTO:
        # XLA for CPUs has no bfloat16 products; TensorFlow's have (oneDNN).
        by_parts = device == "CPU" and precision is Precision.MIXED_BFLOAT16
        jit_compile = JitCompile.OFF if by_parts else JitCompile.ON
        jit_compile = started.jit_compile if started else jit_compile
    logging.info(
        "%s %s bfloat16 arithmetic: precision=%s%s, jit_compile=%s%s",
        device,
        "with" if has_bfloat16 else "without",
        precision.name,
        _chosen(config.precision is Precision.AUTO, started),
        jit_compile.name,
        _chosen(config.jit_compile is JitCompile.AUTO, started),
    )
    return dataclasses.replace(config, precision=precision, jit_compile=jit_compile)


def describe(strategy: tf.distribute.Strategy) -> tuple[str, bool]:
    """Returns the kind of device, and whether it multiplies bfloat16 faster."""
    if isinstance(strategy, tf.distribute.TPUStrategy):
        return "TPU", True
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        details = tf.config.experimental.get_device_details(gpus[0])
        return "GPU", details.get("compute_capability", (0, 0)) >= BFLOAT16_GPU
    return "CPU", cpu_has_bfloat16()


def cpu_has_bfloat16(cpuinfo: str = "/proc/cpuinfo") -> bool:
    """Whether the processor has bfloat16 products; False if that can't be read."""
    path = pathlib.Path(cpuinfo)
    if not path.exists():
        return False
    lines = path.read_text().splitlines()
    flags = [line for line in lines if line.startswith(("flags", "Features"))]
    return any(BFLOAT16_CPU_FLAGS & set(line.split()) for line in flags[:1])


def _chosen(automatically: bool, started: Config | None) -> str:
    if not automatically:
        return ""
    return " (as it was started)" if started else " (auto)"
