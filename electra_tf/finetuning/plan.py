"""What all runs of a fine-tuning have in common, read before any of them begins."""

import dataclasses
import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from absl import logging

from electra_tf.config import Precision
from electra_tf.data.tokenizer import Tokenizer
from electra_tf.finetuning import splits
from electra_tf.finetuning.config import FinetuneConfig
from electra_tf.finetuning.features import Encoder
from electra_tf.finetuning.source import Source
from electra_tf.finetuning.splits import Files
from electra_tf.finetuning.tasks import Split, Task


class Plan(NamedTuple):
    """Task, numbers, encoder and text."""

    task: Task
    config: FinetuneConfig
    source: Source
    splits: dict[str, Split]
    """As of `splits.read`."""
    from_random: bool
    """Whether to start from random weights, to compare with."""

    def as_json(self) -> dict[str, Any]:
        """What is noted beside a run, and must be the same for it to go on."""
        numbers = {
            name: value.name if isinstance(value, Precision) else value
            for name, value in dataclasses.asdict(self.config).items()
        }
        return {
            "task": type(self.task).__name__,
            "labels": list(self.task.labels),
            "columns": dataclasses.asdict(self.task.columns),
            "model": self.source.path,
            "from_random": self.from_random,
            "examples": {
                name: f"{len(one.examples)} {_digest(one.examples)}"
                for name, one in self.splits.items()
            },
            "config": numbers,
        }


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
        config.max_seq_length,
        config.doc_stride,
    )
    plans = {}
    wanted = splits.read(task, files, folds)[: max_folds or None]
    for number, examples in enumerate(wanted):
        found = {name: task.split(ours, encoder) for name, ours in examples.items()}
        for name, split in found.items():
            logging.info(
                "%s: %s examples in rows of up to %d tokens",
                name,
                f"{len(split.examples):,}",
                split.features.ids_NS.shape[1],
            )
        name = f"fold-{number}" if folds else ""
        plans[name] = Plan(task, config, source, found, from_random)
    return plans


def _digest(examples: Sequence[Any]) -> str:
    """12 hexadecimal digits that tell these examples from others."""
    return hashlib.sha256(repr(examples).encode()).hexdigest()[:12]
