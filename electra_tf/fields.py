"""The fields of a run by their path, and those in which two runs differ."""

import dataclasses
from typing import Any

from electra_tf.config import Config

RESUME_MAY_CHANGE = frozenset(
    {
        "data.directory",
        "peak_teraflops",
        "steps_per_loop",
        "log_every",
        "eval_every",
        "eval_examples",
        "checkpoint_every",
        "keep_checkpoints",
        "keep_every",
        "keep_best",
        "max_skipped_updates",
        "gradient_accumulation_steps",
        "model.rematerialize",
    }
)
"""Fields that change neither the data order of a run nor, but for rounding, its
weights."""


def differences(ours: Config, theirs: Config) -> dict[str, tuple[Any, Any]]:
    """Fields in which two runs differ beyond `RESUME_MAY_CHANGE`: path to values."""
    left, right = flatten(ours), flatten(theirs)
    return {
        path: (left[path], right[path])
        for path in left
        if path not in RESUME_MAY_CHANGE and left[path] != right[path]
    }


def flatten(config: Any, prefix: str = "") -> dict[str, Any]:
    """Every field's value by its path, `a.b`."""
    flat = {}
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if dataclasses.is_dataclass(value):
            flat.update(flatten(value, f"{prefix}{field.name}."))
        else:
            flat[prefix + field.name] = value
    return flat
