"""Rewrites the manifest of a finished build so that damaged shards are left out."""

import dataclasses

import tensorflow as tf
from absl import logging

from electra_tf.shards import damage
from electra_tf.shards.manifest import Manifest


def leave_out_damaged(directory: str) -> Manifest:
    """Reads all shards of a build, and takes the damaged ones out of its manifest.

    The files stay on the disk, and `left_out` in the manifest lists them.

    Args:
        directory: data directory of a finished build.

    Returns:
        The manifest that was written.

    Raises:
        ValueError: no shard is damaged, or a split would be left without examples.
    """
    manifest = Manifest.load(directory)
    damaged = damage.damaged_shards(manifest.shards, directory)
    if not damaged:
        raise ValueError(
            f"None of the {len(manifest.shards)} shards in {directory} is damaged: "
            "manifest.json stays as it is."
        )
    for shard in damaged:
        path = tf.io.gfile.join(directory, shard.name)
        logging.warning("%s is damaged: %d examples", path, shard.examples)
    whole = tuple(shard for shard in manifest.shards if shard not in damaged)
    rest = dataclasses.replace(
        manifest, shards=whole, left_out=(*manifest.left_out, *damaged)
    )
    for split in ("train", "valid"):
        if manifest.examples(split) and not rest.examples(split):
            raise ValueError(
                f"All {len(manifest.split(split))} shards of the {split!r} split in "
                f"{directory} are damaged, so nothing of it would be left: copy them "
                "again, or rerun prepare.py with the same command, which makes the "
                "same bytes."
            )
    rest.save(directory)
    return rest
