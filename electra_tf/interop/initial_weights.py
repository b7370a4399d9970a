"""Weights to start pre-training from, wherever they come from.

`config.init_from` names (a) a working directory of pretrain.py, (b) a Hugging Face
directory of one network, or one with `discriminator/` and `generator/` in it, or (c) a
TF1 checkpoint of google-research/electra. Weights alone are taken: moments, step count
and learning rate start anew.
"""

import dataclasses
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from absl import logging

from electra_tf.config import ModelConfig
from electra_tf.console import printable
from electra_tf.interop import (
    huggingface,
    huggingface_import,
    huggingface_tokenizer,
    tf1,
)
from electra_tf.model.electra import OWN_EMBEDDINGS, Electra
from electra_tf.model.embeddings import DisentangledEmbeddings
from electra_tf.pretraining import checkpoint_files, trained
from electra_tf.pretraining.workdir import Workdir
from electra_tf.shards.manifest import VOCABULARY_NAME
from electra_tf.text.vocabulary import TextRules, Vocabulary

_OWN = "discriminator's own embeddings"
# A part is loaded whole or not at all.
_PARTS = {
    "embeddings": ("electra/embeddings/",),
    _OWN: (f"electra/discriminator/{OWN_EMBEDDINGS}/",),
    "generator encoder": ("electra/generator/encoder/",),
    "generator head": ("electra/generator/head_", "electra/generator/output_bias"),
    "discriminator encoder": ("electra/discriminator/encoder/",),
    "discriminator head": ("electra/discriminator/head_",),
}

_FREE_FIELDS = (
    "dropout",
    "initializer_range",
    "position_initializer",
    "disentangled_embeddings",
    "rematerialize",
)
"""Of `ModelConfig`, that may differ between a run and one that starts from it."""


class Found(NamedTuple):
    """What a place holds."""

    kind: str
    weights: dict[str, np.ndarray]
    """By Keras path."""
    ignored: list[str]
    """Names, as they are there, of what has no place in this model."""
    vocabulary: Vocabulary | None
    """None where none lies beside the weights."""
    text_rules: TextRules | None


def load(
    path: str,
    model: Electra,
    vocabulary: Vocabulary,
    rules: TextRules,
    which: str = checkpoint_files.LATEST,
) -> str:
    """Assigns the weights of `path` to a model, and says what it did.

    Args:
        path: what `config.init_from` names.
        model: built, with its initial weights.
        vocabulary: of the shards.
        rules: text rules of the shards.
        which: checkpoint of a working directory, as of `checkpoint_files.select`.

    Returns:
        What was loaded, what started fresh and what was ignored, a line for each.

    Raises:
        ValueError: there are no weights, or they do not fit model, vocabulary or rules.
    """
    found = _find(path, model, which)
    _check_text(path, found, vocabulary, rules)
    loaded = _check_weights(path, found.weights, model)
    for variable in model.variables:
        if variable.path in found.weights:
            variable.assign(found.weights[variable.path])
    embeddings = model.discriminator.embeddings
    if isinstance(embeddings, DisentangledEmbeddings) and _OWN not in loaded:
        embeddings.start_from_base()
    fresh = [
        part
        for part, prefixes in _PARTS.items()
        if part not in loaded and _paths(model, prefixes)
    ]
    unchecked = [
        name
        for name, value in (
            ("vocabulary", found.vocabulary),
            ("text rules", found.text_rules),
        )
        if value is None
    ]
    report = (
        f"Initial weights from {path} ({found.kind}):\n"
        f"  loaded: {', '.join(loaded)} ({len(found.weights)} variables)\n"
        f"  started fresh: {', '.join(fresh) or 'nothing'}\n"
        f"  ignored: {_shortened(found.ignored)}"
    )
    if unchecked:
        report += f"\n  not there, so not checked: {', '.join(unchecked)}"
    logging.info(report)
    return report


def _shortened(names: list[str]) -> str:
    """The moments of an optimizer would be hundreds of names."""
    moments = [name for name in names if name.endswith(("/adam_m", "/adam_v"))]
    others = [name for name in names if name not in moments]
    if moments:
        others.append(f"{len(moments)} moments of the optimizer")
    return ", ".join(map(printable, others)) or "nothing"


def _find(path: str, model: Electra, which: str) -> Found:
    workdir = Workdir(path)
    if workdir.exists() and tf.io.gfile.exists(workdir.file("manifest.json")):
        return _find_workdir(workdir, model, which)
    networks = [tf.io.gfile.join(path, name) for name in huggingface.ARCHITECTURES]
    directories = [
        directory
        for directory in (path, *networks)
        if tf.io.gfile.exists(tf.io.gfile.join(directory, huggingface.CONFIG_NAME))
    ]
    if directories:
        return _find_huggingface(directories, model)
    if tf.io.gfile.isdir(path) or tf.io.gfile.exists(path + ".index"):
        return _find_reference(path)
    raise ValueError(
        f"There are no weights at {path}: give a working directory of "
        "pretrain.py, a Hugging Face directory, or the prefix of a TF1 checkpoint "
        "(model.ckpt-1000000)."
    )


def _find_workdir(workdir: Workdir, model: Electra, which: str) -> Found:
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
            f"The weights at {workdir.path} are a run of another model: "
            f"{'; '.join(changed)}. Give the same sizes."
        )
    run = trained.load(workdir, which=which)
    ignored: list[str] = []
    if theirs.disentangled_embeddings and not ours.disentangled_embeddings:
        # The discriminator's are not the generator's there.
        weights, ignored = run.model.values("discriminator"), ["generator"]
    else:
        weights = {variable.path: variable.numpy() for variable in run.model.variables}
    return Found(
        f"working directory, step {run.step:,}",
        weights,
        ignored,
        run.vocabulary,
        run.manifest.text_rules,
    )


def _find_huggingface(directories: list[str], model: Electra) -> Found:
    weights: dict[str, np.ndarray] = {}
    ignored: list[str] = []
    for directory in directories:
        network = huggingface_import.read(directory, model)
        shared = weights.keys() & network.weights.keys()
        for name in sorted(shared):
            if not np.array_equal(weights[name], network.weights[name]):
                raise ValueError(
                    f"{name} differs between {' and '.join(directories)}, but both "
                    "networks share their embeddings: give one of the directories."
                )
        weights |= network.weights
        ignored += network.ignored
    vocabulary = _vocabulary_in(directories[0])
    text_rules = huggingface_tokenizer.read_text_rules(directories[0])
    return Found("Hugging Face", weights, ignored, vocabulary, text_rules)


def _find_reference(path: str) -> Found:
    found = tf1.read(path)
    directory = path if tf.io.gfile.isdir(path) else path.rpartition("/")[0]
    return Found(
        "TF1 checkpoint",
        found.weights,
        found.ignored,
        _vocabulary_in(directory or "."),
        None,
    )


def _vocabulary_in(directory: str) -> Vocabulary | None:
    path = tf.io.gfile.join(directory, VOCABULARY_NAME)
    return Vocabulary.load(path) if tf.io.gfile.exists(path) else None


def _check_text(
    path: str, found: Found, vocabulary: Vocabulary, rules: TextRules
) -> None:
    theirs = found.vocabulary
    if theirs is not None and theirs != vocabulary:
        differing = sum(
            a != b for a, b in zip(theirs.pieces, vocabulary.pieces, strict=False)
        )
        raise ValueError(
            f"The weights at {path} have another vocabulary: {len(theirs)} pieces, "
            f"the shards' has {len(vocabulary)}, and {differing} of those in common "
            "places differ. Make the shards with prepare.py --vocab=ITS_VOCAB_TXT."
        )
    if found.text_rules is not None and found.text_rules != rules:
        raise ValueError(
            f"The weights at {path} were trained on text that was "
            f"{found.text_rules}; the shards are {rules}. Make the shards with its "
            "rules (prepare.py --lowercase, --strip_accents)."
        )


def _check_weights(
    path: str, weights: dict[str, np.ndarray], model: Electra
) -> list[str]:
    """Returns the parts of the model that are there."""
    for variable in model.variables:
        value = weights.get(variable.path)
        if value is not None and value.shape != tuple(variable.shape):
            raise ValueError(
                f"The weights at {path} have {variable.path} of shape "
                f"{value.shape}, this model {tuple(variable.shape)}: give config.model "
                "the sizes of those weights, and shards of their vocabulary."
            )
    unknown = weights.keys() - {variable.path for variable in model.variables}
    if unknown:
        raise ValueError(
            f"The weights at {path} have {len(unknown)} weights that this model "
            f"lacks, such as {min(unknown)}: give config.model its sizes."
        )
    loaded = []
    for part, prefixes in _PARTS.items():
        paths = _paths(model, prefixes)
        missing = [name for name in paths if name not in weights]
        if missing and len(missing) < len(paths):
            raise ValueError(
                f"The weights at {path} have only a part of the {part}: "
                f"{len(missing)} of {len(paths)} weights are missing, such as "
                f"{missing[0]}. Is the file whole, and config.model.num_layers right?"
            )
        if paths and not missing:
            loaded.append(part)
    if "embeddings" not in loaded or not {
        "generator encoder",
        "discriminator encoder",
    } & set(loaded):
        raise ValueError(
            f"The weights at {path} have no encoder with its embeddings (only "
            f"{', '.join(loaded) or 'unknown tensors'}): is it an ELECTRA model?"
        )
    return loaded


def _paths(model: Electra, prefixes: tuple[str, ...]) -> list[str]:
    return [v.path for v in model.variables if v.path.startswith(prefixes)]
