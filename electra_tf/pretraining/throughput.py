"""FLOPs per step and speed of a run.

Convention of every FLOP figure: matrix products only, a multiply-add is 2, the backward
pass is twice the forward pass, and the masked-LM head counts its slots only. Dropout,
norms, softmax, embedding lookups and the optimizer are not counted. Padding counts as
tokens, because the machine computes it too.
"""

from electra_tf.config import Config, EncoderSizes
from electra_tf.training.peak import Peak


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


def epochs(config: Config, examples: int) -> float:
    """Returns the number of times that a run reads its training examples."""
    read, step = 0.0, 0
    for phase in config.phases:
        read += (phase.end - step) * phase.length / config.data.max_seq_length
        step = phase.end
    return read * config.data.global_batch_size / examples


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
