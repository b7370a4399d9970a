"""A run's checkpoint in the formats that were asked for."""

from collections.abc import Callable, Sequence

import tensorflow as tf
from absl import logging

from electra_tf import files
from electra_tf.exchange import (
    huggingface,
    huggingface_tokenizer,
    keras_preset,
    model_card,
    position_limits,
    saved_model,
)
from electra_tf.training import checkpoint_files, trained
from electra_tf.training.trained import Trained
from electra_tf.training.workdir import Workdir


def export(
    workdir_path: str,
    directory: str,
    formats: Sequence[str],
    which: str = checkpoint_files.LATEST,
) -> list[str]:
    """Writes each format to `directory/FORMAT` and returns the paths.

    A directory takes its name when it is whole. Positions that were never trained are
    warned of.

    Args:
        workdir_path: of the run.
        directory: that gets a directory per format.
        formats: keys of `FORMATS`.
        which: checkpoint, as of `checkpoint_files.select`.

    Raises:
        ValueError: a format is unknown, there is no checkpoint, or an output exists.
    """
    unknown = sorted(set(formats) - set(FORMATS))
    if unknown or not formats:
        raise ValueError(
            f"--formats={','.join(formats)}: known are {', '.join(FORMATS)}."
        )
    paths = {name: tf.io.gfile.join(directory, name) for name in dict.fromkeys(formats)}
    for path in paths.values():
        if tf.io.gfile.exists(path):
            raise ValueError(f"{path} exists: remove it, or choose another --output.")
    workdir = Workdir(workdir_path)
    run = trained.load(workdir, which=which)
    if untrained := position_limits.untrained(run):
        logging.warning("%s", untrained)
    for name, path in paths.items():
        with files.whole_directory(path) as temporary:
            FORMATS[name](temporary, run, workdir)
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


FORMATS: dict[str, Callable[[str, Trained, Workdir], None]] = {
    "saved_model": _write_saved_model,
    "huggingface": _write_huggingface,
    "keras": _write_keras,
}
