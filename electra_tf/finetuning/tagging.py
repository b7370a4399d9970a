"""Tasks with an answer per word.

Shape letters: N rows of the features, S sequence, L labels.
"""

from collections.abc import Hashable, Sequence

import numpy as np

from electra_tf.finetuning import losses, scoring
from electra_tf.finetuning.features import NO_TARGET, Encoder
from electra_tf.finetuning.tasks import LabelTask, Split
from electra_tf.labelled import tokens


class Tagging(LabelTask):
    """A label per word, such as a part of speech."""

    head = "token"
    metrics = scoring.CLASSIFICATION
    loss = staticmethod(losses.of_tokens)

    def read(self, path: str, split: str) -> list[tokens.Sentence]:
        """Reads columns, or CoNLL-U."""
        return tokens.read(path, self.columns.word_column, self.columns.tag_column)

    def keys(self, example: tokens.Sentence) -> list[Hashable]:
        """Its document, or else its words, all together.

        Documents share short sentences: words beside them would tie all together.
        """
        return [example.document or example.words]

    def identity(self, example: tokens.Sentence) -> Hashable:
        """The words."""
        return example.words

    def labels_of(self, examples: Sequence[tokens.Sentence]) -> list[str]:
        """One per word."""
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
        return scoring.classification(self.labels_of(examples), _flat(predictions))

    def confusion(
        self, examples: Sequence[tokens.Sentence], predictions: Sequence[list[str]]
    ) -> str:
        """Of the words."""
        return scoring.confusion(self.labels_of(examples), _flat(predictions))


class EntityRecognition(Tagging):
    """Spans of words, tagged IOB2 or IOBES."""

    metrics = scoring.ENTITIES

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
