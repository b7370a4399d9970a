"""Which examples are learnt from, which choose the epoch, and which are the test."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse.csgraph
from absl import logging
from sklearn.model_selection import GroupKFold

from electra_tf.finetuning.tasks import DEV, TEST, TRAIN, Task

HELD_OUT = 10
"""Without a dev file, one part in so many of the training examples is dev."""

Splits = dict[str, list[Any]]
"""Examples by "train", "dev" and "test"; several test files are "test NAME"."""


class Files(NamedTuple):
    """Paths; several files of a split are read one after the other."""

    train: Sequence[str]
    dev: Sequence[str] = ()
    test: Sequence[str] = ()
    """Each is scored by itself."""


def read(task: Task, files: Files, folds: int = 0) -> list[Splits]:
    """Reads all files, so that what is wrong with one is told before any training.

    Args:
        task: that reads its labels from the training examples.
        files: of the splits.
        folds: above 0, cross-validation: the training examples are cut into so many
            parts, and each part is the test once, the next one dev, the others train.
            Examples with a key in common (`Task.keys`) stay together.

    Returns:
        The splits of each fold; one alone without folds.

    Raises:
        ValueError: of a file or the number of folds.
    """
    examples = [one for path in files.train for one in task.read(path, TRAIN)]
    task.learn(examples, ", ".join(files.train))
    if folds:
        return _folds(task, examples, files, folds)
    if files.dev:
        train, dev = examples, _read(task, files.dev, DEV, examples)
    else:
        held_out, *others = _parts(task, examples, HELD_OUT)
        train = _only(examples, [place for part in others for place in part])
        dev = _only(examples, held_out)
        task.check(dev, "what is held out", train)
    splits = {TRAIN: task.learnable(train), DEV: dev}
    for path in files.test:
        name = f"{TEST} {_stem(path)}" if len(files.test) > 1 else TEST
        if name in splits:
            raise ValueError(
                f"--test has two files of the name {_stem(path)!r}: rename one, for "
                "scores are told apart by it."
            )
        splits[name] = _read(task, [path], TEST, train)
    return [splits]


def shared(task: Task, splits: Splits) -> dict[str, int]:
    """How many examples of dev and of each test stand in train too."""
    known = {task.identity(one) for one in splits[TRAIN]}
    return {
        name: sum(task.identity(one) in known for one in examples)
        for name, examples in splits.items()
        if name != TRAIN
    }


def _folds(task: Task, examples: list[Any], files: Files, folds: int) -> list[Splits]:
    if files.dev or files.test:
        raise ValueError(
            f"--folds={folds} takes dev and test from --train: leave --dev and --test "
            "out."
        )
    if folds < 3:
        raise ValueError(f"--folds={folds} must be 3 or more: train, dev and test.")
    parts = _parts(task, examples, folds)
    found = []
    for fold in range(folds):
        test, dev = fold, (fold + 1) % folds
        train = [
            place
            for number, part in enumerate(parts)
            if number not in (test, dev)
            for place in part
        ]
        splits = {
            TRAIN: _only(examples, train),
            DEV: _only(examples, parts[dev]),
            TEST: _only(examples, parts[test]),
        }
        for name in (DEV, TEST):
            task.check(splits[name], f"{name} of fold {fold}", splits[TRAIN])
        found.append(splits | {TRAIN: task.learnable(splits[TRAIN])})
    return found


def _read(
    task: Task, paths: Sequence[str], split: str, train: Sequence[Any]
) -> list[Any]:
    examples = []
    for path in paths:
        found = task.read(path, split)
        task.check(found, path, train)
        examples += found
    return examples


def _parts(task: Task, examples: Sequence[Any], number: int) -> list[list[int]]:
    """Places of the examples of each part, always the same.

    Examples with a key in common, directly or through others, are in one part; the
    smallest part is the first.
    """
    keys: dict[Any, int] = {}
    links = [
        (place, keys.setdefault(key, len(keys)))
        for place, one in enumerate(examples)
        for key in task.keys(one)
    ]
    rows, columns = np.array(links).T
    size = len(examples) + len(keys)
    graph = scipy.sparse.coo_array(
        (np.ones(len(rows)), (rows, len(examples) + columns)), shape=(size, size)
    )
    _, labels = scipy.sparse.csgraph.connected_components(graph, directed=False)
    groups = labels[: len(examples)]
    if len(set(groups)) < number:
        raise ValueError(
            f"--train has {len(set(groups))} groups of examples with nothing in common "
            f"(text, article, context): too few for {number} parts. Give --dev, or "
            "fewer --folds."
        )
    # Parts of about one size: the largest groups go first, each to the smallest part.
    folds = GroupKFold(number)
    parts = [test.tolist() for _, test in folds.split(groups, groups=groups)]
    sizes = [len(part) for part in parts]
    logging.info("examples in parts of %s", sizes)
    if max(sizes) > 2 * len(examples) / number:
        logging.warning(
            "A part has %d of %d examples, for so many have a text or article in "
            "common, directly or through others: parts differ in size",
            max(sizes),
            len(examples),
        )
    return sorted(parts, key=len)


def _only(examples: Sequence[Any], places: Sequence[int]) -> list[Any]:
    return [examples[place] for place in sorted(places)]


def _stem(path: str) -> str:
    name = path.rpartition("/")[2]
    return name.rpartition(".")[0] or name
