"""Initial weights of a model, taken from another run or from files of others.

`config.init_from` names where they are, see `stored_weights.read`. Only weights are
taken: the optimizer's moments, step count and learning rate start anew.
"""

from collections.abc import Sequence

import numpy as np
from absl import logging

from electra_tf.console import printable
from electra_tf.interop import branch, stored_weights
from electra_tf.interop.stored_weights import StoredWeights
from electra_tf.model.disentangled import DisentangledEmbeddings
from electra_tf.model.electra import OWN_EMBEDDINGS, Electra
from electra_tf.pretraining.run import Run
from electra_tf.text.vocabulary import TextRules, Vocabulary
from electra_tf.training import checkpoint_files

_OWN = "discriminator's own embeddings"
_PARTS = {
    "embeddings": ("electra/embeddings/",),
    _OWN: (f"electra/discriminator/{OWN_EMBEDDINGS}/",),
    "generator encoder": ("electra/generator/encoder/",),
    "generator head": ("electra/generator/head_", "electra/generator/output_bias"),
    "discriminator encoder": ("electra/discriminator/encoder/",),
    "discriminator head": ("electra/discriminator/head_",),
}
"""Prefixes of the variables of each part, which is loaded as a whole or not at all."""


def initialize(run: Run) -> None:
    """Gives a new run the weights, or the whole state, that its configuration names."""
    spec, path = run.spec, run.spec.config.init_from
    if spec.config.branch_from:
        branch.start(run)
        return
    with run.strategy.scope():
        give(run.model, path, spec.vocabulary, spec.manifest.text_rules)


def give(
    model: Electra,
    path: str,
    vocabulary: Vocabulary,
    text_rules: TextRules,
    which: str = checkpoint_files.LATEST,
) -> str:
    """Gives a model the weights at a path; parts that are not there keep theirs.

    Args:
        model: built, with random weights.
        path: where the weights are, see `stored_weights.read`.
        vocabulary: vocabulary of the model's shards.
        text_rules: text rules of the shards.
        which: checkpoint of a working directory, see `checkpoint_files.select`.

    Returns:
        Lines that say what was loaded, what started fresh and what was ignored.

    Raises:
        ValueError: there are no weights, or they do not fit model, vocabulary or rules.
    """
    stored = stored_weights.read(path, model, which)
    _check_text(path, stored, vocabulary, text_rules)
    _check_shapes(path, stored.weights, model)
    loaded = _check_parts(path, stored.weights, model)
    for variable in model.variables:
        if variable.path in stored.weights:
            variable.assign(stored.weights[variable.path])
    embeddings = model.discriminator.embeddings
    if isinstance(embeddings, DisentangledEmbeddings) and _OWN not in loaded:
        embeddings.start_from_base()
    lines = _report(path, stored, model, loaded)
    logging.info(lines)
    return lines


def _report(
    path: str, stored: StoredWeights, model: Electra, loaded: Sequence[str]
) -> str:
    fresh = [
        part for part in _PARTS if part not in loaded and _variables_of(part, model)
    ]
    lines = [
        f"Initial weights from {path} ({stored.kind}):",
        f"  loaded: {', '.join(loaded)} ({len(stored.weights)} variables)",
        f"  started fresh: {', '.join(fresh) or 'nothing'}",
        f"  ignored: {_shortened(stored.ignored)}",
    ]
    text = {"vocabulary": stored.vocabulary, "text rules": stored.text_rules}
    unchecked = [name for name, value in text.items() if value is None]
    if unchecked:
        lines.append(f"  not found, so not checked: {', '.join(unchecked)}")
    return "\n".join(lines)


def _shortened(names: Sequence[str]) -> str:
    """The names in a line, with the optimizer's hundreds of moments as a number."""
    moments = [name for name in names if name.endswith(("/adam_m", "/adam_v"))]
    others = [name for name in names if name not in moments]
    if moments:
        others.append(f"{len(moments)} moments of the optimizer")
    return ", ".join(map(printable, others)) or "nothing"


def _check_text(
    path: str, stored: StoredWeights, vocabulary: Vocabulary, text_rules: TextRules
) -> None:
    theirs = stored.vocabulary
    if theirs is not None and theirs != vocabulary:
        differing = sum(
            a != b for a, b in zip(theirs.pieces, vocabulary.pieces, strict=False)
        )
        raise ValueError(
            f"The weights at {path} have another vocabulary: it has {len(theirs)} "
            f"pieces, the shards' has {len(vocabulary)}, and {differing} ids have "
            "different pieces. Make the shards with prepare.py --vocab=ITS_VOCAB_TXT."
        )
    if stored.text_rules is not None and stored.text_rules != text_rules:
        raise ValueError(
            f"The weights at {path} were trained on text that was "
            f"{stored.text_rules}; the shards are {text_rules}. Make the shards with "
            "its rules (prepare.py --lowercase, --strip_accents)."
        )


def _check_shapes(path: str, weights: dict[str, np.ndarray], model: Electra) -> None:
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


def _check_parts(
    path: str, weights: dict[str, np.ndarray], model: Electra
) -> list[str]:
    """Returns the parts of the model that the weights contain."""
    loaded = []
    for part in _PARTS:
        names = _variables_of(part, model)
        missing = [name for name in names if name not in weights]
        if missing and len(missing) < len(names):
            raise ValueError(
                f"The weights at {path} have only a part of the {part}: "
                f"{len(missing)} of {len(names)} weights are missing, such as "
                f"{missing[0]}. Is the file whole, and config.model.num_layers right?"
            )
        if names and not missing:
            loaded.append(part)
    encoders = {"generator encoder", "discriminator encoder"}
    if "embeddings" not in loaded or not encoders & set(loaded):
        raise ValueError(
            f"The weights at {path} have no encoder with its embeddings (only "
            f"{', '.join(loaded) or 'unknown tensors'}): is it an ELECTRA model?"
        )
    return loaded


def _variables_of(part: str, model: Electra) -> list[str]:
    return [v.path for v in model.variables if v.path.startswith(_PARTS[part])]
