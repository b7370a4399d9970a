"""What all runs of a fine-tuning have in common, read before any of them begins."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from absl import logging

from electra_tf.config import enum_name
from electra_tf.finetuning import splits
from electra_tf.finetuning.config import FinetuneConfig
from electra_tf.finetuning.features import Encoder
from electra_tf.finetuning.source import Source
from electra_tf.finetuning.splits import Files
from electra_tf.finetuning.tasks import Split, Task
from electra_tf.text.tokenizer import Tokenizer


class Plan(NamedTuple):
    """Task, numbers, encoder and text."""

    task: Task
    config: FinetuneConfig
    source: Source
    splits: dict[str, Split]
    """As of `splits.read`."""
    shared: dict[str, int]
    """As of `splits.shared`."""
    from_random: bool
    """Whether to start from random weights, to compare with."""

    def as_json(self) -> dict[str, Any]:
        """What is noted beside a run, and must be the same for it to go on."""
        source = self.source
        said = {
            "task": type(self.task).__name__,
            "labels": list(self.task.labels),
            "metric": self.task.metric,
            "columns": dataclasses.asdict(self.task.columns),
            "encoder": {
                "weights": "random" if self.from_random else source.weights,
                "text": source.vocabulary.fingerprint(source.text_rules),
                **dataclasses.asdict(source.config),
            },
            "examples": {
                name: f"{len(one.examples)} {_digest(one.examples)}"
                for name, one in self.splits.items()
            },
            "shared_with_train": self.shared,
            "config": dataclasses.asdict(self.config),
        }
        return json.loads(json.dumps(said, default=enum_name))


def make(
    task: Task,
    config: FinetuneConfig,
    source: Source,
    files: Files,
    folds: int = 0,
    max_folds: int = 0,
    from_random: bool = False,
) -> dict[str, Plan]:
    """Reads all files; a plan for each fold, or one.

    Args:
        task: to learn.
        config: checked.
        source: the encoder.
        files: labelled text.
        folds: as of `splits.read`.
        max_folds: only the first so many; 0 for all.
        from_random: as of `Plan`.

    Returns:
        Plans by the names of their directories: "fold-0" and so on, or "".
    """
    if not 0 <= max_folds <= folds:
        raise ValueError(
            f"--max_folds={max_folds} must lie in [0, {folds}], the number of --folds."
        )
    encoder = Encoder(
        Tokenizer(source.vocabulary, source.text_rules),
        source.vocabulary.special_ids,
        config,
    )
    plans = {}
    wanted = splits.read(task, files, folds, config.split_seed)[: max_folds or None]
    for number, examples in enumerate(wanted):
        found = {name: task.split(ours, encoder) for name, ours in examples.items()}
        shared = splits.shared(task, examples)
        for name, split in found.items():
            logging.info(
                "%s: %s examples in rows of up to %d tokens",
                name,
                f"{len(split.examples):,}",
                split.features.ids_NS.shape[1],
            )
            if shared.get(name):
                logging.warning(
                    "%d of the %d examples of %s stand in train too",
                    shared[name],
                    len(split.examples),
                    name,
                )
        if number == 0 and not from_random:
            _warn_of_positions(found, source)
        name = f"fold-{number}" if folds else ""
        plans[name] = Plan(task, config, source, found, shared, from_random)
    return plans


def _warn_of_positions(found: Mapping[str, Split], source: Source) -> None:
    length = max(
        int(split.features.mask_NS.sum(axis=1).max()) for split in found.values()
    )
    if length > source.trained_length:
        logging.warning(
            "Rows have up to %d tokens, and %s was trained on examples of %d: later "
            "positions are as it began with them. Lower config.max_seq_length, or "
            "train it on longer examples first",
            length,
            source.path,
            source.trained_length,
        )


def _digest(examples: Sequence[Any]) -> str:
    """12 hexadecimal digits that tell these examples from others."""
    return hashlib.sha256(repr(examples).encode()).hexdigest()[:12]
