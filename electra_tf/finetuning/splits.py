"""Which examples are learnt from, which choose the epoch, and which are the test."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from absl import logging
from sklearn.model_selection import GroupKFold

from electra_tf.finetuning.tasks import Task

TRAIN, DEV, TEST = "train", "dev", "test"
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
            Examples of a group (`Task.group`) stay together.

    Returns:
        The splits of each fold; one alone without folds.

    Raises:
        ValueError: of a file or the number of folds.
    """
    examples = [one for path in files.train for one in task.read(path, TRAIN)]
    examples = task.learn(examples, ", ".join(files.train))
    if folds:
        return _folds(task, examples, files, folds)
    splits = {TRAIN: examples, DEV: _read(task, files.dev, DEV)}
    if not files.dev:
        parts = _parts(task, examples, HELD_OUT)
        splits = {TRAIN: _without(examples, parts[0]), DEV: _only(examples, parts[0])}
    for path in files.test:
        name = f"{TEST} {_stem(path)}" if len(files.test) > 1 else TEST
        splits[name] = _read(task, [path], TEST)
    return [splits]


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
        test, dev = parts[fold], parts[(fold + 1) % folds]
        found.append(
            {
                TRAIN: _without(examples, {*test, *dev}),
                DEV: _only(examples, dev),
                TEST: _only(examples, test),
            }
        )
    return found


def _read(task: Task, paths: Sequence[str], split: str) -> list[Any]:
    examples = []
    for path in paths:
        found = task.read(path, split)
        task.check(found, path)
        examples += found
    return examples


def _parts(task: Task, examples: Sequence[Any], number: int) -> list[list[int]]:
    """Places of the examples of each part, always the same."""
    groups = [task.group(one) for one in examples]
    numbers = {group: index for index, group in enumerate(dict.fromkeys(groups))}
    if len(numbers) < number:
        raise ValueError(
            f"--train has {len(numbers)} texts that are different: too few to cut into "
            f"{number} parts. Give --dev, or fewer --folds."
        )
    folds = GroupKFold(number, shuffle=True, random_state=0)
    ids = [numbers[group] for group in groups]
    parts = [test.tolist() for _, test in folds.split(ids, groups=ids)]
    logging.info("%d examples in parts of %s", len(ids), [len(part) for part in parts])
    return parts


def _only(examples: Sequence[Any], places: Sequence[int]) -> list[Any]:
    return [examples[place] for place in sorted(places)]


def _without(examples: Sequence[Any], places) -> list[Any]:
    gone = set(places)
    return [one for place, one in enumerate(examples) if place not in gone]


def _stem(path: str) -> str:
    return path.rpartition("/")[2].partition(".")[0]
