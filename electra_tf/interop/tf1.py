"""Reads TF1 checkpoints of google-research/electra, by our variables' paths.

Source: the names are those that `model/modeling.py` and `pretrain/pretrain_helpers.py`
of google-research/electra (commit 8a46635) give its variables. Kernels are [in, out]
there as here, so nothing is transposed.
"""

import re
from typing import NamedTuple

import numpy as np
import tensorflow as tf

_WEIGHT = r"/(?P<weight>kernel|bias|gamma|beta)"
_LAYER_PARTS = {
    "attention/self/query": "attention/query",
    "attention/self/key": "attention/key",
    "attention/self/value": "attention/value",
    "attention/output/dense": "attention_output",
    "attention/output/LayerNorm": "attention_norm",
    "intermediate/dense": "intermediate",
    "output/dense": "output",
    "output/LayerNorm": "output_norm",
}
_PARTS = {
    "electra/embeddings/LayerNorm": "electra/embeddings/layer_norm",
    "electra/embeddings_project": "electra/discriminator/encoder/embeddings_project",
    "generator/embeddings_project": "electra/generator/encoder/embeddings_project",
    "generator_predictions/dense": "electra/generator/head_dense",
    "generator_predictions/LayerNorm": "electra/generator/head_norm",
    "discriminator_predictions/dense": "electra/discriminator/head_dense",
    "discriminator_predictions/dense_1": "electra/discriminator/head_prediction",
}
_SCOPES = {"electra": "electra/discriminator", "generator": "electra/generator"}
_RULES = (
    (
        r"electra/embeddings/(?P<table>(word|position|token_type)_embeddings)",
        r"electra/embeddings/\g<table>",
    ),
    (r"generator_predictions/output_bias", "electra/generator/output_bias"),
    *((theirs + _WEIGHT, ours + r"/\g<weight>") for theirs, ours in _PARTS.items()),
    *(
        (
            rf"{scope}/encoder/(?P<layer>layer_\d+)/{theirs}{_WEIGHT}",
            rf"{network}/encoder/\g<layer>/{ours}/\g<weight>",
        )
        for scope, network in _SCOPES.items()
        for theirs, ours in _LAYER_PARTS.items()
    ),
)
_OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
"""Key of every checkpoint that TensorFlow 2 wrote, and of no other."""


class Tf1Weights(NamedTuple):
    """The weights of a checkpoint, of both networks or of one."""

    weights: dict[str, np.ndarray]
    """Arrays by the path of our variable."""
    ignored: list[str]
    """Names in the checkpoint that have no variable here: the optimizer's moments
    (`*/adam_m`, `*/adam_v`), `global_step`, heads of fine-tuned tasks, and the
    generator's own embeddings where a run did not share them."""


def variable_path(name: str) -> str | None:
    """The path of our variable for a name in a checkpoint; None if there is none."""
    for pattern, path in _RULES:
        if match := re.fullmatch(pattern, name):
            return match.expand(path)
    return None


def read(path: str) -> Tf1Weights:
    """Reads the weights of any number of layers; needs no model.

    Args:
        path: prefix of a checkpoint, such as `dir/model.ckpt-1000000`, or a directory
            whose file `checkpoint` names one.

    Raises:
        ValueError: there is no checkpoint, it is damaged, or it has no variable
            of google-research/electra.
    """
    prefix = _prefix(path)
    try:
        reader = tf.train.load_checkpoint(prefix)
        names = sorted(reader.get_variable_to_shape_map())
        paths = {name: variable_path(name) for name in names}
        weights = {
            path: reader.get_tensor(name) for name, path in paths.items() if path
        }
    # TensorFlow raises IndexError for a truncated data file.
    except (tf.errors.OpError, IndexError) as error:
        raise ValueError(
            f"The checkpoint {prefix} can't be read ({error}): its files are damaged "
            "or incomplete. Copy .index and .data-* anew."
        ) from error
    if not weights:
        raise ValueError(f"The checkpoint {prefix} {_what_it_is_instead(names)}")
    return Tf1Weights(weights, [name for name in names if not paths[name]])


def _prefix(path: str) -> str:
    """The prefix of the checkpoint at a path."""
    if tf.io.gfile.isdir(path):
        prefix = tf.train.latest_checkpoint(path)
        if prefix is None:
            raise ValueError(
                f"The directory {path} has no file `checkpoint` that names an "
                "existing one: give a checkpoint's prefix, such as "
                f"{path.rstrip('/')}/model.ckpt-1000000."
            )
        return prefix
    if not tf.io.gfile.exists(f"{path}.index"):
        raise ValueError(
            f"There is no checkpoint {path}, since there is no file {path}.index: give "
            "the common prefix of its files' names, such as dir/model.ckpt-1000000 "
            "without .index, or the directory."
        )
    return path


def _what_it_is_instead(names: list[str]) -> str:
    """The end of an error message about a checkpoint without variables of ELECTRA."""
    if _OBJECT_GRAPH in names:
        return (
            "was written by TensorFlow 2, not by google-research/electra: a run of "
            "this project is read by its --workdir."
        )
    examples = ", ".join(names[:3]) or "nothing at all"
    return (
        f"has none of ELECTRA's variables among its {len(names)}, such as "
        f"electra/embeddings/word_embeddings; it has {examples}. Give a checkpoint of "
        "google-research/electra."
    )
