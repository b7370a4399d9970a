"""A Hugging Face directory of one ELECTRA network → weights by Keras path."""

import dataclasses
from typing import Any, NamedTuple

import numpy as np
import safetensors
import safetensors.numpy
import tensorflow as tf

from electra_tf import files
from electra_tf.interop import huggingface
from electra_tf.model.electra import Electra

PICKLE_NAME = "pytorch_model.bin"
# Old files carry the first; the second is the word table again.
_IGNORED = ("electra.embeddings.position_ids", "generator_lm_head.weight")


@dataclasses.dataclass
class _Config:
    """Of config.json, what is looked at beside the sizes."""

    model_type: str = ""
    architectures: list[str] | None = None
    hidden_act: str = "gelu"


class NetworkWeights(NamedTuple):
    """What a directory held."""

    weights: dict[str, np.ndarray]
    """Float32, by Keras path."""
    ignored: list[str]
    """Hugging Face's names of what is not needed."""


def read(directory: str, model: Electra) -> NetworkWeights:
    """Reads one network.

    Which one it is, is what `architectures` says; without it, a discriminator.

    Args:
        directory: with config.json, and model.safetensors or pytorch_model.bin.
        model: that the weights are for.

    Raises:
        ValueError: a file is missing, corrupt, or of another architecture or size;
            there are tensors that no ELECTRA has.
    """
    path = tf.io.gfile.join(directory, huggingface.CONFIG_NAME)
    config = files.read_json(path, _Config, "ignore")
    if config.model_type != "electra":
        raise ValueError(
            f"{path} has model_type={config.model_type!r}: only 'electra' can "
            "be continued here."
        )
    architectures = config.architectures or []
    is_generator = huggingface.ARCHITECTURES["generator"] in architectures[:1]
    network = "generator" if is_generator else "discriminator"
    _check_sizes(path, config, model, network)

    tensors = _read_tensors(directory)
    paths = model.paths(network)
    known = {huggingface.name_of(name) for name in paths}
    unknown = sorted(tensors.keys() - known - set(_IGNORED))
    if unknown:
        raise ValueError(
            f"{directory} has {len(unknown)} tensors that an {network} of this size "
            f"has not, such as {unknown[0]}: is it a fine-tuned model, or of another "
            "architecture? Only pre-trained ELECTRA networks can be continued."
        )
    weights = huggingface.weights(tensors, model, network)
    missing = [name for name in paths if name not in weights and "/head_" not in name]
    if missing:
        raise ValueError(
            f"{directory} lacks {len(missing)} tensors of the {network}, such as "
            f"{huggingface.name_of(missing[0])}: copy {huggingface.WEIGHTS_NAME} again."
        )
    ignored = [name for name in _IGNORED if name in tensors]
    return NetworkWeights(weights, ignored)


def _check_sizes(path: str, config: _Config, model: Electra, network: str) -> None:
    fields = files.read_json(path, dict[str, Any])
    ours = huggingface.size_fields(model, network)
    changed = [
        f"{name}={fields.get(name)} there, {value} here"
        for name, value in ours.items()
        if fields.get(name, value) != value
    ]
    if config.hidden_act != "gelu":
        changed.append(f"hidden_act={config.hidden_act} there, gelu here")
    if changed:
        raise ValueError(
            f"{path} is a {network} of other sizes than this run's: "
            f"{'; '.join(changed)}. Change config.model (a generator's widths are "
            "config.model.generator_fraction of the discriminator's), or the shards."
        )


def weights_path(directory: str) -> str:
    """The file of the weights.

    Raises:
        ValueError: there is none.
    """
    for name in (huggingface.WEIGHTS_NAME, PICKLE_NAME):
        path = tf.io.gfile.join(directory, name)
        if tf.io.gfile.exists(path):
            return path
    raise ValueError(
        f"{directory} has neither {huggingface.WEIGHTS_NAME} nor {PICKLE_NAME}: "
        "give a directory that save_pretrained wrote."
    )


def _read_tensors(directory: str) -> dict[str, np.ndarray]:
    path = weights_path(directory)
    if path.endswith(PICKLE_NAME):
        return _read_pickle(path)
    with tf.io.gfile.GFile(path, "rb") as file:
        content = file.read()
    try:
        tensors = safetensors.numpy.load(content)
    except safetensors.SafetensorError as error:
        raise ValueError(
            f"{path} is corrupt ({error}): copy it again, {len(content):,} bytes "
            "arrived."
        ) from error
    except KeyError as error:  # NumPy has no such type.
        raise ValueError(
            f"{path} holds tensors of the type {error}: save it in float32, with "
            "transformers' from_pretrained(..., dtype=torch.float32) and "
            "save_pretrained."
        ) from error
    return {
        name: value if value.dtype.kind == "i" else value.astype(np.float32)
        for name, value in tensors.items()
    }


def _read_pickle(path: str) -> dict[str, np.ndarray]:
    """Reads pytorch_model.bin with torch's loader that runs no pickled code."""
    try:
        import torch
    except ImportError as error:
        raise ValueError(
            f"{path} is a pickle, which only torch can read safely: pip install torch, "
            f"or convert it to {huggingface.WEIGHTS_NAME} with transformers "
            "(from_pretrained, then save_pretrained)."
        ) from error
    try:
        with tf.io.gfile.GFile(path, "rb") as file:
            tensors = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises whatever its reader of zip files does.
        raise ValueError(
            f"{path} can't be read as weights alone, and code in a pickle is never "
            f"run: {error}"
        ) from error
    return {
        name: (value if value.dtype == torch.int64 else value.float()).numpy()
        for name, value in tensors.items()
    }
