"""How an encoder is fine-tuned: the paper's numbers, each a flag `--config.FIELD`."""

import dataclasses

from electra_tf.config import Precision


@dataclasses.dataclass
class FinetuneConfig:
    """Defaults of the paper (appendix B, table 7) for a small model."""

    learning_rate: float = 3e-4
    """Peak, of the head and the top layer."""
    layerwise_decay: float = 0.8
    """A layer's rate / the rate of the layer above it; 1: all the same."""
    num_epochs: int = 3
    """Readings of the training examples; the best one on dev is kept."""
    batch_size: int = 32
    """Examples per step, over all replicas."""
    warmup_fraction: float = 0.1
    """Share of the steps; the rate falls to 0 over all of them."""
    weight_decay: float = 0.0
    """Not of norms and biases."""
    gradient_clip_norm: float = 1.0
    dropout: float = 0.1
    """Of the encoder, and before the head's products."""
    max_seq_length: int = 128
    """Tokens per example; a batch is as long as the longest example needs."""
    doc_stride: int = 128
    """Question answering: tokens from a window of a long text to the next; half a
    window at most."""
    max_question_tokens: int = 64
    """Question answering: what is longer is cut; half a window at most."""
    max_answer_tokens: int = 30
    """Question answering: no longer span is an answer. A right one that is longer
    can't be found."""
    split_seed: int = 0
    """Draws the dev set from --train where there is no --dev, and the folds."""
    precision: Precision = Precision.AUTO


def validate(config: FinetuneConfig, max_positions: int) -> None:
    """Checks what no single field can know.

    Args:
        config: of the runs.
        max_positions: that the encoder has.

    Raises:
        ValueError: names the field, its value, the limit and the cure.
    """
    rules = {
        "learning_rate": (config.learning_rate > 0, "must be positive"),
        "layerwise_decay": (0 < config.layerwise_decay <= 1, "must lie in (0, 1]"),
        "num_epochs": (config.num_epochs > 0, "must be positive"),
        "batch_size": (config.batch_size > 0, "must be positive"),
        "warmup_fraction": (0 <= config.warmup_fraction < 1, "must lie in [0, 1)"),
        "weight_decay": (config.weight_decay >= 0, "must not be negative"),
        "gradient_clip_norm": (config.gradient_clip_norm > 0, "must be positive"),
        "dropout": (0 <= config.dropout < 1, "must lie in [0, 1)"),
        "doc_stride": (config.doc_stride > 0, "must be positive"),
        "max_question_tokens": (config.max_question_tokens > 0, "must be positive"),
        "max_answer_tokens": (config.max_answer_tokens > 0, "must be positive"),
        "max_seq_length": (
            4 <= config.max_seq_length <= max_positions,
            f"must lie in [4, {max_positions}], the positions of the model",
        ),
    }
    for field, (holds, problem) in rules.items():
        if not holds:
            value = getattr(config, field)
            raise ValueError(f"config: {field}={value} {problem}.")
