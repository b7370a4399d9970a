"""Hyperparameters of fine-tuning; each field is a flag `--config.FIELD`."""

import dataclasses

from electra_tf.config import Precision

TASK_NAMES = ("ner", "tagging", "classification", "regression", "qa")
"""Values of --task, the names in `tasks.TASKS`: known before TensorFlow is imported."""


@dataclasses.dataclass
class FinetuneConfig:
    """Hyperparameters; the defaults are the paper's for a small model (table 7)."""

    learning_rate: float = 3e-4
    """Peak learning rate of the head and the top layer."""
    layerwise_decay: float = 0.8
    """Learning rate of a layer / that of the layer above it; 1: equal rates."""
    num_epochs: int = 3
    """Passes over the training examples; the best epoch on dev is kept."""
    batch_size: int = 32
    """Examples per step, on all replicas together."""
    warmup_fraction: float = 0.1
    """Share of the steps with warm-up; the rate decays to 0 over all steps."""
    weight_decay: float = 0.0
    """Weight decay of all weights but layer norms and biases."""
    gradient_clip_norm: float = 1.0
    """Bound on the global norm of the gradient."""
    dropout: float = 0.1
    """Rate of dropout in the encoder and the head."""
    max_seq_length: int = 128
    """Tokens per row; longer texts are truncated, or continue in further rows."""
    doc_stride: int = 128
    """Question answering: tokens from one window of a long context to the next; at most
    half a window."""
    max_question_tokens: int = 64
    """Question answering: longer questions are truncated; at most half a window."""
    max_answer_tokens: int = 30
    """Question answering: limit of a predicted answer."""
    split_seed: int = 0
    """Seed for drawing folds, or the dev set without --dev, from --train."""
    precision: Precision = Precision.AUTO
    """Precision of matrix products; AUTO: chosen for the device."""


def validate(config: FinetuneConfig, max_positions: int) -> None:
    """Checks the ranges of all fields.

    Args:
        config: to check.
        max_positions: number of positions of the encoder.

    Raises:
        ValueError: names the field, its value and its range.
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
