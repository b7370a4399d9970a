"""Which examples are learnt from, which choose the epoch, and which are the test."""

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse.csgraph
from absl import logging

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


def read(task: Task, files: Files, folds: int = 0, seed: int = 0) -> list[Splits]:
    """Reads all files, so that what is wrong with one is told before any training.

    Which examples of --train are dev, or are a fold, is drawn at random, but always the
    same: it depends on the examples and the seed alone, not on the order of the files
    or of the examples in them.

    Args:
        task: that reads its labels from the training examples.
        files: of the splits.
        folds: above 0, cross-validation: the training examples are cut into so many
            parts, and each part is the test once, the next one dev, the others train.
            Examples with a key in common (`Task.keys`) stay together.
        seed: another draws other parts.

    Returns:
        The splits of each fold; one alone without folds.

    Raises:
        ValueError: of a file or the number of folds.
    """
    examples = [one for path in files.train for one in task.read(path, TRAIN)]
    task.learn(examples, ", ".join(files.train))
    if folds:
        return _folds(task, examples, files, folds, seed)
    if files.dev:
        train, dev = examples, _read(task, files.dev, DEV, examples)
    else:
        groups = _groups(task, examples)
        # Of fewer groups than that, such as documents, one is dev.
        number = max(2, min(HELD_OUT, len(groups)))
        held_out, *others = _parts(task, examples, groups, number, seed)
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


def _folds(
    task: Task, examples: list[Any], files: Files, folds: int, seed: int
) -> list[Splits]:
    if files.dev or files.test:
        raise ValueError(
            f"--folds={folds} takes dev and test from --train: leave --dev and --test "
            "out."
        )
    if folds < 3:
        raise ValueError(f"--folds={folds} must be 3 or more: train, dev and test.")
    parts = _parts(task, examples, _groups(task, examples), folds, seed)
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


def _parts(
    task: Task,
    examples: Sequence[Any],
    groups: Sequence[Sequence[int]],
    number: int,
    seed: int,
) -> list[list[int]]:
    """Places of the examples of each part; the smallest part is the first.

    Parts are of about one size: one group after the other goes to the smallest part.
    Large groups go first, by powers of two, so that small ones can level the parts; of
    those of about one size, the order is random.
    """
    if len(groups) < number:
        raise ValueError(
            f"--train has {len(groups)} groups of examples with nothing in common "
            f"(text, document, article, context): too few for {number} parts. Give "
            "--dev, or fewer --folds."
        )

    def draw(group: Sequence[int]) -> bytes:
        drawn = [_digest(repr(task.identity(examples[place]))) for place in group]
        return _digest(f"{seed} {sorted(drawn)}")

    order = sorted(groups, key=lambda group: (-len(group).bit_length(), draw(group)))
    parts: list[list[int]] = [[] for _ in range(number)]
    for group in order:
        min(parts, key=len).extend(group)
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


def _groups(task: Task, examples: Sequence[Any]) -> list[list[int]]:
    """Places of the examples that must not be parted.

    Examples with a key in common, directly or through others, are in one group.
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
    groups: dict[int, list[int]] = {}
    for place, label in enumerate(labels[: len(examples)].tolist()):
        groups.setdefault(label, []).append(place)
    return list(groups.values())


def _digest(text: str) -> bytes:
    """Random numbers that are the same for the same text."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def _only(examples: Sequence[Any], places: Sequence[int]) -> list[Any]:
    return [examples[place] for place in sorted(places)]


def _stem(path: str) -> str:
    name = path.rpartition("/")[2]
    return name.rpartition(".")[0] or name
