"""Everything that changes with the step of a run, except the examples' length.

Learning rate, sampling temperature and attention slope are functions of the number of
steps taken before this one. The length of the examples is `Config.phases`: a device
loop is traced once per length.
"""

import dataclasses

import tensorflow as tf

from electra_tf.config import Config, Schedule


@dataclasses.dataclass(frozen=True)
class WarmupAndDecay:
    """Learning rate with linear warm-up from step 0 and linear decay to 0.

    Source: google-research/electra, model/optimization.py, whose decay begins at step 0
    too, so that the rate stays below its peak.
    """

    peak: float
    """The factor that warm-up and decay scale."""
    num_steps: int
    """Steps until the rate is 0."""
    warmup_steps: int
    """Steps until the warm-up ends; 0: no warm-up."""
    decay_start: int = 0
    """Steps until the decay begins."""

    def __call__(self, step: tf.Tensor | int) -> tf.Tensor:
        """Returns peak * (1 - (t-S)/(T-S)) * min(1, t/warmup), float32.

        t are the steps taken, T is `num_steps`, S is `decay_start`; 0 <= (t-S)/(T-S)
        <= 1.
        """
        step = tf.cast(step, "float32")
        decay_steps = float(self.num_steps - self.decay_start)
        decayed = tf.maximum(step - float(self.decay_start), 0.0) / decay_steps
        rate = self.peak * (1.0 - tf.minimum(decayed, 1.0))
        if self.warmup_steps == 0:
            return rate
        return rate * tf.minimum(1.0, step / float(self.warmup_steps))


def learning_rate(config: Config) -> WarmupAndDecay:
    """The learning rate of a pre-training run."""
    return WarmupAndDecay(
        config.learning_rate,
        config.num_train_steps,
        config.warmup_steps,
        decay_start(config),
    )


def decay_start(config: Config) -> int:
    """Steps until the learning rate begins to fall."""
    if config.schedule is Schedule.WSD:
        return int((1.0 - config.decay_fraction) * config.num_train_steps)
    return 0


def temperature(config: Config, step: tf.Tensor) -> float | tf.Tensor:
    """Temperature of the generator's samples; a Python number where it is constant.

    Args:
        config: configuration of the run.
        step: integer scalar, steps taken before this one.
    """
    first, last = config.masking.temperature, config.masking.final_temperature
    if not last:
        return first
    return first + (last - first) * _progress(step, config.num_train_steps)


def held_out_temperature(config: Config) -> float:
    """Temperature in evaluation: the run's last one, so that readings compare."""
    return config.masking.final_temperature or config.masking.temperature


def attention_slope(config: Config, step: tf.Tensor) -> float | tf.Tensor:
    """Drop of attention scores per token of distance; a Python 0 in a run without one.

    Source of the form: "Train Short, Test Long" (Press et al., 2022), section 3. A
    difference from it: the slope falls to 0, so that the network becomes a plain one.

    Args:
        config: configuration of the run.
        step: integer scalar, steps taken before this one.
    """
    if not config.attention_slope:
        return 0.0
    steps = config.attention_slope_fraction * config.num_train_steps
    return config.attention_slope * (1.0 - _progress(step, steps))


def _progress(step: tf.Tensor, steps: float) -> tf.Tensor:
    """Share of `steps` that is done, at most 1."""
    return tf.minimum(tf.cast(step, "float32") / steps, 1.0)
