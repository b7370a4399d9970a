"""Texts → the detector's probability of every token to be replaced, by place."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from electra_tf.interop import loader, saved_model
from electra_tf.pretraining import checkpoint_files, trained
from electra_tf.pretraining.workdir import Workdir

Detect = Callable[[tf.Tensor], Mapping[str, Any]]
"""The signature `detect` of an export: texts [N] to what `TextModel.detect` returns."""

BATCH_SIZE = 32
"""Texts judged at once, of about the same length."""


class Judged(NamedTuple):
    """What the detector says of one text; T tokens, [CLS] and [SEP] left out."""

    normalized: str
    """The text under the model's rules of case and accents."""
    starts_T: np.ndarray
    """Characters into it, as `ends_T`."""
    ends_T: np.ndarray
    probabilities_T: np.ndarray
    """Float32, of being replaced."""
    truncated: bool

    @property
    def mean(self) -> float:
        """Over the tokens."""
        return float(self.probabilities_T.mean())

    @property
    def maximum(self) -> float:
        """Over the tokens."""
        return float(self.probabilities_T.max())

    def over(self, spans: Sequence[tuple[int, int]]) -> float:
        """The maximum over the tokens in some spans of characters; nan: none is."""
        inside = [
            probability
            for start, end, probability in zip(
                self.starts_T, self.ends_T, self.probabilities_T, strict=True
            )
            if any(start < last and first < end for first, last in spans)
        ]
        return float(max(inside, default=np.nan))


def of_export(model: str) -> Detect:
    """The detector of an export.

    Args:
        model: a saved_model directory, or the directory of export.py that holds it.
    """
    loaded = loader.load(model, "detect")
    # TensorFlow's functions do not keep the object alive whose variables they read.
    return lambda text: loaded.signatures["detect"](text=text)


def of_workdir(workdir: Workdir, which: str = checkpoint_files.LATEST) -> Detect:
    """The detector of a run, in float32 as an export has it.

    Args:
        workdir: of the run.
        which: checkpoint, as of `checkpoint_files.select`.
    """
    run = trained.load(workdir, which=which)
    model = saved_model.TextModel(
        run.model,
        run.vocabulary,
        run.manifest.text_rules,
        run.config.data.max_seq_length,
    )
    return lambda text: model.detect(text)


def judge(detect: Detect, texts: Sequence[str]) -> list[Judged]:
    """Judges texts.

    Args:
        detect: the signature.
        texts: with something in each.

    Raises:
        ValueError: a text has no token.
    """
    judged: dict[int, Judged] = {}
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    for first in range(0, len(order), BATCH_SIZE):
        batch = order[first : first + BATCH_SIZE]
        answer = detect(tf.constant([texts[i] for i in batch]))
        arrays = {name: tensor.numpy() for name, tensor in answer.items()}
        for row, i in enumerate(batch):
            inside = slice(1, arrays["length"][row] - 1)
            judged[i] = Judged(
                arrays["normalized"][row].decode(),
                arrays["starts"][row, inside],
                arrays["ends"][row, inside],
                arrays["replaced_probability"][row, inside],
                bool(arrays["truncated"][row]),
            )
            if not len(judged[i].starts_T):
                raise ValueError(f"{texts[i]!r} has no token to judge: leave it out.")
    return [judged[i] for i in range(len(texts))]
