"""Whether shards still are, to the byte, what prepare.py has written."""

import hashlib
import io
from collections.abc import Sequence

import tensorflow as tf
from absl import logging

from electra_tf import files
from electra_tf.config import OnCorrupt
from electra_tf.progress import Progress
from electra_tf.shards.manifest import Manifest

READ_BYTES = 8 << 20
"""Of a shard, at a time."""


def verify(
    manifest: Manifest,
    directory: str,
    splits: Sequence[str],
    on_corrupt: OnCorrupt = OnCorrupt.ERROR,
) -> None:
    """Compares the SHA-256 of every shard with the manifest's, telling the log how far.

    Raises:
        ValueError: names the shards that differ; with SKIP, that is a warning.
    """
    shards = [shard for shard in manifest.shards if shard.split in splits]
    total, done = sum(shard.bytes for shard in shards), 0
    logging.info("Reading %d shards, %.1f MB, to check them", len(shards), total / 1e6)
    progress = Progress(total, _LogStream(), what="MB of shards")
    damaged = []
    for shard in shards:
        path = tf.io.gfile.join(directory, shard.name)
        sha256 = hashlib.sha256()
        try:
            with tf.io.gfile.GFile(path, "rb") as file:
                while piece := file.read(READ_BYTES):
                    sha256.update(piece)
                    done += len(piece)
                    progress.update(done, done)
        except tf.errors.OpError as error:
            logging.error("%s cannot be read: %s", path, files.reason(error))
        if sha256.hexdigest() != shard.sha256:
            damaged.append(path)
    logging.info("Read %.1f MB in %.1f s", done / 1e6, progress.seconds)
    if not damaged:
        return
    what = (
        f"{len(damaged)} of {len(shards)} shards have another SHA-256 than the "
        f"manifest says: {', '.join(damaged)}"
    )
    if on_corrupt is OnCorrupt.SKIP:
        logging.warning("%s (config.data.on_corrupt=SKIP)", what)
        return
    raise ValueError(
        f"{what}. Copy them again, or rerun prepare.py with the same command, which "
        "makes the same bytes; config.data.on_corrupt=SKIP goes on without what cannot "
        "be read."
    )


class _LogStream(io.StringIO):
    """Puts what is written to it into the log, a line at a time."""

    def write(self, text: str) -> int:
        logging.info("%s", text.rstrip())
        return len(text)
