"""Exports a run in one or more formats: the table `FORMATS` lists them.

A new format is a module with what writes it, and a row of the table.
"""

import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from absl import logging

from electra_tf import directories
from electra_tf.interop import (
    huggingface,
    huggingface_tokenizer,
    keras_preset,
    model_card,
    saved_model,
)
from electra_tf.pretraining import trained
from electra_tf.pretraining.trained import Trained
from electra_tf.pretraining.workdir import Workdir
from electra_tf.training import checkpoint_files


def export(
    workdir_path: str,
    directory: str,
    formats: Sequence[str],
    which: str = checkpoint_files.LATEST,
    overwrite: bool = False,
) -> list[str]:
    """Writes each format to `directory/FORMAT` and returns the paths.

    A directory gets its name when it is complete. Positions that were never trained
    cause a warning.

    Args:
        workdir_path: working directory of the run.
        directory: output directory, with a subdirectory per format.
        formats: keys of `FORMATS`.
        which: checkpoint, see `checkpoint_files.select`.
        overwrite: whether to replace earlier exports.

    Raises:
        ValueError: a format is unknown, there is no checkpoint, or an output exists
            that may not be replaced.
    """
    unknown = sorted(set(formats) - set(FORMATS))
    if unknown or not formats:
        raise ValueError(
            f"--formats={','.join(formats)}: known are {', '.join(FORMATS)}."
        )
    paths = {name: tf.io.gfile.join(directory, name) for name in dict.fromkeys(formats)}
    for name, path in paths.items():
        if not tf.io.gfile.exists(path):
            continue
        if not overwrite:
            raise ValueError(
                f"{path} exists: choose another --output, or pass --overwrite to "
                "replace it."
            )
        directories.check_deletable(path, FORMATS[name].files, "--output")
    workdir = Workdir(workdir_path)
    run = trained.load(workdir, which=which)
    if warning := model_card.untrained_positions(run):
        logging.warning("%s", warning)
    for name, path in paths.items():
        replaceable = FORMATS[name].files if overwrite else None
        with directories.whole(path, replaceable) as temporary:
            FORMATS[name].write(temporary, run, workdir)
    return list(paths.values())


def _write_saved_model(directory: str, run: Trained, workdir: Workdir) -> None:
    length = run.config.data.max_seq_length
    saved_model.write(
        directory, run.model, run.vocabulary, run.manifest.text_rules, length
    )
    model_card.write(directory, "saved_model", saved_model.USAGE, run, workdir)


def _write_huggingface(
    directory: str,
    run: Trained,
    workdir: Workdir,
    dtype: type[np.floating] = np.float32,
) -> None:
    length = run.config.data.max_seq_length
    for network, usage in huggingface.USAGE.items():
        part = tf.io.gfile.join(directory, network)
        tf.io.gfile.makedirs(part)
        pad_id = run.vocabulary.special_ids.pad
        huggingface.write(part, run.model, network, pad_id, dtype)
        huggingface_tokenizer.write(
            part, run.vocabulary, run.manifest.text_rules, length
        )
        model_card.write(part, network, usage, run, workdir)


def _write_keras(directory: str, run: Trained, workdir: Workdir) -> None:
    keras_preset.write(directory, run.model, run.vocabulary, run.manifest.text_rules)
    model_card.write(directory, "keras", keras_preset.USAGE, run, workdir)


class ExportFormat(NamedTuple):
    """A row of `FORMATS`."""

    summary: str
    """What the files are for, in a few words of the flag's help."""
    files: Sequence[str]
    """Patterns of all files that may be written, see `directories`."""
    write: Callable[[str, Trained, Workdir], None]
    """Writes a run into an existing directory."""


_HUGGINGFACE_FILES = [
    f"{network}/{name}"
    for network in huggingface.ARCHITECTURES
    for name in (*huggingface.FILES, *huggingface_tokenizer.FILES, model_card.NAME)
]

FORMATS: dict[str, ExportFormat] = {
    "saved_model": ExportFormat(
        "both networks with the tokenizer, for TensorFlow alone",
        (*saved_model.FILES, saved_model.METADATA, model_card.NAME),
        _write_saved_model,
    ),
    "huggingface": ExportFormat(
        "both networks, for transformers",
        _HUGGINGFACE_FILES,
        _write_huggingface,
    ),
    "huggingface_float16": ExportFormat(
        "the same in half the size",
        _HUGGINGFACE_FILES,
        functools.partial(_write_huggingface, dtype=np.float16),
    ),
    "keras": ExportFormat(
        "the encoder, for keras_nlp",
        (*keras_preset.FILES, model_card.NAME),
        _write_keras,
    ),
}
"""The formats of export.py by name, which is also the output's directory."""
