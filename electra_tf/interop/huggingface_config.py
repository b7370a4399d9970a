"""config.json of a Hugging Face network: read, and checked against the weights.

A config.json from a stranger, or one that was copied from another model, could ask for
more memory than there is. So its sizes are compared with the file of the weights before
any weight is read: safetensors begins with the shapes of its tensors, and no file holds
more weights than it has bytes.
"""

import dataclasses
import re

import pydantic
import tensorflow as tf

from electra_tf import files
from electra_tf.config import ModelConfig
from electra_tf.interop import huggingface

MAX_HEADER_BYTES = 100_000_000
"""Limit of the library safetensors for the header."""
_MIN_WEIGHT_BYTES = 2
"""Bytes of a weight in half precision, the smallest type that is read."""
_LENGTH_BYTES = 8
"""Bytes of the header's length, little-endian, before the header."""
_LAYER = "electra.encoder.layer.{}.attention.self.query.weight"
_AXES = {
    "vocab_size": ("electra.embeddings.word_embeddings.weight", 0),
    "embedding_size": ("electra.embeddings.word_embeddings.weight", 1),
    "max_position_embeddings": ("electra.embeddings.position_embeddings.weight", 0),
    "type_vocab_size": ("electra.embeddings.token_type_embeddings.weight", 0),
    "hidden_size": (_LAYER.format(0), 0),
    "intermediate_size": ("electra.encoder.layer.0.intermediate.dense.weight", 0),
}
"""The tensor and axis that have the size of each field."""


@dataclasses.dataclass
class _Kind:
    """The fields of config.json that tell an ELECTRA from other models."""

    model_type: str = ""
    hidden_act: str = "gelu"


@dataclasses.dataclass
class NetworkConfig:
    """The fields of config.json that are used here."""

    vocab_size: pydantic.PositiveInt
    hidden_size: pydantic.PositiveInt
    num_hidden_layers: pydantic.PositiveInt
    num_attention_heads: pydantic.PositiveInt
    intermediate_size: pydantic.PositiveInt
    embedding_size: pydantic.PositiveInt
    max_position_embeddings: pydantic.PositiveInt
    type_vocab_size: pydantic.PositiveInt = 2
    initializer_range: pydantic.PositiveFloat = 0.02
    architectures: list[str] | None = None

    @property
    def network(self) -> str:
        """The network: "generator" if `architectures` says so, or "discriminator"."""
        is_generator = huggingface.ARCHITECTURES["generator"] in (
            self.architectures or []
        )
        return "generator" if is_generator else "discriminator"

    def model_config(self) -> ModelConfig:
        """The configuration of a model with this network as its discriminator."""
        return ModelConfig(
            hidden_size=self.hidden_size,
            num_layers=self.num_hidden_layers,
            num_heads=self.num_attention_heads,
            intermediate_size=self.intermediate_size,
            embedding_size=self.embedding_size,
            max_position_embeddings=self.max_position_embeddings,
            token_types=self.type_vocab_size,
            initializer_range=self.initializer_range,
            # The generator is not used.
            generator_fraction=1.0,
        )


def read(directory: str) -> NetworkConfig:
    """Reads the config.json of a directory.

    Raises:
        ValueError: it is missing or damaged, or describes no ELECTRA with GELU.
    """
    path = tf.io.gfile.join(directory, huggingface.CONFIG_NAME)
    kind = files.read_json(path, _Kind, "ignore")
    for field, expected in (("model_type", "electra"), ("hidden_act", "gelu")):
        if (value := getattr(kind, field)) != expected:
            raise ValueError(
                f"{path} has {field}={value!r}: only {expected!r} can be loaded here."
            )
    return files.read_json(path, NetworkConfig, "ignore")


def check_sizes(directory: str, weights_path: str, config: NetworkConfig) -> None:
    """Compares the sizes of a config.json with the file of the weights.

    Args:
        directory: directory of the config.json, for messages.
        weights_path: a safetensors file, or another that holds weights uncompressed.
        config: read from the directory.

    Raises:
        ValueError: a size differs from that of the weights, a weight is missing, or
            their file is damaged.
    """
    path = tf.io.gfile.join(directory, huggingface.CONFIG_NAME)
    hidden, heads = config.hidden_size, config.num_attention_heads
    if hidden % heads:
        raise ValueError(
            f"{path} says num_attention_heads={heads}, which does not divide "
            f"hidden_size={hidden}: copy the file of the model again."
        )
    size = tf.io.gfile.stat(weights_path).length
    if weights_path.endswith(".safetensors"):
        for name, there in _sizes(weights_path, size).items():
            if (ours := getattr(config, name)) != there:
                raise ValueError(
                    f"{path} says {name}={ours}, but the weights in {weights_path} "
                    f"have {there}: copy both files from one model."
                )
    needed = _MIN_WEIGHT_BYTES * _number_of_weights(config)
    if needed > size:
        raise ValueError(
            f"{path} has the sizes of a model of at least {needed:,} bytes, but "
            f"{weights_path} has {size:,}: copy both files from one model."
        )


def _sizes(path: str, size: int) -> dict[str, int]:
    """The sizes of the tensors in a safetensors file, by their names in config.json."""
    shapes = {name: tensor.shape for name, tensor in _header(path, size).items()}
    sizes = {}
    for field, (name, axis) in _AXES.items():
        if len(shapes.get(name, ())) != 2:
            raise ValueError(
                f"{path} has no matrix {name}, as every ELECTRA has: give another "
                "directory, or copy the file again."
            )
        sizes[field] = shapes[name][axis]
    pattern = re.compile(re.escape(_LAYER).replace(r"\{\}", r"\d+"))
    sizes["num_hidden_layers"] = sum(map(bool, map(pattern.fullmatch, shapes)))
    return sizes


@dataclasses.dataclass
class _Tensor:
    """An entry of the header of a safetensors file."""

    dtype: str
    shape: list[pydantic.NonNegativeInt]
    data_offsets: tuple[int, int]


def _header(path: str, size: int) -> dict[str, _Tensor]:
    with tf.io.gfile.GFile(path, "rb") as file:
        length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
        if not 0 < length <= min(size - _LENGTH_BYTES, MAX_HEADER_BYTES):
            raise ValueError(
                f"{path} is corrupt (a header of {length:,} bytes): copy it again, "
                f"{size:,} bytes arrived."
            )
        text = file.read(length)
    entries = files.parse_json(text, dict[str, _Tensor | dict[str, str]], path)
    return {name: one for name, one in entries.items() if isinstance(one, _Tensor)}


def _number_of_weights(config: NetworkConfig) -> int:
    """Weights in the matrices; biases and norms are few in comparison."""
    rows = config.vocab_size + config.max_position_embeddings + config.type_vocab_size
    layer = 4 * config.hidden_size**2
    layer += 2 * config.hidden_size * config.intermediate_size
    return config.embedding_size * rows + config.num_hidden_layers * layer
