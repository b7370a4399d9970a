"""Reads the weights of a Hugging Face directory, by Keras path."""

from typing import NamedTuple

import numpy as np
import safetensors
import safetensors.numpy
import tensorflow as tf

from electra_tf.interop import huggingface, huggingface_config
from electra_tf.interop.huggingface_config import NetworkConfig
from electra_tf.model.electra import Electra

PICKLE_NAME = "pytorch_model.bin"
# The first is in old files; the second is a copy of the word embeddings.
_IGNORED = ("electra.embeddings.position_ids", "generator_lm_head.weight")


class NetworkWeights(NamedTuple):
    """The weights of one network."""

    weights: dict[str, np.ndarray]
    """Float32 arrays by Keras path."""
    ignored: list[str]
    """Hugging Face's names of tensors that are not needed."""


def read(directory: str, model: Electra) -> NetworkWeights:
    """Reads one network: a generator if config.json says so, or else a discriminator.

    Args:
        directory: contains config.json, and model.safetensors or pytorch_model.bin.
        model: the model that the weights are for.

    Raises:
        ValueError: a file is missing or corrupt, or its architecture or sizes differ
            from the model's; or there are tensors that no ELECTRA has.
    """
    config = huggingface_config.read(directory)
    network = config.network
    _check_sizes(directory, config, model)
    tensors = _read_tensors(directory)
    paths = model.paths(network)
    known = {huggingface.name_of(path) for path in paths}
    unknown = sorted(tensors.keys() - known - set(_IGNORED))
    if unknown:
        raise ValueError(
            f"{directory} has {len(unknown)} tensors that a {network} of this size "
            f"has not, such as {unknown[0]}: is it a fine-tuned model, or of another "
            "architecture? Only pre-trained ELECTRA networks can be continued."
        )
    weights = huggingface.weights(tensors, model, network)
    missing = [path for path in paths if path not in weights and "/head_" not in path]
    if missing:
        raise ValueError(
            f"{directory} lacks {len(missing)} tensors of the {network}, such as "
            f"{huggingface.name_of(missing[0])}: copy {huggingface.WEIGHTS_NAME} again."
        )
    ignored = [name for name in _IGNORED if name in tensors]
    return NetworkWeights(weights, ignored)


def weights_path(directory: str) -> str:
    """Path of the file of the weights.

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


def _check_sizes(directory: str, config: NetworkConfig, model: Electra) -> None:
    ours = huggingface.size_fields(model, config.network)
    changed = [
        f"{name}={getattr(config, name)} there, {value} here"
        for name, value in ours.items()
        if getattr(config, name) != value
    ]
    if changed:
        raise ValueError(
            f"The {config.network} in {directory} and this run's differ in size: "
            f"{'; '.join(changed)}. Change config.model (a generator's widths are "
            "config.model.generator_fraction of the discriminator's), or the shards."
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
