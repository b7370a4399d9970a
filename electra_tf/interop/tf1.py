"""A TF1 checkpoint of google-research/electra → weights under our variables' names.

Sources: the names are those that `model/modeling.py` and `pretrain/pretrain_helpers.py`
of google-research/electra (commit 8a46635) give its variables. Kernels are [in, out]
there as here, so that nothing is transposed.
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
"""In every checkpoint that TensorFlow 2 wrote, and in no other."""


class Found(NamedTuple):
    """What a checkpoint holds, of both networks or of one."""

    weights: dict[str, np.ndarray]
    """By the path of the variable of `Electra` that they belong to."""
    ignored: list[str]
    """Names in the checkpoint that have no place here: the optimizer's moments
    (`*/adam_m`, `*/adam_v`), `global_step`, heads of fine-tuned tasks, and the
    generator's own embeddings where a run did not share them."""


def variable_path(name: str) -> str | None:
    """The path of our variable for a name of the reference; None if there is none."""
    for pattern, path in _RULES:
        if match := re.fullmatch(pattern, name):
            return match.expand(path)
    return None


def read(path: str) -> Found:
    """Reads the weights, whatever the number of layers; no model is needed.

    Args:
        path: prefix of a checkpoint such as `dir/model.ckpt-1000000`, or a directory
            whose file `checkpoint` names one.

    Raises:
        ValueError: there is no checkpoint, it is damaged, or it holds nothing that
            the reference would have written.
    """
    prefix = _prefix(path)
    try:
        reader = tf.train.load_checkpoint(prefix)
        names = sorted(reader.get_variable_to_shape_map())
        paths = {name: variable_path(name) for name in names}
        weights = {
            found: reader.get_tensor(name) for name, found in paths.items() if found
        }
    # An IndexError is what TensorFlow makes of a data file that was cut off.
    except (tf.errors.OpError, IndexError) as error:
        raise ValueError(
            f"The checkpoint {prefix} can't be read ({error}): its files are damaged "
            "or incomplete. Copy .index and .data-* anew."
        ) from error
    if not weights:
        raise ValueError(f"The checkpoint {prefix} {_what_it_is_instead(names)}")
    return Found(weights, [name for name in names if not paths[name]])


def _prefix(path: str) -> str:
    """The prefix that a path means."""
    if tf.io.gfile.isdir(path):
        prefix = tf.train.latest_checkpoint(path)
        if prefix is None:
            raise ValueError(
                f"The directory {path} has no file `checkpoint` that names one that "
                "is there: give a checkpoint's prefix, such as "
                f"{path.rstrip('/')}/model.ckpt-1000000."
            )
        return prefix
    if not tf.io.gfile.exists(f"{path}.index"):
        raise ValueError(
            f"There is no checkpoint {path}, for there is no file {path}.index: give "
            "the part of its files' names that they share, such as "
            "dir/model.ckpt-1000000 without .index, or the directory."
        )
    return path


def _what_it_is_instead(names: list[str]) -> str:
    """The end of a sentence on a checkpoint without a single weight of ELECTRA."""
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
