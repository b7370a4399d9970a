"""What is learnt from labelled text: what all kinds of task have in common.

A task reads its files, turns examples into features, and answers into predictions and
scores; it knows nothing of models and devices. Shape letters: N examples, S sequence,
L labels.
"""

import abc
import dataclasses
from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from absl import logging

from electra_tf.console import printable
from electra_tf.finetuning import losses
from electra_tf.finetuning.features import Encoder, Features

SPLITS = (TRAIN, DEV, TEST) = ("train", "dev", "test")


@dataclasses.dataclass(frozen=True)
class Columns:
    """Where texts and labels are in a file; the flags of finetune.py by their names."""

    columns: tuple[str, ...] = ()
    """Of tables without a first line that names them; (): it does."""
    text_column: str = "sentence"
    second_text_column: str = ""
    """"" for tasks of single texts."""
    label_column: str = "label"
    split_column: str = ""
    """That says train, dev or test; "": all rows of a file."""
    split_names: tuple[str, ...] = SPLITS
    """What `split_column` says of the examples of --train, --dev and --test."""
    quoted: bool = False
    """Whether values of tables may stand in quotes, doubled within them (RFC 4180)."""
    placeholder: str = ""
    """Rows that have this for a text are left out, and counted."""
    word_column: int = 0
    """Of token tasks, from 0; of the end from -1."""
    tag_column: int = -1

    def __post_init__(self) -> None:
        if len(self.split_names) != len(SPLITS):
            raise ValueError(
                f"--split_names={','.join(self.split_names)} must be three: what "
                f"--split_column says of {', '.join(SPLITS)}."
            )


class Split(NamedTuple):
    """A file, ready for a model."""

    examples: Sequence[Any]
    features: Features
    places: Any = None
    """What a task needs to find its answers again."""


class Task(abc.ABC):
    """One kind of task, with the labels of its training file.

    Args:
        columns: where texts and labels are.
        metric: the score by which the best epoch is chosen, the higher, the better; ""
            for the first of `metrics`.

    Raises:
        ValueError: the task has no such score.
    """

    head: str
    """"token", "text" or "span": what gets an answer."""
    metrics: tuple[str, ...]
    """Names of the scores; the first chooses the best epoch, unless told otherwise."""
    loss: Callable[[tf.Tensor, tf.Tensor, tf.Tensor], losses.SumAndWeight]
    """Of logits, targets and the weights of rows."""
    labels: tuple[str, ...] = ()

    def __init__(self, columns: Columns, metric: str = "") -> None:
        self.columns = columns
        self.metric = metric or self.metrics[0]
        if self.metric not in self.metrics:
            raise ValueError(
                f"--metric={metric}: the scores of this task are "
                f"{', '.join(self.metrics)}."
            )

    @property
    def outputs(self) -> int:
        """Numbers per answer."""
        return len(self.labels)

    @abc.abstractmethod
    def read(self, path: str, split: str) -> list[Any]:
        """Reads examples.

        Args:
            path: of the file.
            split: "train", "dev" or "test": whose rows of `split_column`.

        Raises:
            ValueError: the file or a label is not what the task asks for.
        """

    def learn(self, examples: Sequence[Any], path: str) -> None:
        """Learns from all training examples what there is to predict.

        Args:
            examples: as read.
            path: of their files, for messages.

        Raises:
            ValueError: there is nothing to learn.
        """
        del examples, path  # By default anything can be predicted.

    def learnable(self, examples: list[Any]) -> list[Any]:
        """Those that can be trained on: all, unless a task says otherwise."""
        return examples

    def check(self, examples: Sequence[Any], where: str, train: Sequence[Any]) -> None:
        """Says what of dev or test can't be predicted.

        Args:
            examples: of dev or test.
            where: they are from, for messages.
            train: what is trained on.
        """
        del examples, where, train

    @abc.abstractmethod
    def keys(self, example: Any) -> list[Hashable]:
        """What an example may share with others: such are never parted."""

    @abc.abstractmethod
    def identity(self, example: Any) -> Hashable:
        """What is asked, without the answer: the same for the same example."""

    @abc.abstractmethod
    def split(self, examples: Sequence[Any], encoder: Encoder) -> Split:
        """Examples → features."""

    def settings(self) -> dict[str, float]:
        """What predictions need beside the weights, as `tune` has chosen it."""
        return {}

    def tune(self, split: Split, logits: np.ndarray) -> None:
        """Chooses on dev what is not trained, such as a threshold.

        Args:
            split: of dev.
            logits: the answers [N, ...].
        """
        del split, logits  # By default there is nothing to choose.

    @abc.abstractmethod
    def predictions(self, split: Split, logits: np.ndarray) -> list[Any]:
        """Answers [N, ...] → a prediction per example."""

    @abc.abstractmethod
    def scores(
        self, examples: Sequence[Any], predictions: Sequence[Any]
    ) -> dict[str, float]:
        """Predictions against the examples' labels."""

    def confusion(self, examples: Sequence[Any], predictions: Sequence[Any]) -> str:
        """A Markdown table for TensorBoard; "" where there are no classes."""
        return ""


class LabelTask(Task):
    """A task whose answers are labels, those of its training examples."""

    def learn(self, examples: Sequence[Any], path: str) -> None:
        """Learns what labels there are."""
        self.labels = tuple(sorted(set(self.labels_of(examples))))
        if len(self.labels) < 2:
            raise ValueError(
                f"{path} has the label {', '.join(self.labels)} alone: there is "
                "nothing to learn."
            )

    def check(self, examples: Sequence[Any], where: str, train: Sequence[Any]) -> None:
        """Says which labels of dev or test can't be predicted."""
        labels = self.labels_of(examples)
        unknown = set(labels) - set(self.labels_of(train))
        if unknown:
            count = sum(label in unknown for label in labels)
            logging.warning(
                "%s has %d labels that no training example has (%s): no prediction "
                "can be right there",
                where,
                count,
                ", ".join(map(printable, sorted(unknown)[:10])),
            )

    @abc.abstractmethod
    def labels_of(self, examples: Sequence[Any]) -> list[str]:
        """All labels of all examples, one after the other."""
