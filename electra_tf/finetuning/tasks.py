"""Classification, regression and tagging; and `TASKS`, the registry of all tasks.

Shape letters: N examples, S sequence, L labels.
"""

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
from absl import logging

from electra_tf.finetuning import losses
from electra_tf.finetuning.features import NO_TARGET, Featurizer
from electra_tf.finetuning.question_answering import QuestionAnswering
from electra_tf.finetuning.task import SPLITS, LabelTask, Task, TaskSplit
from electra_tf.labelled import scoring, tables, tokens
from electra_tf.labelled.tokens import Sentence


class TextExample(NamedTuple):
    """A text or a pair of texts, and its label."""

    first: str
    second: str
    label: str


class _TextTask(Task):
    """Predicts one value per text or pair of texts."""

    head = "text"

    def group_keys(self, example: TextExample) -> list[Hashable]:
        """Its texts: data sets often pair one text with several others."""
        return [text for text in (example.first, example.second) if text]

    def identity(self, example: TextExample) -> Hashable:
        """The text or pair of texts."""
        return example[:2]

    def read(self, path: str, split: str) -> list[TextExample]:
        """Reads a table: tab-separated values or JSON lines."""
        columns = self.columns
        conditions = []
        if columns.split_column:
            wanted = columns.split_names[SPLITS.index(split)]
            conditions = [f"{columns.split_column}={wanted}"]
        table = tables.read_table(path, columns.columns, columns.quoted)
        table = table.where(conditions)
        if columns.placeholder:
            texts = [columns.text_column, columns.second_text_column]
            table = table.without(columns.placeholder, [one for one in texts if one])
        first = table.column(columns.text_column)
        pair = columns.second_text_column
        second = table.column(pair) if pair else [""] * len(first)
        labels = table.column(columns.label_column)
        return list(map(TextExample, first, second, labels))

    def _encode(
        self,
        examples: Sequence[TextExample],
        featurizer: Featurizer,
        targets: np.ndarray,
    ) -> TaskSplit:
        is_pair = bool(self.columns.second_text_column)
        first = [one.first for one in examples]
        second = [one.second for one in examples] if is_pair else []
        features, truncated, empty = featurizer.texts(first, second, targets)
        if truncated:
            logging.warning(
                "%d of %d examples are longer than config.max_seq_length and were "
                "truncated",
                truncated,
                len(examples),
            )
        if empty:
            logging.warning(
                "%d of %d examples have a text without any token", empty, len(examples)
            )
        return TaskSplit(examples, features)


class Classification(_TextTask, LabelTask):
    """Predicts a label per text or pair of texts."""

    metrics = scoring.CLASSIFICATION
    loss = staticmethod(losses.text_label_loss)

    def labels_of(self, examples: Sequence[TextExample]) -> list[str]:
        """One label per example."""
        return [example.label for example in examples]

    def encode(
        self, examples: Sequence[TextExample], featurizer: Featurizer
    ) -> TaskSplit:
        """Targets are label numbers; `NO_TARGET` for labels that train lacks."""
        ids = {label: i for i, label in enumerate(self.labels)}
        targets = np.array(
            [ids.get(one.label, NO_TARGET) for one in examples], np.int32
        )
        return self._encode(examples, featurizer, targets)

    def predictions(self, split: TaskSplit, logits: np.ndarray) -> list[str]:
        """The label with the highest logit [N, L]."""
        return [self.labels[i] for i in logits.argmax(axis=-1)]

    def scores(
        self, examples: Sequence[TextExample], predictions: Sequence[str]
    ) -> dict[str, float]:
        """Scores of `scoring.classification`."""
        return scoring.classification(self.labels_of(examples), predictions)

    def confusion(
        self, examples: Sequence[TextExample], predictions: Sequence[str]
    ) -> str:
        """Confusion matrix of the texts' labels."""
        return scoring.confusion(self.labels_of(examples), predictions)


class Regression(_TextTask):
    """Predicts a number per text or pair of texts, such as similarity (STS)."""

    metrics = scoring.REGRESSION
    loss = staticmethod(losses.squared_error)

    @property
    def outputs(self) -> int:
        """One number."""
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

    def encode(
        self, examples: Sequence[TextExample], featurizer: Featurizer
    ) -> TaskSplit:
        """Targets are the labels as float32."""
        targets = np.array([float(one.label) for one in examples], np.float32)
        return self._encode(examples, featurizer, targets)

    def predictions(self, split: TaskSplit, logits: np.ndarray) -> list[float]:
        """The model's output [N, 1]."""
        return logits[:, 0].tolist()

    def scores(
        self, examples: Sequence[TextExample], predictions: Sequence[float]
    ) -> dict[str, float]:
        """Scores of `scoring.regression`."""
        return scoring.regression([float(one.label) for one in examples], predictions)


class Tagging(LabelTask):
    """Predicts a label per word, such as its part of speech."""

    head = "token"
    metrics = scoring.CLASSIFICATION
    loss = staticmethod(losses.token_label_loss)

    def read(self, path: str, split: str) -> list[Sentence]:
        """Reads CoNLL columns or CoNLL-U."""
        return tokens.read(path, self.columns.word_column, self.columns.tag_column)

    def group_keys(self, example: Sentence) -> list[Hashable]:
        """The document, or the sentence in a file without documents.

        The sentence beside the document would join nearly all documents into one group,
        because they share short sentences.
        """
        return [example.document or example.words]

    def identity(self, example: Sentence) -> Hashable:
        """The words."""
        return example.words

    def labels_of(self, examples: Sequence[Sentence]) -> list[str]:
        """One label per word."""
        return [label for sentence in examples for label in sentence.labels]

    def encode(self, examples: Sequence[Sentence], featurizer: Featurizer) -> TaskSplit:
        """Each word's first piece has its label; long sentences take several rows."""
        ids = {label: i for i, label in enumerate(self.labels)}
        label_ids = [
            [ids.get(label, NO_TARGET) for label in one.labels] for one in examples
        ]
        features, positions = featurizer.words(examples, label_ids)
        return TaskSplit(examples, features, positions)

    def predictions(self, split: TaskSplit, logits: np.ndarray) -> list[list[str]]:
        """The label with the highest logit [N, S, L] at each word's first piece."""
        best_NS = logits.argmax(axis=-1)
        return [
            [self.labels[best_NS[row, position]] for row, position in words]
            for words in split.positions
        ]

    def scores(
        self, examples: Sequence[Sentence], predictions: Sequence[list[str]]
    ) -> dict[str, float]:
        """Scores of `scoring.classification` over all words."""
        return scoring.classification(self.labels_of(examples), _flat(predictions))

    def confusion(
        self, examples: Sequence[Sentence], predictions: Sequence[list[str]]
    ) -> str:
        """Confusion matrix of the words' labels."""
        return scoring.confusion(self.labels_of(examples), _flat(predictions))


class EntityRecognition(Tagging):
    """Predicts entities, spans of words tagged IOB2 or IOBES."""

    metrics = scoring.ENTITIES

    def read(self, path: str, split: str) -> list[Sentence]:
        """Reads columns whose tags are O or have a prefix."""
        sentences = super().read(path, split)
        for sentence in sentences:
            for label in sentence.labels:
                if label != "O" and label[:2] not in ("B-", "I-", "E-", "S-"):
                    raise ValueError(
                        f"{path}: the label {label!r} is neither O nor an entity tag "
                        "(B-, I-, E- or S- before the type): use --task=tagging, or "
                        "check --tag_column."
                    )
        return sentences

    def scores(
        self, examples: Sequence[Sentence], predictions: Sequence[list[str]]
    ) -> dict[str, float]:
        """Scores of `scoring.entities`."""
        return scoring.entities([one.labels for one in examples], predictions)


TASKS: dict[str, type[Task]] = {
    "ner": EntityRecognition,
    "tagging": Tagging,
    "classification": Classification,
    "regression": Regression,
    "qa": QuestionAnswering,
}
"""All tasks by their name in --task of finetune.py."""


def _flat(predictions: Sequence[list[str]]) -> list[str]:
    return [label for one in predictions for label in one]
