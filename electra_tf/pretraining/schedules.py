"""Numbers of training that move with the steps, beside the learning rate."""

import tensorflow as tf

from electra_tf.config import Config


def temperature(config: Config, step: tf.Tensor) -> float | tf.Tensor:
    """Of the generator's samples; a Python number where it stays the same.

    Args:
        config: of the run.
        step: integer scalar, steps taken before this one.
    """
    first, last = config.masking.temperature, config.masking.final_temperature
    if not last:
        return first
    return first + (last - first) * _done(step, config.num_train_steps)


def held_out_temperature(config: Config) -> float:
    """The last one of the run: held-out readings can be compared with each other."""
    return config.masking.final_temperature or config.masking.temperature


def attention_slope(config: Config, step: tf.Tensor) -> float | tf.Tensor:
    """By how much scores fall per token of distance; a Python 0 in a run without one.

    Source of the form: "Train Short, Test Long" (Press et al., 2022), section 3; that
    it goes away, so that the network becomes a plain one, is ours.

    Args:
        config: of the run.
        step: integer scalar, steps taken before this one.
    """
    if not config.attention_slope:
        return 0.0
    steps = config.attention_slope_fraction * config.num_train_steps
    return config.attention_slope * (1.0 - _done(step, steps))


def _done(step: tf.Tensor, steps: float) -> tf.Tensor:
    return tf.minimum(tf.cast(step, "float32") / steps, 1.0)
