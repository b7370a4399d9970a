"""The files of a directory of checkpoints: which steps are there, which stay, which go.

step-N.index, step-N.data-*   a checkpoint, in TensorFlow's format (CRC32C per tensor)
unfinished-N.*                one that is being written
checkpoint                    the steps there are, for TensorFlow's own tools
best.json                     {"step", "metric", "value"} of the best on held-out text
damaged-step-N.*              a checkpoint that could not be read, set aside
"""

import re
from typing import NamedTuple

import tensorflow as tf
from absl import logging

from electra_tf import files

NAME = "step"
_UNFINISHED = "unfinished"
LATEST, BEST = "latest", "best"
_BEST_FILE = "best.json"


class Best(NamedTuple):
    """The checkpoint that did best on the held-out split."""

    step: int
    metric: str
    """Tag of a held-out metric; the lower, the better."""
    value: float


def prefix(directory: str, step: int) -> str:
    """What the paths of a checkpoint's files begin with."""
    return tf.io.gfile.join(directory, f"{NAME}-{step}")


def unfinished_prefix(directory: str, step: int) -> str:
    """What the paths of a checkpoint's files begin with until `publish`."""
    return tf.io.gfile.join(directory, f"{_UNFINISHED}-{step}")


def publish(directory: str, step: int) -> None:
    """Syncs a checkpoint that was written, then gives its files their names.

    The index comes last: where it is, the tensors are on the disk.
    """
    unfinished = unfinished_prefix(directory, step)
    paths = tf.io.gfile.glob(f"{unfinished}.*")
    for path in paths:
        files.sync(path)
    for path in sorted(paths, key=lambda path: path.endswith(".index")):
        files.rename(path, prefix(directory, step) + path.removeprefix(unfinished))


def steps(directory: str) -> list[int]:
    """Of the checkpoints in the directory, whole or not; the first is the oldest."""
    if not tf.io.gfile.exists(directory):
        return []
    names = tf.io.gfile.listdir(directory)
    found = (re.fullmatch(rf"{NAME}-(\d+)\.index", name) for name in names)
    return sorted(int(match[1]) for match in found if match)


def select(directory: str, which: str) -> int:
    """The step of a checkpoint by its name.

    Args:
        directory: of the checkpoints.
        which: "latest", "best" (on held-out text) or a step.

    Raises:
        ValueError: there is none.
    """
    there = steps(directory)
    if not there:
        raise ValueError(
            f"{directory!r} has no checkpoint yet: the first one is written after "
            "config.checkpoint_every steps."
        )
    if which == LATEST:
        return there[-1]
    if which == BEST:
        chosen = best(directory)
        if chosen is None:
            raise ValueError(
                f"{directory!r} has no best checkpoint: the run was not evaluated yet, "
                f"or config.keep_best was off. Use {LATEST!r}."
            )
        return chosen.step
    if which.isdecimal() and int(which) in there:
        return int(which)
    raise ValueError(
        f"{directory!r} has no checkpoint {which!r}: use {LATEST!r}, {BEST!r} or one "
        f"of the steps {', '.join(map(str, there))}."
    )


def best(directory: str) -> Best | None:
    """The best checkpoint, where one is there."""
    path = tf.io.gfile.join(directory, _BEST_FILE)
    if not tf.io.gfile.exists(path):
        return None
    found = files.read_json(path, Best)
    return found if found.step in steps(directory) else None


def record_best(directory: str, new: Best) -> None:
    """Remembers which checkpoint is the best."""
    files.write_json(tf.io.gfile.join(directory, _BEST_FILE), new._asdict())


def prune(directory: str, keep: int, keep_every: int) -> None:
    """Removes what need not stay, and lists the rest for TensorFlow's tools.

    Args:
        directory: of the checkpoints.
        keep: the last so many stay,
        keep_every: those at multiples of this (0: none), and the best.
    """
    there = steps(directory)
    kept = set(there[-keep:])
    kept.update(step for step in there if keep_every and step % keep_every == 0)
    chosen = best(directory)
    if chosen is not None:
        kept.add(chosen.step)
    # First, for it makes room for what is written then.
    for step in there:
        if step not in kept:
            remove(directory, step)
    # The text form of CheckpointState, whose writer in TensorFlow is deprecated.
    lines = [f'model_checkpoint_path: "{NAME}-{there[-1]}"']
    lines += [f'all_model_checkpoint_paths: "{NAME}-{step}"' for step in sorted(kept)]
    files.write(tf.io.gfile.join(directory, "checkpoint"), "\n".join(lines) + "\n")


def remove(directory: str, step: int) -> None:
    """Removes a checkpoint, the index first: without it nothing takes it for one."""
    for path in _files(directory, step):
        tf.io.gfile.remove(path)


def set_aside(directory: str, step: int) -> None:
    """Renames a checkpoint that cannot be read, so that it is out of the way."""
    for path in _files(directory, step):
        name = f"damaged-{path.rsplit('/', 1)[-1]}"
        target = tf.io.gfile.join(directory, name)
        tf.io.gfile.rename(path, target, overwrite=True)


def remove_unfinished(directory: str) -> None:
    """Removes what saves that were killed have left."""
    there = [prefix(directory, step) for step in steps(directory)]
    patterns = [
        tf.io.gfile.join(directory, f"{name}-*") for name in (NAME, _UNFINISHED)
    ]
    for path in tf.io.gfile.glob(patterns):
        if path.rstrip("/").endswith("_temp"):
            tf.io.gfile.rmtree(path)
        elif not path.startswith(tuple(f"{whole}." for whole in there)):
            logging.info("Removing %s, of a save that was not finished", path)
            tf.io.gfile.remove(path)


def _files(directory: str, step: int) -> list[str]:
    paths = tf.io.gfile.glob(prefix(directory, step) + ".*")
    return sorted(paths, key=lambda path: not path.endswith(".index"))
