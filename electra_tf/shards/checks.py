"""Checks, before a run starts, that its shards are there and enough for it."""

from collections.abc import Sequence

import tensorflow as tf
from absl import logging

from electra_tf.shards.manifest import MANIFEST_NAME, Manifest, Shard

UNEQUAL_HOSTS = 1.02
"""Ratio of the largest to the smallest number of examples of a host from which a
warning is logged."""


def check_run(
    manifest: Manifest, directory: str, hosts: int, splits: Sequence[str]
) -> None:
    """Checks that a run can read these splits on that many hosts; warns of what is odd.

    Raises:
        ValueError: a shard is not whole, there are fewer shards than hosts, or a host
            or a split has no example.
    """
    for split in splits:
        check_files(manifest, directory, split)
    for split in splits:
        if not manifest.examples(split):
            raise ValueError(
                f"The {split!r} split in {directory} has 0 examples: rerun prepare.py "
                "with more text, or with another --valid_fraction or --valid_corpus."
            )
    if "train" not in splits:
        return
    shards = manifest.split("train")
    if len(shards) < hosts or not all(
        sum(shard.examples for shard in shards[host::hosts]) for host in range(hosts)
    ):
        raise ValueError(
            f"{len(shards)} training shards in {directory}, but {hosts} hosts need one "
            "each with examples in it: rerun prepare.py with "
            f"--num_shards={hosts} or a multiple of it, or with more text."
        )
    _warn_of_order(manifest, directory)
    _warn_of_unequal_hosts(shards, hosts)


def _warn_of_order(manifest: Manifest, directory: str) -> None:
    if not manifest.shuffled:
        logging.warning(
            "The records of %s are in the order of their corpus: parts of an epoch may "
            "differ from each other (look.py --data shows it). Shards made from text "
            "by this version of prepare.py have them in random order",
            directory,
        )


def _warn_of_unequal_hosts(shards: Sequence[Shard], hosts: int) -> None:
    examples = [
        sum(shard.examples for shard in shards[host::hosts]) for host in range(hosts)
    ]
    most, fewest = max(examples), min(examples)
    if most > UNEQUAL_HOSTS * fewest:
        logging.warning(
            "Hosts have from %s to %s training examples: the run sees those of the "
            "smallest part %.0f %% more often. Make the shards again with prepare.py "
            "--num_shards=N, N a multiple of %d hosts and large",
            f"{fewest:,}",
            f"{most:,}",
            100 * (most / fewest - 1),
            hosts,
        )


def check_files(manifest: Manifest, directory: str, split: str) -> None:
    """Checks that every shard of a split is there and has the manifest's size.

    Raises:
        ValueError: a shard is missing or its size isn't the manifest's.
    """
    for shard in manifest.split(split):
        path = tf.io.gfile.join(directory, shard.name)
        if not tf.io.gfile.exists(path):
            raise ValueError(
                f"{path} is missing, but {MANIFEST_NAME} lists it: copy it again, make "
                "the data again with prepare.py, or leave it out with prepare.py "
                f"--without_damaged={directory}."
            )
        size = tf.io.gfile.stat(path).length
        if size != shard.bytes:
            what = "truncated" if size < shard.bytes else "too long"
            raise ValueError(
                f"{path} is {what}: it has {size:,} bytes, {MANIFEST_NAME} says "
                f"{shard.bytes:,}. Copy it again, rerun prepare.py, or leave it out "
                f"with prepare.py --without_damaged={directory}."
            )
