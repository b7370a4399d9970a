"""Whether the fields of a run fit together."""

import math
from typing import Any

from electra_tf.config import Config
from electra_tf.fields import flatten


def validate(config: Config) -> None:
    """Checks what no single field can know.

    Raises:
        ValueError: names the field, its value, the limit and the cure.
    """
    positive = [
        "num_train_steps",
        "log_every",
        "checkpoint_every",
        "keep_checkpoints",
        "steps_per_loop",
        "gradient_accumulation_steps",
        "data.global_batch_size",
        "data.max_seq_length",
        "data.shuffle_buffer",
        "learning_rate",
        "discriminator_rate",
        "gradient_clip_norm",
        "masking.temperature",
        "model.hidden_size",
        "model.num_layers",
        "model.num_heads",
        "model.generator_fraction",
        "model.intermediate_size",
        "model.embedding_size",
        "model.max_position_embeddings",
        "model.token_types",
        "model.initializer_range",
        "max_skipped_updates",
    ]
    fields = flatten(config)
    for path, value in fields.items():
        if isinstance(value, float):
            _require(math.isfinite(value), path, value, "must be a finite number")
    for path in positive:
        _require(fields[path] > 0, path, fields[path], "must be positive")
    for path in (
        "eval_every",
        "eval_examples",
        "warmup_steps",
        "seed",
        "weight_decay",
        "masking.final_temperature",
        "attention_slope",
        "keep_every",
        "generator_weight",
        "discriminator_weight",
        "peak_teraflops",
    ):
        _require(fields[path] >= 0, path, fields[path], "must not be negative")
    _require(fields["seed"] < 2**31, "seed", fields["seed"], "must be below 2**31")
    for path in (
        "masking.mask_prob",
        "masking.mask_token_prob",
        "attention_slope_fraction",
    ):
        _require(0 < fields[path] <= 1, path, fields[path], "must lie in (0, 1]")
    _require(
        not (config.masking.whole_words and config.masking.with_replacement),
        "masking.whole_words",
        True,
        "does not go with masking.with_replacement: choose one of them",
    )
    _require(
        0 <= config.model.dropout < 1,
        "model.dropout",
        config.model.dropout,
        "must lie in [0, 1)",
    )
    _require(
        config.max_predictions > 0,
        "masking.mask_prob",
        config.masking.mask_prob,
        f"masks no token of {config.data.max_seq_length}: raise it",
    )
    _require(
        config.max_predictions <= config.data.max_seq_length,
        "masking.mask_prob",
        config.masking.mask_prob,
        f"masks {config.max_predictions} of {config.data.max_seq_length} tokens: lower "
        "it",
    )
    _require(
        config.data.max_seq_length <= config.model.max_position_embeddings,
        "data.max_seq_length",
        config.data.max_seq_length,
        f"exceeds model.max_position_embeddings={config.model.max_position_embeddings}"
        ": raise that, or build shorter shards",
    )
    _check_lengths(config)
    _require(
        config.data.global_batch_size % config.gradient_accumulation_steps == 0,
        "data.global_batch_size",
        config.data.global_batch_size,
        f"is not divisible by gradient_accumulation_steps="
        f"{config.gradient_accumulation_steps}: change one of them",
    )
    for name in ("discriminator", "generator"):
        sizes = getattr(config.model, name)
        _require(
            sizes.hidden_size > 0 and sizes.hidden_size % sizes.num_heads == 0,
            f"the {name}'s hidden size",
            sizes.hidden_size,
            f"is not divisible by its {sizes.num_heads} heads: change "
            "model.num_heads or model.generator_fraction",
        )
    _require(
        config.keep_every % config.checkpoint_every == 0,
        "keep_every",
        config.keep_every,
        f"is not a multiple of checkpoint_every={config.checkpoint_every}: change one "
        "of them",
    )
    for path in ("log_every", "eval_every", "checkpoint_every"):
        _require(
            fields[path] % config.steps_per_loop == 0,
            path,
            fields[path],
            f"is not a multiple of steps_per_loop={config.steps_per_loop}: "
            "change one of them",
        )


def _check_lengths(config: Config) -> None:
    """A part of the run at a shorter length, if there is one, fits the rest."""
    short, long = config.data.short_seq_length, config.data.max_seq_length
    path, fraction = "data.short_seq_length", config.data.short_steps_fraction
    if short == 0:
        return
    _require(
        0 < short < long and long % short == 0,
        path,
        short,
        f"is no proper divisor of data.max_seq_length={long}: use one, or 0 for none",
    )
    _require(
        config.masking.max_predictions(short) > 0,
        path,
        short,
        f"leaves no token to mask at masking.mask_prob={config.masking.mask_prob}: "
        "raise one of them",
    )
    _require(
        0 < fraction < 1,
        "data.short_steps_fraction",
        fraction,
        "must lie in (0, 1): data.short_seq_length=0 is a run of one length, and a run "
        "that is to stay short needs shorter shards",
    )
    _require(
        0 < config.short_steps < config.num_train_steps,
        "data.short_steps_fraction",
        fraction,
        f"leaves one of the two lengths no step of num_train_steps="
        f"{config.num_train_steps} ({config.short_steps} short ones, which are counted "
        f"in multiples of {long // short}): change one of them",
    )


def _require(holds: bool, field: str, value: Any, problem: str) -> None:
    if not holds:
        raise ValueError(f"config: {field}={value} {problem}.")
