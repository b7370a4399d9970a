"""Initial weights of all networks, as a function of seed and variable path."""

import zlib
from collections.abc import Iterable

import keras
import numpy as np
import tensorflow as tf

GLOROT_UNIFORM = (
    "embeddings_project/kernel",
    "head_prediction/kernel",
    "classifier_dense/kernel",
    "classifier_out/kernel",
)
"""Kernels without an initializer in the reference: they get TensorFlow's default."""


def initialize(
    variables: Iterable[keras.Variable], standard_deviation: float, seed: int
) -> None:
    """Assigns initial values in place.

    Kernels and embedding tables are drawn from a normal distribution truncated at two
    standard deviations, those in `GLOROT_UNIFORM` from Glorot's. Biases stay 0 and
    layer-norm scales 1. A value depends on the seed and the variable's path, not on the
    order of creation.
    """
    for variable in variables:
        kind = variable.path.rsplit("/", 1)[-1]
        if kind in ("bias", "output_bias", "beta", "gamma"):
            continue
        key = (seed, zlib.crc32(variable.path.encode()) & 0x7FFFFFFF)
        if variable.path.endswith(GLOROT_UNIFORM):
            limit = (6.0 / sum(variable.shape)) ** 0.5
            value = tf.random.stateless_uniform(variable.shape, key, -limit, limit)
        else:
            value = tf.random.stateless_truncated_normal(
                variable.shape, key, stddev=standard_deviation
            )
        variable.assign(value)


def sinusoids(positions: int, size: int) -> np.ndarray:
    """Returns sines, then cosines, of positions, with wavelengths 2 pi to 20,000 pi.

    The result is float32 [positions, size], with root mean square 1. A shift by a
    number of positions is a linear map ("Attention Is All You Need", section 3.5).
    """
    rates = 10_000.0 ** -(np.arange(size // 2) / (size // 2))
    angles = np.arange(positions)[:, None] * rates
    waves = np.hstack([np.sin(angles), np.cos(angles)])
    return (2.0**0.5 * waves).astype("float32")
