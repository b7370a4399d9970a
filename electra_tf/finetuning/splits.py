"""Splits labelled text into train, dev and test, or into folds."""

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse.csgraph
from absl import logging

from electra_tf.finetuning.task import DEV, TEST, TRAIN, Task

HELD_OUT = 10
"""Without a dev file, one part in `HELD_OUT` of the training examples is dev."""

Splits = dict[str, list[Any]]
"""Examples by "train", "dev" and "test"; several test files are "test NAME"."""


class LabelledFiles(NamedTuple):
    """Paths of the splits' files; the files of train and of dev are concatenated."""

    train: Sequence[str]
    dev: Sequence[str] = ()
    test: Sequence[str] = ()
    """Each file is scored separately."""


def read(
    task: Task, paths: LabelledFiles, folds: int = 0, seed: int = 0
) -> list[Splits]:
    """Reads all files, so that their errors come before any training.

    Dev sets and folds are drawn from --train at random, by a function of the examples
    and the seed alone: the order of the files or of their examples doesn't matter.

    Args:
        task: learns its labels from the training examples.
        paths: files to read.
        folds: number of parts for cross-validation: each part is the test set once, the
            next one dev, the others train. 0: no cross-validation. Examples that share
            a key (`Task.group_keys`) stay in one part.
        seed: draws the dev set or the folds.

    Returns:
        The splits of each fold; one element without folds.

    Raises:
        ValueError: a file or the number of folds is wrong.
    """
    examples = [one for path in paths.train for one in task.read(path, TRAIN)]
    task.learn(examples, ", ".join(paths.train))
    if folds:
        return _folds(task, examples, paths, folds, seed)
    if paths.dev:
        train, dev = examples, _read(task, paths.dev, DEV, examples)
    else:
        groups = _groups(task, examples)
        # With fewer groups than that, such as documents, dev is one group.
        number = max(2, min(HELD_OUT, len(groups)))
        held_out, *others = _parts(task, examples, groups, number, seed)
        train = _select(examples, [index for part in others for index in part])
        dev = _select(examples, held_out)
        task.check(dev, "the dev set", train)
    splits = {TRAIN: task.trainable(train), DEV: dev}
    for path in paths.test:
        name = f"{TEST} {_stem(path)}" if len(paths.test) > 1 else TEST
        if name in splits:
            raise ValueError(
                f"--test has two files named {_stem(path)!r}: rename one, because "
                "scores are listed by this name."
            )
        splits[name] = _read(task, [path], TEST, train)
    return [splits]


def shared(task: Task, splits: Splits) -> dict[str, int]:
    """Counts the examples of dev and of each test that are in train too."""
    known = {task.identity(one) for one in splits[TRAIN]}
    return {
        name: sum(task.identity(one) in known for one in examples)
        for name, examples in splits.items()
        if name != TRAIN
    }


def _folds(
    task: Task, examples: list[Any], paths: LabelledFiles, folds: int, seed: int
) -> list[Splits]:
    if paths.dev or paths.test:
        raise ValueError(
            f"--folds={folds} takes dev and test from --train: leave --dev and --test "
            "out."
        )
    if folds < 3:
        raise ValueError(f"--folds={folds} must be 3 or more: train, dev and test.")
    parts = _parts(task, examples, _groups(task, examples), folds, seed)
    splits_by_fold = []
    for fold in range(folds):
        test, dev = fold, (fold + 1) % folds
        train = [
            index
            for number, part in enumerate(parts)
            if number not in (test, dev)
            for index in part
        ]
        splits = {
            TRAIN: _select(examples, train),
            DEV: _select(examples, parts[dev]),
            TEST: _select(examples, parts[test]),
        }
        for name in (DEV, TEST):
            task.check(splits[name], f"{name} of fold {fold}", splits[TRAIN])
        splits_by_fold.append(splits | {TRAIN: task.trainable(splits[TRAIN])})
    return splits_by_fold


def _read(
    task: Task, paths: Sequence[str], split: str, train: Sequence[Any]
) -> list[Any]:
    examples = []
    for path in paths:
        read = task.read(path, split)
        task.check(read, path, train)
        examples += read
    return examples


def _parts(
    task: Task,
    examples: Sequence[Any],
    groups: Sequence[Sequence[int]],
    number: int,
    seed: int,
) -> list[list[int]]:
    """Indices of the examples of each part; the smallest part is first.

    One group after the other goes to the smallest part. Groups are ordered by size in
    powers of two, large ones first, so that small ones can even out the parts; within a
    power of two the order is random.
    """
    if len(groups) < number:
        raise ValueError(
            f"--train has {len(groups)} groups of examples that share no text, "
            f"document, article or context: too few for {number} parts. Give --dev, or "
            "fewer --folds."
        )

    def draw(group: Sequence[int]) -> bytes:
        drawn = [_digest(repr(task.identity(examples[index]))) for index in group]
        return _digest(f"{seed} {sorted(drawn)}")

    order = sorted(groups, key=lambda group: (-len(group).bit_length(), draw(group)))
    parts: list[list[int]] = [[] for _ in range(number)]
    for group in order:
        min(parts, key=len).extend(group)
    sizes = [len(part) for part in parts]
    logging.info("sizes of the parts: %s examples", sizes)
    if max(sizes) > 2 * len(examples) / number:
        logging.warning(
            "A part has %d of %d examples, because so many share a text or article, "
            "directly or through others: the parts differ in size",
            max(sizes),
            len(examples),
        )
    return sorted(parts, key=len)


def _groups(task: Task, examples: Sequence[Any]) -> list[list[int]]:
    """Indices of the examples of each group that must stay together.

    Examples that share a key, directly or through others, are in one group.
    """
    keys: dict[Any, int] = {}
    links = [
        (index, keys.setdefault(key, len(keys)))
        for index, one in enumerate(examples)
        for key in task.group_keys(one)
    ]
    rows, columns = np.array(links).T
    size = len(examples) + len(keys)
    graph = scipy.sparse.coo_array(
        (np.ones(len(rows)), (rows, len(examples) + columns)), shape=(size, size)
    )
    _, labels = scipy.sparse.csgraph.connected_components(graph, directed=False)
    groups: dict[int, list[int]] = {}
    for index, label in enumerate(labels[: len(examples)].tolist()):
        groups.setdefault(label, []).append(index)
    return list(groups.values())


def _digest(text: str) -> bytes:
    """Pseudorandom bytes, a function of the text."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def _select(examples: Sequence[Any], indices: Sequence[int]) -> list[Any]:
    return [examples[index] for index in sorted(indices)]


def _stem(path: str) -> str:
    name = path.rpartition("/")[2]
    return name.rpartition(".")[0] or name
