"""The interface of a fine-tuning task: what it reads, encodes, predicts and scores.

A task knows nothing of models and devices. `tasks` has the tasks that are not about
questions, and the registry. Shape letters: N examples.
"""

import abc
import dataclasses
from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from absl import logging

from electra_tf.console import printable
from electra_tf.finetuning.features import Features, Featurizer
from electra_tf.pretraining.losses import WeightedSum

SPLITS = (TRAIN, DEV, TEST) = ("train", "dev", "test")


@dataclasses.dataclass(frozen=True)
class Columns:
    """Columns of texts and labels in the files; each field is a flag of finetune.py."""

    columns: tuple[str, ...] = ()
    """Names of a table's columns; (): its first line has them."""
    text_column: str = "sentence"
    second_text_column: str = ""
    """"": the examples are single texts."""
    label_column: str = "label"
    split_column: str = ""
    """Column that tells the splits apart; "": a file belongs to one split."""
    split_names: tuple[str, ...] = SPLITS
    """Values of `split_column` in the examples of --train, --dev and --test."""
    quoted: bool = False
    """Whether a table's values may be quoted (RFC 4180)."""
    placeholder: str = ""
    """Rows with this text are left out."""
    word_column: int = 0
    """Column of the words in CoNLL files, from 0; from the end if negative."""
    tag_column: int = -1
    """Column of the tags in CoNLL files, from 0; from the end if negative."""

    def __post_init__(self) -> None:
        if len(self.split_names) != len(SPLITS):
            raise ValueError(
                f"--split_names={','.join(self.split_names)} must be three values of "
                f"--split_column, for {', '.join(SPLITS)}."
            )


class TaskSplit(NamedTuple):
    """The examples of one split, encoded for a model."""

    examples: Sequence[Any]
    features: Features
    positions: Any = None
    """Maps the model's rows back to the examples, in tasks that need it."""


class Task(abc.ABC):
    """One kind of task, with the labels of its training set.

    Args:
        columns: where texts and labels are in the files.
        metric: score that selects the best epoch, higher is better; "": the first of
            `metrics`.

    Raises:
        ValueError: the task has no such score.
    """

    head: str
    """"token", "text" or "span": what the model computes logits for."""
    metrics: tuple[str, ...]
    """Names of the scores; by default the first one selects the best epoch."""
    loss: Callable[[tf.Tensor, tf.Tensor, tf.Tensor], WeightedSum]
    """Loss of logits, targets and weights of the rows."""
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
        """Number of logits per text or token."""
        return len(self.labels)

    @abc.abstractmethod
    def read(self, path: str, split: str) -> list[Any]:
        """Reads the examples of a file.

        Args:
            path: file to read.
            split: "train", "dev" or "test"; selects rows by `Columns.split_column`.

        Raises:
            ValueError: the file's format or a label does not fit the task.
        """

    def learn(self, examples: Sequence[Any], path: str) -> None:
        """Collects what there is to predict, such as the labels.

        Args:
            examples: the whole training set.
            path: its files, for messages.

        Raises:
            ValueError: there is nothing to learn.
        """
        del examples, path  # By default anything can be predicted.

    def trainable(self, examples: list[Any]) -> list[Any]:
        """Returns the examples that the model can be trained on; by default all."""
        return examples

    def check(self, examples: Sequence[Any], where: str, train: Sequence[Any]) -> None:
        """Warns of examples that no prediction can get right.

        Args:
            examples: the dev or test set.
            where: its name or file, for messages.
            train: the training set.
        """
        del examples, where, train

    @abc.abstractmethod
    def group_keys(self, example: Any) -> list[Hashable]:
        """Returns keys; examples that share one stay in the same split."""

    @abc.abstractmethod
    def identity(self, example: Any) -> Hashable:
        """Returns the example's input without its label, to find duplicates."""

    @abc.abstractmethod
    def encode(self, examples: Sequence[Any], featurizer: Featurizer) -> TaskSplit:
        """Encodes examples as features."""

    def settings(self) -> dict[str, float]:
        """Values that `tune` chose, which predictions need beside the weights."""
        return {}

    def tune(self, split: TaskSplit, logits: np.ndarray) -> None:
        """Chooses on the dev set what is not trained, such as a threshold.

        Args:
            split: the dev set.
            logits: the model's, [N, ...].
        """
        del split, logits  # By default there is nothing to choose.

    @abc.abstractmethod
    def predictions(self, split: TaskSplit, logits: np.ndarray) -> list[Any]:
        """Returns a prediction per example, from logits [N, ...]."""

    @abc.abstractmethod
    def scores(
        self, examples: Sequence[Any], predictions: Sequence[Any]
    ) -> dict[str, float]:
        """Scores predictions against the examples' labels; has all of `metrics`."""

    def confusion(self, examples: Sequence[Any], predictions: Sequence[Any]) -> str:
        """Confusion matrix in Markdown for TensorBoard; "" without classes."""
        return ""


class LabelTask(Task):
    """A task whose predictions are labels of the training set."""

    def learn(self, examples: Sequence[Any], path: str) -> None:
        """Collects the labels."""
        self.labels = tuple(sorted(set(self.labels_of(examples))))
        if len(self.labels) < 2:
            raise ValueError(
                f"{path} has the label {', '.join(self.labels)} alone: there is "
                "nothing to learn."
            )

    def check(self, examples: Sequence[Any], where: str, train: Sequence[Any]) -> None:
        """Warns of labels that the training set lacks."""
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
        """Returns all labels of all examples as one list."""
