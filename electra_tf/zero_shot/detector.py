"""The detector of a run or of an export, applied to many texts."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from electra_tf.interop import detections, saved_model, text_models
from electra_tf.interop.detections import Detection
from electra_tf.pretraining import trained
from electra_tf.pretraining.workdir import Workdir
from electra_tf.training import checkpoint_files

Detector = Callable[[tf.Tensor], Mapping[str, Any]]
"""The signature `detect`: texts [N] → what `saved_model.TextModel.detect` returns."""

BATCH_SIZE = 32
"""Texts per call of the detector, of about the same length."""


def find(model: str, workdir: str, which: str) -> Detector:
    """Loads the detector of an export, or of a run's checkpoint if `model` is empty."""
    return from_export(model) if model else from_workdir(Workdir(workdir), which)


def from_export(model: str) -> Detector:
    """Loads the detector of an export, see `text_models.load`."""
    return text_models.load(model, "detect")["detect"]


def from_workdir(workdir: Workdir, which: str = checkpoint_files.LATEST) -> Detector:
    """Loads the detector of a run, in float32 like an export's.

    Args:
        workdir: working directory of the run.
        which: checkpoint, see `checkpoint_files.select`.
    """
    run = trained.load(workdir, which=which)
    model = saved_model.TextModel(
        run.model,
        run.vocabulary,
        run.manifest.text_rules,
        run.config.data.max_seq_length,
    )
    return lambda text: model.detect(text)


def detect_all(detector: Detector, texts: Sequence[str]) -> list[Detection]:
    """Applies the detector to all texts; the results are in the order of the texts.

    Raises:
        ValueError: a text has no token.
    """
    results: dict[int, Detection] = {}
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    for first in range(0, len(order), BATCH_SIZE):
        batch = order[first : first + BATCH_SIZE]
        outputs = detector(tf.constant([texts[i] for i in batch]))
        for i, detection in zip(batch, detections.unpack(outputs), strict=True):
            if not detection.tokens_T:
                raise ValueError(f"{texts[i]!r} has no token: leave it out.")
            results[i] = detection
    return [results[i] for i in range(len(texts))]
