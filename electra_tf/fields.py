"""The fields of a configuration by their paths, and comparing two of them."""

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any

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
"""Fields that affect neither the order of the data nor, except for rounding, the
weights."""


def differences(
    recorded: Any, wanted: Any, ignored: Collection[str] = ()
) -> dict[str, tuple[Any, Any]]:
    """Compares recorded settings with wanted ones: is this the same run or build?

    Args:
        recorded: dataclass or mapping, nested or not.
        wanted: the same kind.
        ignored: paths of fields that may differ.

    Returns:
        Recorded and wanted value by path, where they differ; None for a missing field.
    """
    theirs, ours = flatten(recorded), flatten(wanted)
    return {
        path: (theirs.get(path), ours.get(path))
        for path in theirs | ours
        if path not in ignored and theirs.get(path) != ours.get(path)
    }


def flatten(settings: Any, prefix: str = "") -> dict[str, Any]:
    """Values of all fields by their paths, such as `data.directory`."""
    flat: dict[str, Any] = {}
    items = settings if isinstance(settings, Mapping) else vars(settings)
    for name, value in items.items():
        is_nested = dataclasses.is_dataclass(value) or isinstance(value, Mapping)
        if is_nested and (inner := flatten(value, f"{prefix}{name}.")):
            flat |= inner
        else:
            flat[prefix + name] = value
    return flat
