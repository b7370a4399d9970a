"""A model for Python programs: lists of strings in, words and arrays out."""

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from electra_tf.interop import detections, text_models
from electra_tf.interop.detections import Detection


class Filler(NamedTuple):
    """What the generator proposes for a [MASK]."""

    token: str
    """A piece of the vocabulary; one that continues a word begins with "##"."""
    probability: float


class LoadedModel:
    """The networks of an export with their tokenizer.

    Texts longer than the model's length are cut; `Detection.truncated` says so. Shape
    letters: N texts, D dimensions.

    Args:
        path: a directory of export.py, a SavedModel, or a Hugging Face directory with
            its tokenizer's files.
        batch_size: texts per call of the model.

    Raises:
        ValueError: there is no model, or its files are damaged.
    """

    def __init__(self, path: str | os.PathLike[str], batch_size: int = 32) -> None:
        self._path = os.fspath(path)
        self._batch_size = batch_size
        self._signatures = text_models.load(self._path, "detect")

    def detect(self, texts: Sequence[str]) -> list[Detection]:
        """Finds replaced words.

        Returns:
            One `Detection` per text; its `words` have text, offsets and probability.
        """
        found: list[Detection] = []
        for outputs in self._in_batches("detect", texts):
            found += detections.unpack(outputs)
        return found

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Embeds texts.

        Returns:
            Float32 [N, D]: means of the last layer over the tokens; [0, 0] of no text.
        """
        outputs = self._in_batches("embed", texts)
        parts = [part["sentence_embedding"].numpy() for part in outputs]
        return np.concatenate(parts) if parts else np.zeros((0, 0), "float32")

    def fill_mask(self, texts: Sequence[str]) -> list[list[list[Filler]]]:
        """Proposes pieces for each "[MASK]" of each text.

        Returns:
            Per text and [MASK], proposals with the most probable first.

        Raises:
            ValueError: the export holds no generator.
        """
        filled = []
        for outputs in self._in_batches("fill_mask", texts):
            arrays = {name: tensor.numpy() for name, tensor in outputs.items()}
            for row, number in enumerate(arrays["number"]):
                tokens_MK = arrays["tokens"][row, :number]
                probabilities_MK = arrays["probabilities"][row, :number]
                masks = zip(tokens_MK, probabilities_MK, strict=True)
                filled.append([_fillers(*proposals) for proposals in masks])
        return filled

    def _in_batches(
        self, name: str, texts: Sequence[str]
    ) -> Iterator[Mapping[str, tf.Tensor]]:
        if isinstance(texts, str):
            raise TypeError(f"texts must be a list of strings, not {texts!r} alone.")
        if name not in self._signatures:
            raise ValueError(
                f"{self._path!r} holds a discriminator without its generator, which "
                f"{name} needs: give an export with saved_model/."
            )
        for first in range(0, len(texts), self._batch_size):
            batch = tf.constant(list(texts[first : first + self._batch_size]))
            yield self._signatures[name](text=batch)


def _fillers(tokens_K: np.ndarray, probabilities_K: np.ndarray) -> list[Filler]:
    pairs = zip(tokens_K, probabilities_K.tolist(), strict=True)
    return [Filler(token.decode(), probability) for token, probability in pairs]
