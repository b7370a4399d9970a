"""Weights on disk: those of a run, a Hugging Face directory or a TF1 checkpoint.

`read` returns them as arrays by Keras path, whichever of the three is at a path.
"""

import dataclasses
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from electra_tf.config import ModelConfig
from electra_tf.interop import (
    huggingface,
    huggingface_reader,
    huggingface_tokenizer,
    tf1,
)
from electra_tf.model.electra import Electra
from electra_tf.pretraining import trained
from electra_tf.pretraining.workdir import Workdir
from electra_tf.shards.manifest import MANIFEST_NAME, VOCABULARY_NAME
from electra_tf.text.vocabulary import TextRules, Vocabulary

_FREE_FIELDS = (
    "dropout",
    "initializer_range",
    "position_initializer",
    "word_initializer",
    "disentangled_embeddings",
    "rematerialize",
)
"""Fields of `ModelConfig` that may differ from those of the run that was stored."""


class StoredWeights(NamedTuple):
    """Weights, and the vocabulary and text rules that were found beside them."""

    kind: str
    """What was read, for a person, such as "TF1 checkpoint"."""
    weights: dict[str, np.ndarray]
    """Arrays by Keras path."""
    ignored: list[str]
    """Stored names of tensors that this model does not have."""
    vocabulary: Vocabulary | None
    """None if there is no vocab.txt."""
    text_rules: TextRules | None
    """None if no file states them."""


def read(path: str, model: Electra, which: str) -> StoredWeights:
    """Reads the weights at a path; changes nothing in the model.

    Args:
        path: a working directory of pretrain.py; a Hugging Face directory of one
            network, or one that holds `discriminator/` and `generator/`; or the prefix
            or directory of a TF1 checkpoint.
        model: the model that the weights are for.
        which: checkpoint of a working directory, see `checkpoint_files.select`.

    Raises:
        ValueError: there are no weights, or they belong to a model of another size.
    """
    if workdir := run_at(path):
        return _read_run(workdir, model, which)
    if directories := huggingface_directories(path, tuple(huggingface.ARCHITECTURES)):
        return _read_huggingface(directories, model)
    if tf.io.gfile.isdir(path) or tf.io.gfile.exists(path + ".index"):
        return _read_tf1(path)
    raise ValueError(
        f"There are no weights at {path}: give a working directory of "
        "pretrain.py, a Hugging Face directory, or the prefix of a TF1 checkpoint "
        "(model.ckpt-1000000)."
    )


def run_at(path: str) -> Workdir | None:
    """The working directory of pretrain.py at a path; None if there is none."""
    workdir = Workdir(path)
    # Other programs' directories have a config.json too.
    if workdir.exists() and tf.io.gfile.exists(workdir.file(MANIFEST_NAME)):
        return workdir
    return None


def huggingface_directories(path: str, parts: tuple[str, ...]) -> list[str]:
    """The path and its subdirectories `parts`, as far as they hold a config.json."""
    directories = [path, *(tf.io.gfile.join(path, part) for part in parts)]
    return [
        directory
        for directory in directories
        if tf.io.gfile.exists(tf.io.gfile.join(directory, huggingface.CONFIG_NAME))
    ]


def _read_run(workdir: Workdir, model: Electra, which: str) -> StoredWeights:
    theirs, ours = workdir.config().model, model.config
    changed = [
        f"model.{field.name}={getattr(theirs, field.name)} there, "
        f"{getattr(ours, field.name)} here"
        for field in dataclasses.fields(ModelConfig)
        if field.name not in _FREE_FIELDS
        and getattr(theirs, field.name) != getattr(ours, field.name)
    ]
    if changed:
        raise ValueError(
            f"The weights at {workdir.path} belong to another model: "
            f"{'; '.join(changed)}. Give the same sizes."
        )
    run = trained.load(workdir, which=which)
    ignored: list[str] = []
    if theirs.disentangled_embeddings and not ours.disentangled_embeddings:
        # There the discriminator's embeddings are not the generator's.
        weights, ignored = run.model.values("discriminator"), ["generator"]
    else:
        weights = {variable.path: variable.numpy() for variable in run.model.variables}
    return StoredWeights(
        f"working directory, step {run.step:,}",
        weights,
        ignored,
        run.vocabulary,
        run.manifest.text_rules,
    )


def _read_huggingface(directories: list[str], model: Electra) -> StoredWeights:
    weights: dict[str, np.ndarray] = {}
    ignored: list[str] = []
    for directory in directories:
        network = huggingface_reader.read(directory, model)
        shared = weights.keys() & network.weights.keys()
        for name in sorted(shared):
            if not np.array_equal(weights[name], network.weights[name]):
                raise ValueError(
                    f"{name} differs between {' and '.join(directories)}, but both "
                    "networks share their embeddings: give one of the directories."
                )
        weights |= network.weights
        ignored += network.ignored
    return StoredWeights(
        "Hugging Face",
        weights,
        ignored,
        _vocabulary_in(directories[0]),
        huggingface_tokenizer.read_text_rules(directories[0]),
    )


def _read_tf1(path: str) -> StoredWeights:
    checkpoint = tf1.read(path)
    directory = path if tf.io.gfile.isdir(path) else path.rpartition("/")[0]
    return StoredWeights(
        "TF1 checkpoint",
        checkpoint.weights,
        checkpoint.ignored,
        _vocabulary_in(directory or "."),
        None,
    )


def _vocabulary_in(directory: str) -> Vocabulary | None:
    path = tf.io.gfile.join(directory, VOCABULARY_NAME)
    return Vocabulary.load(path) if tf.io.gfile.exists(path) else None
