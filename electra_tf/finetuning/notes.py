"""What is noted beside a run: a run goes on where it says the same again."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from electra_tf import files
from electra_tf.config import Config, JitCompile, Precision, enum_name
from electra_tf.finetuning.config import FinetuneConfig
from electra_tf.pretraining import precision as precisions

_DEFAULTS = json.loads(
    json.dumps(dataclasses.asdict(FinetuneConfig()), default=enum_name)
)
_OTHER_PARTS = (
    " It was begun by an older version, which drew dev sets and folds from --train in "
    "another way: if it took its own from there, it can't go on, but its results stay."
)


def agree(path: str, said: Mapping[str, Any], beginning: Mapping[str, Any]) -> None:
    """Notes what is run, or checks that it is what was noted.

    Args:
        path: of the notes.
        said: that must stay the same.
        beginning: what else is noted when the run begins; kept from then on.

    Raises:
        ValueError: something else was run here; names what differs.
    """
    if not tf.io.gfile.exists(path):
        files.write_json(path, {**said, **beginning})
    if problem := difference(path, said, beginning):
        raise ValueError(problem)


def difference(path: str, said: Mapping[str, Any], beginning: Mapping[str, Any]) -> str:
    """What is run that was not noted, as an error says it; "" for the same run.

    Args:
        path: of the notes, which may not exist.
        said: that must stay the same.
        beginning: what else is noted when the run begins.
    """
    if not tf.io.gfile.exists(path):
        return ""
    noted = files.read_json(path, dict[str, Any])
    is_older = "split_seed" not in noted.get("config", {})
    if "config" in noted:
        # Fields that are newer than the notes had their default then.
        noted["config"] = _DEFAULTS | noted["config"]
    there = _flat({name: noted[name] for name in noted if name not in beginning})
    here = _flat(said)
    for name in sorted(here.keys() | there.keys()):
        if there.get(name) != here.get(name):
            began = ", ".join(f"{key} {noted.get(key)}" for key in beginning)
            return (
                f"{path.rpartition('/')[0]} holds a run with another {name}: "
                f"{there.get(name)}, not {here.get(name)} (it began with {began}). "
                "Give the same again, another --output, or --overwrite."
                + _OTHER_PARTS
                * (is_older and name.startswith("examples."))
            )
    return ""


def precision(
    path: str, asked: Precision, strategy: tf.distribute.Strategy
) -> Precision:
    """That a run was noted to begin with; else what is asked, or is best here.

    Args:
        path: of the notes.
        asked: may be AUTO.
        strategy: of the devices.
    """
    config, started = Config(precision=asked, jit_compile=JitCompile.OFF), None
    if tf.io.gfile.exists(path):
        name = files.read_json(path, dict[str, Any]).get("precision", "")
        started = Config(precision=Precision.__members__.get(name, asked))
    return precisions.resolve(config, strategy, started).precision


def _flat(notes: Mapping[str, Any]) -> dict[str, Any]:
    """Values by their path, `a.b`."""
    flat: dict[str, Any] = {}
    for name, value in notes.items():
        inner = _flat(value) if isinstance(value, dict) else {}
        flat |= {f"{name}.{path}": one for path, one in inner.items()} or {name: value}
    return flat
