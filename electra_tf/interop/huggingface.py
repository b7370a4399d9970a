"""Hugging Face's names of ELECTRA's weights, and its files, written without its code.

A network is a directory: config.json, model.safetensors and the tokenizer's files. An
export has two of them, `discriminator/` and `generator/`. Source of names and shapes:
transformers, models/electra. Kernels are [in, out] here and [out, in] there.
"""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import safetensors.numpy
import tensorflow as tf

from electra_tf import files
from electra_tf.config import EncoderSizes
from electra_tf.model.electra import Electra

ARCHITECTURES = {
    "discriminator": "ElectraForPreTraining",
    "generator": "ElectraForMaskedLM",
}
WEIGHTS_NAME = "model.safetensors"
CONFIG_NAME = "config.json"
FILES = (CONFIG_NAME, WEIGHTS_NAME)
"""Files that are written for each network, besides the tokenizer's."""
USAGE = {
    "discriminator": """\
```python
from transformers import AutoTokenizer, ElectraForPreTraining

tokenizer = AutoTokenizer.from_pretrained("{path}")
model = ElectraForPreTraining.from_pretrained("{path}")
logits = model(**tokenizer("{example}", return_tensors="pt")).logits
```

A logit above 0 says that the token was replaced. `ElectraModel` and the other classes,
such as `ElectraForTokenClassification`, load the same files to be fine-tuned.""",
    "generator": """\
```python
from transformers import pipeline

fill = pipeline("fill-mask", "{path}")
print(fill("{masked}"))
```""",
}
"""How to load each network: Markdown with fields for the model card to fill in."""

# Patterns in Keras paths, applied in order; other parts have one name in both.
_RENAMED = (
    (r"^electra/embeddings/", "electra.embeddings."),
    (r"^electra/\w+/encoder/embeddings_project/", "electra.embeddings_project."),
    (r"^electra/\w+/encoder/layer_(\d+)/", r"electra.encoder.layer.\1."),
    (r"^electra/discriminator/head_dense/", "discriminator_predictions.dense."),
    (
        r"^electra/discriminator/head_prediction/",
        "discriminator_predictions.dense_prediction.",
    ),
    (r"^electra/generator/head_dense/", "generator_predictions.dense."),
    (r"^electra/generator/head_norm/", "generator_predictions.LayerNorm."),
    (r"^electra/generator/output_bias$", "generator_lm_head.bias"),
    (r"(word|position|token_type)_embeddings$", r"\1_embeddings.weight"),
    (r"\.layer_norm/", ".LayerNorm."),
    (r"\.attention/", ".attention.self."),
    (r"\.attention_output/", ".attention.output.dense."),
    (r"\.attention_norm/", ".attention.output.LayerNorm."),
    (r"\.intermediate/", ".intermediate.dense."),
    (r"\.output/", ".output.dense."),
    (r"\.output_norm/", ".output.LayerNorm."),
    (r"\b(query|key|value)/", r"\1."),
    (r"\b(kernel|gamma)$", "weight"),
    (r"\bbeta$", "bias"),
)


def name_of(path: str) -> str:
    """Hugging Face's key of a variable, given its Keras path."""
    for pattern, replacement in _RENAMED:
        path = re.sub(pattern, replacement, path)
    assert "/" not in path, path
    return path


def tensors(model: Electra, network: str) -> dict[str, np.ndarray]:
    """A network's weights under Hugging Face's keys, as contiguous float32 arrays."""
    arrays = {
        name_of(path): _transposed(path, np.asarray(value, np.float32))
        for path, value in model.values(network).items()
    }
    if network == "generator":
        # Tied weights: transformers needs no copy, other programs may.
        arrays["generator_lm_head.weight"] = arrays[
            "electra.embeddings.word_embeddings.weight"
        ]
    return arrays


def weights(
    tensors: Mapping[str, np.ndarray], model: Electra, network: str
) -> dict[str, np.ndarray]:
    """The inverse of `tensors`: arrays by Keras path, of the tensors that are given."""
    return {
        path: _transposed(path, tensors[name_of(path)])
        for path in model.paths(network)
        if name_of(path) in tensors
    }


def write(
    directory: str,
    model: Electra,
    network: str,
    pad_id: int,
    dtype: type[np.floating] = np.float32,
) -> None:
    """Writes config.json and model.safetensors of one network into a directory.

    Args:
        directory: existing directory.
        model: the model.
        network: "discriminator" or "generator".
        pad_id: id of [PAD].
        dtype: type of the stored weights. Whatever it is, config.json says float32, so
            that transformers computes with float32.
    """
    fields = config_fields(model, network, pad_id)
    arrays = {
        name: value.astype(dtype) for name, value in tensors(model, network).items()
    }
    write_files(directory, fields, arrays)


def write_files(
    directory: str, fields: Mapping[str, Any], tensors: Mapping[str, np.ndarray]
) -> None:
    """Writes config.json with these fields, and model.safetensors.

    Args:
        directory: existing directory.
        fields: fields of config.json.
        tensors: contiguous arrays by Hugging Face's names.
    """
    path = tf.io.gfile.join(directory, WEIGHTS_NAME)
    # Serialized in memory, since safetensors writes only local files.
    content = safetensors.numpy.save(dict(tensors), {"format": "pt"})
    with tf.io.gfile.GFile(path, "wb") as file:
        file.write(content)
    files.write_json(tf.io.gfile.join(directory, CONFIG_NAME), fields)


def size_fields(model: Electra, network: str) -> dict[str, int]:
    """The fields of config.json that determine the shapes of the weights."""
    config = model.config
    sizes: EncoderSizes = getattr(config, network)
    return {
        "vocab_size": model.embeddings.vocabulary_size,
        "embedding_size": config.embedding_size,
        "hidden_size": sizes.hidden_size,
        "num_hidden_layers": sizes.num_layers,
        "num_attention_heads": sizes.num_heads,
        "intermediate_size": sizes.intermediate_size,
        "max_position_embeddings": config.max_position_embeddings,
        "type_vocab_size": config.token_types,
    }


def config_fields(model: Electra, network: str, pad_id: int) -> dict[str, Any]:
    """All fields of a network's config.json."""
    return {
        "model_type": "electra",
        "architectures": [ARCHITECTURES[network]],
        **size_fields(model, network),
        "hidden_act": "gelu",
        "hidden_dropout_prob": model.config.dropout,
        "attention_probs_dropout_prob": model.config.dropout,
        "initializer_range": model.config.initializer_range,
        "layer_norm_eps": 1e-12,
        "pad_token_id": pad_id,
        "summary_type": "first",
        "summary_use_proj": True,
        "summary_activation": "gelu",
        "summary_last_dropout": 0.1,
        "tie_word_embeddings": True,
        "dtype": "float32",
    }


def _transposed(path: str, value: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(value.T) if path.endswith("/kernel") else value
