"""What all runs of a fine-tuning have in common, read before any of them begins."""

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from absl import logging

from electra_tf.config import Precision
from electra_tf.data.tokenizer import Tokenizer
from electra_tf.finetuning.config import FinetuneConfig
from electra_tf.finetuning.features import Encoder
from electra_tf.finetuning.source import Source
from electra_tf.finetuning.tasks import Split, Task


class Plan(NamedTuple):
    """Task, numbers, encoder and text."""

    task: Task
    config: FinetuneConfig
    source: Source
    splits: dict[str, Split]
    """"train", "dev" and, where there is one, "test"."""
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
    paths: Mapping[str, str],
    from_random: bool,
) -> Plan:
    """Reads all files, so that what is wrong with one is told before any training.

    Args:
        task: to learn.
        config: checked.
        source: the encoder.
        paths: by "train", which is the first, "dev" and perhaps "test".
        from_random: as of `Plan`.
    """
    examples = {name: task.read(path, name) for name, path in paths.items()}
    encoder = Encoder(
        Tokenizer(source.vocabulary, source.text_rules),
        source.vocabulary.special_ids,
        config.max_seq_length,
        config.doc_stride,
    )
    splits = {name: task.split(found, encoder) for name, found in examples.items()}
    for name, split in splits.items():
        logging.info(
            "%s: %s examples of up to %d tokens",
            name,
            f"{len(split.examples):,}",
            split.features.ids_NS.shape[1],
        )
    return Plan(task, config, source, splits, from_random)


def _digest(examples: Sequence[Any]) -> str:
    """12 hexadecimal digits that tell these examples from others."""
    return hashlib.sha256(repr(examples).encode()).hexdigest()[:12]
