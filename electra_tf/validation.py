"""Checks that the fields of a configuration fit together."""

import math
from collections.abc import Iterator

from electra_tf.config import Config
from electra_tf.fields import flatten

MAY_BE_ZERO = (
    "attention_slope",
    "data.short_seq_length",
    "data.short_steps_fraction",
    "discriminator_weight",
    "eval_every",
    "eval_examples",
    "generator_weight",
    "keep_every",
    "masking.final_temperature",
    "model.dropout",
    "peak_teraflops",
    "seed",
    "warmup_steps",
    "weight_decay",
)
"""Fields that may be zero, often for "off"; all other numbers must be positive."""
SHARES = (
    "masking.mask_prob",
    "masking.mask_token_prob",
    "attention_slope_fraction",
    "decay_fraction",
)
"""Fields that are at most 1."""

Check = tuple[bool, str, str]
"""Whether it holds, the field, and the problem if it does not."""


def validate(config: Config) -> None:
    """Checks the ranges of fields, and what no single field can know.

    Raises:
        ValueError: names the field, its value, the limit and the cure.
    """
    fields = flatten(config)
    for checks in (_ranges, _sizes, _lengths, _intervals):
        for holds, path, problem in checks(config):
            if not holds:
                raise ValueError(f"config: {path}={fields[path]} {problem}.")


def _ranges(config: Config) -> Iterator[Check]:
    for path, value in flatten(config).items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        yield math.isfinite(value), path, "must be a finite number"
        if path in SHARES:
            yield 0 < value <= 1, path, "must lie in (0, 1]"
        elif path in MAY_BE_ZERO:
            yield value >= 0, path, "must not be negative"
        else:
            yield value > 0, path, "must be positive"
    yield config.seed < 2**31, "seed", "must be below 2**31"
    yield (
        not (config.init_from and config.branch_from),
        "branch_from",
        "does not go with init_from: a branch has the weights of its checkpoint",
    )
    yield config.model.dropout < 1, "model.dropout", "must lie in [0, 1)"


def _sizes(config: Config) -> Iterator[Check]:
    model, data, masking = config.model, config.data, config.masking
    length, slots = data.max_seq_length, config.max_predictions
    yield (
        not (masking.whole_words and masking.with_replacement),
        "masking.whole_words",
        "does not go with masking.with_replacement: choose one of them",
    )
    path = "masking.mask_prob"
    yield slots > 0, path, f"masks no token of {length}: raise it"
    yield slots <= length, path, f"masks {slots} of {length} tokens: lower it"
    yield (
        length <= model.max_position_embeddings,
        "data.max_seq_length",
        f"exceeds model.max_position_embeddings={model.max_position_embeddings}: raise "
        "that, or build shorter shards",
    )
    parts = config.gradient_accumulation_steps
    yield (
        data.global_batch_size % parts == 0,
        "data.global_batch_size",
        f"is not divisible by gradient_accumulation_steps={parts}: change one of them",
    )
    for name, path in (
        ("discriminator", "model.hidden_size"),
        ("generator", "model.generator_fraction"),
    ):
        width, heads = getattr(model, name).hidden_size, getattr(model, name).num_heads
        yield (
            width > 0 and width % heads == 0,
            path,
            f"gives the {name} a hidden size of {width}, which is not divisible by its "
            f"{heads} heads: change model.num_heads or model.generator_fraction",
        )


def _lengths(config: Config) -> Iterator[Check]:
    """Checks of the part of the run at a shorter length, if there is one."""
    short, long = config.data.short_seq_length, config.data.max_seq_length
    if not short:
        return
    path, fraction = "data.short_seq_length", "data.short_steps_fraction"
    yield (
        short < long and long % short == 0,
        path,
        f"is no proper divisor of data.max_seq_length={long}: use one, or 0 for none",
    )
    yield (
        config.masking.max_predictions(short) > 0,
        path,
        f"leaves no token to mask at masking.mask_prob={config.masking.mask_prob}: "
        "raise one of them",
    )
    yield (
        0 < config.data.short_steps_fraction < 1,
        fraction,
        "must lie in (0, 1): for a run of one length set data.short_seq_length=0, and "
        "for short examples throughout build shorter shards",
    )
    yield (
        0 < config.short_steps < config.num_train_steps,
        fraction,
        "leaves one of the two lengths no step of num_train_steps="
        f"{config.num_train_steps} ({config.short_steps} short ones, which are counted "
        f"in multiples of {long // short}): change one of them",
    )


def _intervals(config: Config) -> Iterator[Check]:
    every, fields = config.checkpoint_every, flatten(config)
    yield (
        config.keep_every % every == 0,
        "keep_every",
        f"is not a multiple of checkpoint_every={every}: change one of them",
    )
    loop = config.steps_per_loop
    for path in ("log_every", "eval_every", "checkpoint_every"):
        problem = f"is not a multiple of steps_per_loop={loop}: change one of them"
        yield fields[path] % loop == 0, path, problem
