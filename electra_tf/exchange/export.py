"""A run's latest checkpoint in the formats that were asked for."""

from collections.abc import Sequence

import tensorflow as tf

from electra_tf.exchange import saved_model
from electra_tf.model.electra import Electra
from electra_tf.training.checkpoints import Checkpoints
from electra_tf.training.workdir import Workdir

FORMATS = ("saved_model",)


def export(workdir_path: str, directory: str, formats: Sequence[str]) -> list[str]:
    """Writes each format to `directory/FORMAT` and returns the paths.

    Raises:
        ValueError: a format is unknown, there is no checkpoint, or an output exists.
    """
    unknown = sorted(set(formats) - set(FORMATS))
    if unknown or not formats:
        raise ValueError(
            f"--formats={','.join(formats)}: known are {', '.join(FORMATS)}."
        )
    workdir = Workdir(workdir_path)
    config, manifest = workdir.config(), workdir.manifest()
    vocabulary = workdir.vocabulary()
    # Float32 whatever the run's precision: an export is used on any machine.
    model = Electra(config.model, len(vocabulary))
    if Checkpoints(workdir.checkpoints, 1, model).restore() is None:
        raise ValueError(
            f"{workdir_path!r} has no checkpoint yet: the first one is written after "
            f"config.checkpoint_every={config.checkpoint_every} steps."
        )
    path = tf.io.gfile.join(directory, "saved_model")
    saved_model.write(
        path,
        model.discriminator,
        vocabulary,
        manifest.text_rules,
        config.data.max_seq_length,
    )
    return [path]
