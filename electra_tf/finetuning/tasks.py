"""What is learnt from labelled text: one class per kind of task.

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

from electra_tf.finetuning import losses, scoring
from electra_tf.finetuning.features import NO_TARGET, Encoder, Features
from electra_tf.labelled import tables, tokens


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
    word_column: int = 0
    """Of token tasks, from 0; of the end from -1."""
    tag_column: int = -1


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
    """

    head: str
    """"token", "text" or "span": what gets an answer."""
    metric: str
    """The score by which the best epoch is chosen; the higher, the better."""
    loss: Callable[[tf.Tensor, tf.Tensor, tf.Tensor], losses.SumAndWeight]
    """Of logits, targets and the weights of rows."""
    labels: tuple[str, ...] = ()

    def __init__(self, columns: Columns) -> None:
        self.columns = columns

    @property
    def outputs(self) -> int:
        """Numbers per answer."""
        return len(self.labels)

    @abc.abstractmethod
    def read(self, path: str, split: str) -> list[Any]:
        """Reads examples.

        Args:
            path: of the file.
            split: "train", "dev" or "test".

        Raises:
            ValueError: the file or a label is not what the task asks for.
        """

    def learn(self, examples: list[Any], path: str) -> list[Any]:
        """Learns from all training examples what labels there are.

        Args:
            examples: as read.
            path: of their files, for messages.

        Returns:
            Those that can be learnt from.

        Raises:
            ValueError: there is nothing to learn.
        """
        self.labels = tuple(sorted(set(self._labels_of(examples))))
        if len(self.labels) < 2:
            raise ValueError(
                f"{path} has the label {', '.join(self.labels)} alone: there is "
                "nothing to learn."
            )
        return examples

    def check(self, examples: Sequence[Any], path: str) -> None:
        """Says which labels of dev or test can't be predicted."""
        labels = self._labels_of(examples)
        unknown = sorted(set(labels) - set(self.labels))
        if unknown:
            count = sum(label in unknown for label in labels)
            logging.warning(
                "%s has %d labels that the training file has not (%s): no prediction "
                "can be right there",
                path,
                count,
                ", ".join(unknown[:10]),
            )

    @abc.abstractmethod
    def group(self, example: Any) -> Hashable:
        """What an example may share with others: such are never parted."""

    @abc.abstractmethod
    def split(self, examples: Sequence[Any], encoder: Encoder) -> Split:
        """Examples → features."""

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

    def _labels_of(self, examples: Sequence[Any]) -> list[str]:
        """All labels of all examples, of tasks that have labels."""
        raise NotImplementedError


class TextExample(NamedTuple):
    """One text, or a pair, and its label."""

    first: str
    second: str
    label: str


class _TextTask(Task):
    """An answer per text, or per pair of texts."""

    head = "text"

    def group(self, example: TextExample) -> str:
        """The first text: pairs are often made of one text and several others."""
        return example.first

    def read(self, path: str, split: str) -> list[TextExample]:
        """Reads a table: tab-separated values or JSON lines."""
        column = self.columns.split_column
        conditions = [f"{column}={split}"] if column else []
        table = tables.read_table(path, self.columns.columns).where(conditions)
        first = table.column(self.columns.text_column)
        pair = self.columns.second_text_column
        second = table.column(pair) if pair else [""] * len(first)
        labels = table.column(self.columns.label_column)
        return list(map(TextExample, first, second, labels))

    def _split(
        self, examples: Sequence[TextExample], encoder: Encoder, targets: np.ndarray
    ) -> Split:
        second = (
            [one.second for one in examples] if self.columns.second_text_column else []
        )
        features, cut = encoder.texts([one.first for one in examples], second, targets)
        if cut:
            logging.warning(
                "%d of %d examples are longer than config.max_seq_length and were cut",
                cut,
                len(examples),
            )
        return Split(examples, features)


class Classification(_TextTask):
    """A label per text, or per pair of texts."""

    metric = "accuracy"
    loss = staticmethod(losses.of_texts)

    def _labels_of(self, examples: Sequence[TextExample]) -> list[str]:
        return [example.label for example in examples]

    def split(self, examples: Sequence[TextExample], encoder: Encoder) -> Split:
        """Labels become their number, `NO_TARGET` where the training has none such."""
        ids = {label: i for i, label in enumerate(self.labels)}
        targets = np.array(
            [ids.get(one.label, NO_TARGET) for one in examples], np.int32
        )
        return self._split(examples, encoder, targets)

    def predictions(self, split: Split, logits: np.ndarray) -> list[str]:
        """The label with the highest logit [N, L]."""
        return [self.labels[i] for i in logits.argmax(axis=-1)]

    def scores(
        self, examples: Sequence[TextExample], predictions: Sequence[str]
    ) -> dict[str, float]:
        """As `scoring.classification`."""
        return scoring.classification([one.label for one in examples], predictions)

    def confusion(
        self, examples: Sequence[TextExample], predictions: Sequence[str]
    ) -> str:
        """Of the labels."""
        return scoring.confusion([one.label for one in examples], predictions)


class Regression(_TextTask):
    """A number per text, or per pair of texts (STS)."""

    metric = "pearson"
    loss = staticmethod(losses.of_numbers)

    @property
    def outputs(self) -> int:
        """The number."""
        return 1

    def read(self, path: str, split: str) -> list[TextExample]:
        """Reads a table whose labels are numbers."""
        examples = super().read(path, split)
        for example in examples:
            try:
                is_finite = np.isfinite(float(example.label))
            except ValueError:
                is_finite = False
            if not is_finite:
                raise ValueError(
                    f"{path}: the label {example.label!r} of {example.first!r} is no "
                    "number: regression needs one."
                )
        return examples

    def learn(self, examples: list[TextExample], path: str) -> list[TextExample]:
        """Any number is a label."""
        return examples

    def check(self, examples: Sequence[TextExample], path: str) -> None:
        """Any number is a label."""

    def split(self, examples: Sequence[TextExample], encoder: Encoder) -> Split:
        """Targets are the labels, float32."""
        targets = np.array([float(one.label) for one in examples], np.float32)
        return self._split(examples, encoder, targets)

    def predictions(self, split: Split, logits: np.ndarray) -> list[float]:
        """The answer [N, 1] itself."""
        return logits[:, 0].tolist()

    def scores(
        self, examples: Sequence[TextExample], predictions: Sequence[float]
    ) -> dict[str, float]:
        """As `scoring.regression`."""
        return scoring.regression([float(one.label) for one in examples], predictions)


class Tagging(Task):
    """A label per word, such as a part of speech."""

    head = "token"
    metric = "accuracy"
    loss = staticmethod(losses.of_tokens)

    def read(self, path: str, split: str) -> list[tokens.Sentence]:
        """Reads columns, or CoNLL-U."""
        return tokens.read(path, self.columns.word_column, self.columns.tag_column)

    def group(self, example: tokens.Sentence) -> tuple[str, ...]:
        """The words."""
        return example.words

    def _labels_of(self, examples: Sequence[tokens.Sentence]) -> list[str]:
        return [label for sentence in examples for label in sentence.labels]

    def split(self, examples: Sequence[tokens.Sentence], encoder: Encoder) -> Split:
        """Labels stand at a word's first piece; long sentences go on in new rows."""
        ids = {label: i for i, label in enumerate(self.labels)}
        label_ids = [
            [ids.get(label, NO_TARGET) for label in one.labels] for one in examples
        ]
        features, places = encoder.words(examples, label_ids)
        return Split(examples, features, places)

    def predictions(self, split: Split, logits: np.ndarray) -> list[list[str]]:
        """The label with the highest logit [N, S, L] at each word's first piece."""
        best_NS = logits.argmax(axis=-1)
        return [
            [self.labels[best_NS[row, place]] for row, place in places]
            for places in split.places
        ]

    def scores(
        self, examples: Sequence[tokens.Sentence], predictions: Sequence[list[str]]
    ) -> dict[str, float]:
        """As `scoring.classification`, over words."""
        labels = [label for one in examples for label in one.labels]
        return scoring.classification(labels, _flat(predictions))

    def confusion(
        self, examples: Sequence[tokens.Sentence], predictions: Sequence[list[str]]
    ) -> str:
        """Of the words."""
        labels = [label for one in examples for label in one.labels]
        return scoring.confusion(labels, _flat(predictions))


class EntityRecognition(Tagging):
    """Spans of words, tagged IOB2 or IOBES."""

    metric = "entity_f1"

    def read(self, path: str, split: str) -> list[tokens.Sentence]:
        """Reads columns whose tags are O or have a prefix."""
        sentences = super().read(path, split)
        for sentence in sentences:
            for label in sentence.labels:
                if label != "O" and label[:2] not in ("B-", "I-", "E-", "S-"):
                    raise ValueError(
                        f"{path}: the label {label!r} is neither O nor an entity's "
                        "(B-, I-, E-, S- before its type): use --task=tagging, or see "
                        "to --tag_column."
                    )
        return sentences

    def scores(
        self, examples: Sequence[tokens.Sentence], predictions: Sequence[list[str]]
    ) -> dict[str, float]:
        """As `scoring.entities`."""
        return scoring.entities([one.labels for one in examples], predictions)


def _flat(predictions: Sequence[list[str]]) -> list[str]:
    return [label for one in predictions for label in one]
