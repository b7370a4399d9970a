"""The files in a directory of checkpoints: listing, selecting, removing.

step-N.index, step-N.data-*   a checkpoint in TensorFlow's format (CRC32C per tensor)
unfinished-N.*                a checkpoint that is being written
checkpoint                    the steps in the directory, for TensorFlow's own tools
best.json                     {"step", "metric", "value"} of the best held-out metric
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
    """The checkpoint with the best held-out metric."""

    step: int
    metric: str
    """Tag of the metric; lower is better."""
    value: float


def prefix(directory: str, step: int) -> str:
    """Common prefix of the paths of a checkpoint's files."""
    return tf.io.gfile.join(directory, f"{NAME}-{step}")


def unfinished_prefix(directory: str, step: int) -> str:
    """Common prefix of the paths of a checkpoint's files before `publish`."""
    return tf.io.gfile.join(directory, f"{_UNFINISHED}-{step}")


def publish(directory: str, step: int) -> None:
    """Syncs the files of a new checkpoint, then gives them their names.

    The index comes last: once it is there, the tensors are on the disk.
    """
    unfinished = unfinished_prefix(directory, step)
    paths = tf.io.gfile.glob(f"{unfinished}.*")
    for path in paths:
        files.sync(path)
    for path in sorted(paths, key=lambda path: path.endswith(".index")):
        files.rename(path, prefix(directory, step) + path.removeprefix(unfinished))


def steps(directory: str) -> list[int]:
    """Steps of the checkpoints in a directory, whole or not, the oldest first."""
    if not tf.io.gfile.exists(directory):
        return []
    names = tf.io.gfile.listdir(directory)
    matches = (re.fullmatch(rf"{NAME}-(\d+)\.index", name) for name in names)
    return sorted(int(match[1]) for match in matches if match)


def select(directory: str, which: str) -> int:
    """The step of a checkpoint that is given by name.

    Args:
        directory: directory of the checkpoints.
        which: "latest", "best" (by held-out metric) or a step.

    Raises:
        ValueError: there is no such checkpoint.
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
    """The best checkpoint, if there is one."""
    path = tf.io.gfile.join(directory, _BEST_FILE)
    if not tf.io.gfile.exists(path):
        return None
    recorded = files.read_json(path, Best)
    return recorded if recorded.step in steps(directory) else None


def record_best(directory: str, new: Best) -> None:
    """Records which checkpoint is the best."""
    files.write_json(tf.io.gfile.join(directory, _BEST_FILE), new._asdict())


def prune(directory: str, keep: int, keep_every: int, keep_before: int) -> None:
    """Removes checkpoints, and lists the remaining ones for TensorFlow's tools.

    The best one is kept in any case.

    Args:
        directory: directory of the checkpoints.
        keep: number of latest checkpoints to keep.
        keep_every: also keep those at multiples of so many steps; 0: none.
        keep_before: also keep the last one of at most so many steps.
    """
    there = steps(directory)
    kept = set(there[-keep:])
    kept.update([step for step in there if step <= keep_before][-1:])
    kept.update(step for step in there if keep_every and step % keep_every == 0)
    chosen = best(directory)
    if chosen is not None:
        kept.add(chosen.step)
    # First, because it makes room for the list.
    for step in there:
        if step not in kept:
            remove(directory, step)
    # The text form of CheckpointState, whose writer in TensorFlow is deprecated.
    lines = [f'model_checkpoint_path: "{NAME}-{there[-1]}"']
    lines += [f'all_model_checkpoint_paths: "{NAME}-{step}"' for step in sorted(kept)]
    files.write(tf.io.gfile.join(directory, "checkpoint"), "\n".join(lines) + "\n")


def remove(directory: str, step: int) -> None:
    """Removes a checkpoint; the index goes first, which makes it invalid at once."""
    for path in _files(directory, step):
        tf.io.gfile.remove(path)


def set_aside(directory: str, step: int) -> None:
    """Renames a checkpoint that cannot be read, so that it is no longer found."""
    for path in _files(directory, step):
        name = f"damaged-{path.rsplit('/', 1)[-1]}"
        target = tf.io.gfile.join(directory, name)
        tf.io.gfile.rename(path, target, overwrite=True)


def remove_unfinished(directory: str) -> None:
    """Removes the files of saves that were interrupted."""
    there = [prefix(directory, step) for step in steps(directory)]
    patterns = [
        tf.io.gfile.join(directory, f"{name}-*") for name in (NAME, _UNFINISHED)
    ]
    for path in tf.io.gfile.glob(patterns):
        if path.rstrip("/").endswith("_temp"):
            tf.io.gfile.rmtree(path)
        elif not path.startswith(tuple(f"{whole}." for whole in there)):
            logging.info("Removing %s of an unfinished save", path)
            tf.io.gfile.remove(path)


def _files(directory: str, step: int) -> list[str]:
    paths = tf.io.gfile.glob(prefix(directory, step) + ".*")
    return sorted(paths, key=lambda path: not path.endswith(".index"))
