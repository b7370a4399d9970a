"""Dropout whose random numbers are an argument."""

import tensorflow as tf

_LEVELS = 1 << 16


class Dropout:
    """Hands each dropout site of one forward pass its own random numbers.

    Sites are numbered in the order of their calls, so the mask of a site is a function
    of (seed, site) alone and nothing reads a global generator: a resumed run draws the
    numbers that the uninterrupted one would have drawn.

    Sixteen random bits decide over a value, half of what tf.nn.dropout spends: the rate
    is a multiple of 2**-16, off by at most 1e-5, and the scale makes up for it.

    Args:
        rate: share of values set to 0; the others are scaled by 1 / (1 - rate).
        seed: int32 [2], different for every step, replica and network; None in
            inference, where calls return their input.
    """

    def __init__(self, rate: float, seed: tf.Tensor | None) -> None:
        self._dropped_levels = round(rate * _LEVELS)
        self._seed = seed
        self._sites = 0

    def __call__(self, values: tf.Tensor) -> tf.Tensor:
        """Drops values at the next site; any shape with a static last dimension."""
        if self._seed is None or self._dropped_levels == 0:
            return values
        self._sites += 1
        shape = tf.shape(values)
        words = tf.random.stateless_uniform(
            tf.concat([shape[:-1], (shape[-1:] + 1) // 2], axis=0),
            self._seed + tf.constant([0, self._sites]),
            minval=None,
            maxval=None,
            dtype=tf.uint32,
            alg="philox",
        )
        pairs = tf.bitcast(words, tf.uint16)
        width = values.shape[-1]
        bits = tf.reshape(pairs, tf.concat([shape[:-1], [width + width % 2]], axis=0))
        # Compared as integers of 32 bits: TensorFlow has no 16-bit kernel for it.
        keep = tf.cast(bits[..., :width], "int32") >= self._dropped_levels
        scale = _LEVELS / (_LEVELS - self._dropped_levels)
        return values * (tf.cast(keep, values.dtype) * tf.cast(scale, values.dtype))


def inference() -> Dropout:
    """Dropout that does nothing."""
    return Dropout(0.0, None)
