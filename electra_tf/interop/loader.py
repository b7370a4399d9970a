"""An export → the signatures of its SavedModel, with plain TensorFlow alone."""

import os

import tensorflow as tf
import tensorflow_text  # noqa: F401  The tokenizer's kernels.

from electra_tf import files


def load(model: str, *names: str):
    """Loads a SavedModel that has the named signatures.

    Args:
        model: a saved_model directory, or the directory of export.py that holds it.
        names: signatures that the caller is going to use.

    Returns:
        TensorFlow's object; its `signatures` are callable by name.

    Raises:
        ValueError: there is no SavedModel, its files are damaged, or it lacks a
            signature.
    """
    candidates = (model, os.path.join(model, "saved_model"))
    found = [path for path in candidates if tf.saved_model.contains_saved_model(path)]
    if not found:
        raise ValueError(
            f"{model!r} has no SavedModel: give the directory that export.py printed."
        )
    try:
        loaded = tf.saved_model.load(found[0])
    # An IndexError is what TensorFlow makes of a file of weights that was cut off, a
    # KeyError of a graph whose bytes were changed.
    except (tf.errors.OpError, OSError, IndexError, KeyError) as error:
        raise ValueError(
            f"The SavedModel {found[0]!r} can't be loaded ({files.reason(error)}): its "
            "files are damaged or incomplete. Copy the directory again, or run "
            "export.py again."
        ) from error
    missing = [name for name in names if name not in loaded.signatures]
    if missing:
        raise ValueError(
            f"{found[0]!r} has the signatures {', '.join(sorted(loaded.signatures))}, "
            f"but not {', '.join(missing)}: it is of an older version, run export.py "
            "again."
        )
    return loaded
