"""The plan that all seeds of a fine-tuning share, and its note in config.json."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import tensorflow as tf
from absl import logging

from electra_tf import files
from electra_tf.config import Precision, enum_name
from electra_tf.finetuning import splits
from electra_tf.finetuning.config import FinetuneConfig
from electra_tf.finetuning.features import Featurizer
from electra_tf.finetuning.splits import LabelledFiles
from electra_tf.finetuning.task import TRAIN, Task, TaskSplit
from electra_tf.interop.encoders import PretrainedEncoder
from electra_tf.text.tokenizer import Tokenizer
from electra_tf.training import precision as precisions

_FIRST_START = ("model", "checkpoint", "precision")
"""Noted at a run's first start; a resume may find them changed."""
_OTHER_SPLITS = (
    " It was started by an older version, which drew dev sets and folds from --train "
    "in another way: it can't resume if it drew its own, but its results stay."
)


class FinetunePlan(NamedTuple):
    """Task, hyperparameters, encoder and examples of one fold."""

    task: Task
    config: FinetuneConfig
    encoder: PretrainedEncoder
    splits: dict[str, TaskSplit]
    """The examples by the names of `splits.read`."""
    shared: dict[str, int]
    """Examples of dev and of each test that are in train too."""
    from_random: bool
    """Whether to start from random weights, as a baseline."""

    @property
    def steps_per_epoch(self) -> int:
        """Optimizer steps per epoch."""
        return -(-len(self.splits[TRAIN].features.ids_NS) // self.config.batch_size)

    @property
    def num_steps(self) -> int:
        """Optimizer steps of a run."""
        return self.steps_per_epoch * self.config.num_epochs

    def as_json(self) -> dict[str, Any]:
        """The content of config.json; a run resumes only if it is the same."""
        encoder = self.encoder
        noted = {
            "task": type(self.task).__name__,
            "labels": list(self.task.labels),
            "metric": self.task.metric,
            "columns": dataclasses.asdict(self.task.columns),
            "encoder": {
                "weights": "random" if self.from_random else encoder.weights,
                "text": encoder.vocabulary.fingerprint(encoder.text_rules),
                **dataclasses.asdict(encoder.config),
            },
            "examples": {
                name: f"{len(one.examples)} {_digest(one.examples)}"
                for name, one in self.splits.items()
            },
            "shared_with_train": self.shared,
            "config": dataclasses.asdict(self.config),
        }
        return _plain(noted)


def make(
    task: Task,
    config: FinetuneConfig,
    encoder: PretrainedEncoder,
    paths: LabelledFiles,
    folds: int = 0,
    max_folds: int = 0,
    from_random: bool = False,
) -> dict[str, FinetunePlan]:
    """Reads all files and plans each fold.

    Args:
        task: to train.
        config: validated.
        encoder: to start from.
        paths: labelled text.
        folds: number of folds for cross-validation; 0: none.
        max_folds: number of folds to run; 0: all.
        from_random: whether to start from random weights.

    Returns:
        Plans by the names of their directories: "fold-0" and so on, or "".

    Raises:
        ValueError: a file or the number of folds is wrong.
    """
    if not 0 <= max_folds <= folds:
        raise ValueError(
            f"--max_folds={max_folds} must lie in [0, {folds}], the number of --folds."
        )
    featurizer = Featurizer(
        Tokenizer(encoder.vocabulary, encoder.text_rules),
        encoder.vocabulary.special_ids,
        config,
    )
    plans = {}
    wanted = splits.read(task, paths, folds, config.split_seed)[: max_folds or None]
    for number, examples in enumerate(wanted):
        encoded = {name: task.encode(one, featurizer) for name, one in examples.items()}
        shared = splits.shared(task, examples)
        for name, split in encoded.items():
            logging.info(
                "%s: %s examples in rows of up to %d tokens",
                name,
                f"{len(split.examples):,}",
                split.features.ids_NS.shape[1],
            )
            if shared.get(name):
                logging.warning(
                    "%d of the %d examples of %s are in train too",
                    shared[name],
                    len(split.examples),
                    name,
                )
        if number == 0 and not from_random:
            _warn_of_positions(encoded, encoder)
        name = f"fold-{number}" if folds else ""
        plans[name] = FinetunePlan(task, config, encoder, encoded, shared, from_random)
    return plans


def _warn_of_positions(
    encoded: Mapping[str, TaskSplit], encoder: PretrainedEncoder
) -> None:
    length = max(
        int(split.features.mask_NS.sum(axis=1).max()) for split in encoded.values()
    )
    if length > encoder.trained_length:
        logging.warning(
            "Rows have up to %d tokens, but %s was trained on examples of %d: later "
            "positions are untrained. Lower config.max_seq_length, or pre-train on "
            "longer examples first",
            length,
            encoder.path,
            encoder.trained_length,
        )


def _digest(examples: Sequence[Any]) -> str:
    """12 hexadecimal digits that change with the examples."""
    return hashlib.sha256(repr(examples).encode()).hexdigest()[:12]


def difference(path: str, planned: Mapping[str, Any]) -> str:
    """Compares a plan with the run that a directory holds.

    Args:
        path: config.json of the run; it may not exist.
        planned: the value of `FinetunePlan.as_json`.

    Returns:
        An error message that names the first difference; "" for the same or no run.
    """
    if not tf.io.gfile.exists(path):
        return ""
    noted = files.read_json(path, dict[str, Any])
    is_older = "split_seed" not in noted.get("config", {})
    # Fields that were added since then had their default.
    defaults = _plain(dataclasses.asdict(FinetuneConfig()))
    noted["config"] = defaults | noted.get("config", {})
    theirs = _flat({name: noted[name] for name in noted if name not in _FIRST_START})
    ours = _flat(planned)
    for name in sorted(ours.keys() | theirs.keys()):
        if theirs.get(name) == ours.get(name):
            continue
        start = ", ".join(f"{key} {noted.get(key)}" for key in _FIRST_START)
        message = (
            f"{path.rpartition('/')[0]} holds a run with another {name}: "
            f"{theirs.get(name)}, not {ours.get(name)} (it started with {start}). Use "
            "the same values to resume it, or another --output, or --overwrite."
        )
        return message + _OTHER_SPLITS * (is_older and name.startswith("examples."))
    return ""


def note(path: str, plan: FinetunePlan, precision: Precision) -> None:
    """Writes config.json at a run's first start."""
    if not tf.io.gfile.exists(path):
        start = (plan.encoder.path, plan.encoder.checkpoint, precision.name)
        values = dict(zip(_FIRST_START, start, strict=True))
        files.write_json(path, plan.as_json() | values)


def precision(
    path: str, configured: Precision, strategy: tf.distribute.Strategy
) -> Precision:
    """Resolves AUTO: what the run started with, or for a new run what suits the device.

    Args:
        path: config.json of the run; it may not exist.
        configured: may be AUTO.
        strategy: has the devices.
    """
    if configured is not Precision.AUTO:
        return configured
    noted = files.read_json(path, dict[str, Any]) if tf.io.gfile.exists(path) else {}
    if started := Precision.__members__.get(noted.get("precision", "")):
        return started
    device, has_bfloat16 = precisions.describe(strategy)
    chosen = Precision.MIXED_BFLOAT16 if has_bfloat16 else Precision.FLOAT32
    logging.info("precision=%s (auto, %s)", chosen.name, device)
    return chosen


def _plain(value: Any) -> Any:
    """The value after a round trip through JSON."""
    return json.loads(json.dumps(value, default=enum_name))


def _flat(noted: Mapping[str, Any]) -> dict[str, Any]:
    """Values by their path, `a.b`."""
    flat: dict[str, Any] = {}
    for name, value in noted.items():
        inner = _flat(value) if isinstance(value, dict) else {}
        flat |= {f"{name}.{path}": one for path, one in inner.items()} or {name: value}
    return flat
