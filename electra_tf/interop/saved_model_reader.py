"""Loads an export's SavedModel; needs only TensorFlow and its tokenizer's kernels."""

import os

import tensorflow as tf
import tensorflow_text  # noqa: F401  Registers the tokenizer's kernels.

from electra_tf import files


def exists(model: str) -> bool:
    """Whether a directory is a SavedModel, or holds one as an export does."""
    return bool(_paths(model))


def _paths(model: str) -> list[str]:
    candidates = (model, os.path.join(model, "saved_model"))
    return [path for path in candidates if tf.saved_model.contains_saved_model(path)]


def load(model: str, *signatures: str):
    """Loads a SavedModel and checks that it has the signatures.

    Args:
        model: a saved_model directory, or the directory of export.py that holds it.
        signatures: names of the signatures that the caller is going to use.

    Returns:
        TensorFlow's object; its `signatures` are callable by name.

    Raises:
        ValueError: there is no SavedModel, its files are damaged, or it lacks a
            signature.
    """
    paths = _paths(model)
    if not paths:
        raise ValueError(
            f"{model!r} has no SavedModel and no Hugging Face model: give the "
            "directory that export.py printed."
        )
    try:
        loaded = tf.saved_model.load(paths[0])
    # TensorFlow raises IndexError for truncated weights, KeyError for a changed graph.
    except (tf.errors.OpError, OSError, IndexError, KeyError) as error:
        raise ValueError(
            f"The SavedModel {paths[0]!r} can't be loaded ({files.reason(error)}): its "
            "files are damaged or incomplete. Copy the directory again, or run "
            "export.py again."
        ) from error
    missing = [name for name in signatures if name not in loaded.signatures]
    if missing:
        raise ValueError(
            f"{paths[0]!r} has the signatures {', '.join(sorted(loaded.signatures))}, "
            f"but not {', '.join(missing)}: if it is a task model of finetune.py, call "
            "its signatures; if an older version wrote it, run export.py again."
        )
    return loaded
