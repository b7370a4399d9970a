"""Tasks with an answer per text, or per pair of texts.

Shape letters: N examples, L labels.
"""

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
from absl import logging

from electra_tf.finetuning import losses, scoring
from electra_tf.finetuning.features import NO_TARGET, Encoder
from electra_tf.finetuning.tasks import SPLITS, LabelTask, Split, Task
from electra_tf.labelled import tables


class TextExample(NamedTuple):
    """One text, or a pair, and its label."""

    first: str
    second: str
    label: str


class _TextTask(Task):
    """An answer per text, or per pair of texts."""

    head = "text"

    def keys(self, example: TextExample) -> list[Hashable]:
        """Its texts: pairs are often made of one text and several others."""
        return [text for text in (example.first, example.second) if text]

    def identity(self, example: TextExample) -> Hashable:
        """Its text, or pair of them."""
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

    def _split(
        self, examples: Sequence[TextExample], encoder: Encoder, targets: np.ndarray
    ) -> Split:
        second = (
            [one.second for one in examples] if self.columns.second_text_column else []
        )
        first = [one.first for one in examples]
        features, cut, empty = encoder.texts(first, second, targets)
        if cut:
            logging.warning(
                "%d of %d examples are longer than config.max_seq_length and were cut",
                cut,
                len(examples),
            )
        if empty:
            logging.warning(
                "%d of %d examples have a text without a token: it is empty to the "
                "model",
                empty,
                len(examples),
            )
        return Split(examples, features)


class Classification(_TextTask, LabelTask):
    """A label per text, or per pair of texts."""

    metrics = scoring.CLASSIFICATION
    loss = staticmethod(losses.of_texts)

    def labels_of(self, examples: Sequence[TextExample]) -> list[str]:
        """One per example."""
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
        return scoring.classification(self.labels_of(examples), predictions)

    def confusion(
        self, examples: Sequence[TextExample], predictions: Sequence[str]
    ) -> str:
        """Of the labels."""
        return scoring.confusion(self.labels_of(examples), predictions)


class Regression(_TextTask):
    """A number per text, or per pair of texts (STS)."""

    metrics = scoring.REGRESSION
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
