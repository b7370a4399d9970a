"""A run's checkpoint in the formats that were asked for."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import tensorflow as tf
from absl import logging

from electra_tf import directories
from electra_tf.interop import (
    huggingface,
    huggingface_tokenizer,
    keras_preset,
    model_card,
    position_limits,
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

    A directory takes its name when it is whole. Positions that were never trained are
    warned of.

    Args:
        workdir_path: of the run.
        directory: that gets a directory per format.
        formats: keys of `FORMATS`.
        which: checkpoint, as of `checkpoint_files.select`.
        overwrite: whether former exports are replaced.

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
    if untrained := position_limits.untrained(run):
        logging.warning("%s", untrained)
    for name, path in paths.items():
        made = FORMATS[name].files if overwrite else None
        with directories.whole(path, made) as temporary:
            FORMATS[name].write(temporary, run, workdir)
    return list(paths.values())


def _write_saved_model(directory: str, run: Trained, workdir: Workdir) -> None:
    saved_model.write(
        directory,
        run.model,
        run.vocabulary,
        run.manifest.text_rules,
        run.config.data.max_seq_length,
    )
    model_card.write(directory, "saved_model", run, workdir)


def _write_huggingface(directory: str, run: Trained, workdir: Workdir) -> None:
    for network in huggingface.ARCHITECTURES:
        part = tf.io.gfile.join(directory, network)
        tf.io.gfile.makedirs(part)
        pad_id = run.vocabulary.special_ids.pad
        huggingface.write(part, run.model, network, pad_id)
        huggingface_tokenizer.write(
            part,
            run.vocabulary,
            run.manifest.text_rules,
            run.config.data.max_seq_length,
        )
        model_card.write(part, network, run, workdir)


def _write_keras(directory: str, run: Trained, workdir: Workdir) -> None:
    keras_preset.write(
        directory,
        run.model,
        run.vocabulary,
        run.manifest.text_rules,
    )
    model_card.write(directory, "keras", run, workdir)


class Format(NamedTuple):
    """A kind of export."""

    write: Callable[[str, Trained, Workdir], None]
    """Writes a run into a directory that exists."""
    files: Sequence[str]
    """All that it may write, as patterns of `directories`."""


FORMATS: dict[str, Format] = {
    "saved_model": Format(
        _write_saved_model, (*saved_model.FILES, saved_model.METADATA, "README.md")
    ),
    "huggingface": Format(
        _write_huggingface,
        [
            f"{network}/{name}"
            for network in huggingface.ARCHITECTURES
            for name in (*huggingface.FILES, *huggingface_tokenizer.FILES, "README.md")
        ],
    ),
    "keras": Format(_write_keras, (*keras_preset.FILES, "README.md")),
}
