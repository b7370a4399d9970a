"""Models that take text, from an export's SavedModel or a Hugging Face directory."""

from collections.abc import Callable, Mapping
from typing import Any

from electra_tf.interop import saved_model_reader

Signature = Callable[..., Mapping[str, Any]]
"""Called with `text`, strings [N]; see `saved_model.TextModel` for the results."""


def load(path: str, *needed: str) -> Mapping[str, Signature]:
    """Loads a model's signatures by name: `detect`, `embed`, `fill_mask`.

    A Hugging Face directory of a discriminator alone has no `fill_mask`.

    Args:
        path: a directory of export.py, a SavedModel, or a Hugging Face directory with
            its tokenizer's files.
        needed: names of the signatures that the caller is going to use.

    Raises:
        ValueError: there is no model, its files are damaged, or it lacks a signature.
    """
    if not saved_model_reader.exists(path) and (found := _from_huggingface(path)):
        missing = [name for name in needed if name not in found]
        if missing:
            raise ValueError(
                f"{path!r} holds a discriminator without its generator, which "
                f"{', '.join(missing)} needs: give an export with saved_model/."
            )
        return found
    loaded = saved_model_reader.load(path, *needed)

    def signature(name: str) -> Signature:
        # The closure keeps the object alive, whose variables the signature reads.
        return lambda text: loaded.signatures[name](text=text)

    return {name: signature(name) for name in loaded.signatures}


def _from_huggingface(path: str) -> dict[str, Signature] | None:
    # A SavedModel needs none of this, and it takes seconds to import.
    from electra_tf.config import Precision
    from electra_tf.interop import encoders, saved_model, stored_weights

    if not stored_weights.huggingface_directories(path, encoders.PARTS):
        return None
    encoder = encoders.find(path)
    model = saved_model.TextModel(
        encoders.build(encoder, Precision.FLOAT32, None),
        encoder.vocabulary,
        encoder.text_rules,
        encoder.trained_length,
    )

    # Closures over the model, because its functions hold no reference to it.
    return {
        "detect": lambda text: model.detect(text),
        "embed": lambda text: model.embed(text),
    }
