"""Are the sizes in a Hugging Face config.json those of the weights beside it?

A config.json from a stranger, or one that was copied from another model, could ask for
more memory than there is. The file of the weights says what is right before any of them
is read: safetensors begins with the shapes of its tensors, and no file holds more
weights than it has bytes.
"""

import dataclasses
import re
from collections.abc import Mapping

import pydantic
import tensorflow as tf

from electra_tf import files

MAX_HEADER_BYTES = 100_000_000
"""As safetensors has it."""
_MIN_WEIGHT_BYTES = 2
"""Of half precision, the smallest type that is read."""
_LENGTH_BYTES = 8
"""Before the header, its length, little-endian."""
_LAYER = "electra.encoder.layer.{}.attention.self.query.weight"
_AXES = {
    "vocab_size": ("electra.embeddings.word_embeddings.weight", 0),
    "embedding_size": ("electra.embeddings.word_embeddings.weight", 1),
    "max_position_embeddings": ("electra.embeddings.position_embeddings.weight", 0),
    "type_vocab_size": ("electra.embeddings.token_type_embeddings.weight", 0),
    "hidden_size": (_LAYER.format(0), 0),
    "intermediate_size": ("electra.encoder.layer.0.intermediate.dense.weight", 0),
}
"""Of a field, the tensor and its axis that have this size."""


@dataclasses.dataclass
class _Tensor:
    """An entry of the header."""

    dtype: str
    shape: list[pydantic.NonNegativeInt]
    data_offsets: tuple[int, int]


def check(config_path: str, weights_path: str, fields: Mapping[str, int]) -> None:
    """Compares the sizes with the file of the weights; allocates nothing.

    Args:
        config_path: for messages.
        weights_path: a file of safetensors, or any other that holds weights as they
            are.
        fields: sizes by their names in config.json.

    Raises:
        ValueError: a size is not that of the weights, there are no such weights, or
            their file is damaged.
    """
    hidden, heads = fields["hidden_size"], fields["num_attention_heads"]
    if hidden % heads:
        raise ValueError(
            f"{config_path} says num_attention_heads={heads}, which does not divide "
            f"hidden_size={hidden}: copy the file of the model again."
        )
    size = tf.io.gfile.stat(weights_path).length
    if weights_path.endswith(".safetensors"):
        for name, there in _sizes(weights_path, size).items():
            if fields[name] != there:
                raise ValueError(
                    f"{config_path} says {name}={fields[name]}, and the weights in "
                    f"{weights_path} have {there}: copy both files from one model."
                )
    needed = _MIN_WEIGHT_BYTES * _number_of_weights(fields)
    if needed > size:
        raise ValueError(
            f"{config_path} has the sizes of a model of at least {needed:,} bytes, and "
            f"{weights_path} has {size:,}: copy both files from one model."
        )


def _sizes(path: str, size: int) -> dict[str, int]:
    """The sizes by their names in config.json, as the header has them."""
    shapes = {name: tensor.shape for name, tensor in _header(path, size).items()}
    found = {}
    for field, (name, axis) in _AXES.items():
        if len(shapes.get(name, ())) != 2:
            raise ValueError(
                f"{path} has no matrix {name}, as every ELECTRA has: give another "
                "directory, or copy the file again."
            )
        found[field] = shapes[name][axis]
    pattern = re.compile(re.escape(_LAYER).replace(r"\{\}", r"\d+"))
    found["num_hidden_layers"] = sum(map(bool, map(pattern.fullmatch, shapes)))
    return found


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


def _number_of_weights(fields: Mapping[str, int]) -> int:
    """Of the matrices; biases and norms are few beside them."""
    hidden, embedding = fields["hidden_size"], fields["embedding_size"]
    tables = ("vocab_size", "max_position_embeddings", "type_vocab_size")
    of_layer = 4 * hidden**2 + 2 * hidden * fields["intermediate_size"]
    return (
        embedding * sum(fields[name] for name in tables)
        + fields["num_hidden_layers"] * of_layer
    )
