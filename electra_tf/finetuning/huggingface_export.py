"""A task model → Hugging Face's files: encoder, head, labels and tokenizer."""

from collections.abc import Mapping, Sequence

import keras
import numpy as np

from electra_tf.finetuning.model import TaskModel
from electra_tf.finetuning.source import Source
from electra_tf.interop import huggingface, huggingface_tokenizer
from electra_tf.model.electra import Electra

ARCHITECTURES = {
    "token": "ElectraForTokenClassification",
    "text": "ElectraForSequenceClassification",
    "span": "ElectraForQuestionAnswering",
}
"""By head."""


def write(
    directory: str,
    electra: Electra,
    model: TaskModel,
    labels: Sequence[str],
    source: Source,
    max_seq_length: int,
    settings: Mapping[str, float],
) -> None:
    """Writes a directory that `from_pretrained` loads.

    Args:
        directory: that exists.
        electra: whose encoder the task model fine-tuned.
        model: fine-tuned.
        labels: by output; none for a regression or for spans.
        source: where the encoder was from.
        max_seq_length: tokens per example.
        settings: of the task, further fields of config.json.
    """
    tensors = {
        name: value
        for name, value in huggingface.tensors(electra, "discriminator").items()
        if name.startswith("electra.")
    }
    if model.head_dense is None:
        name = "qa_outputs" if model.head == "span" else "classifier"
        tensors |= _layer(name, model.head_product)
    else:
        tensors |= _layer("classifier.dense", model.head_dense)
        tensors |= _layer("classifier.out_proj", model.head_product)
    pad_id = source.vocabulary.special_ids.pad
    fields = huggingface.config_fields(electra, "discriminator", pad_id)
    names = labels or [f"LABEL_{i}" for i in range(model.outputs_per_answer)]
    fields |= {
        "architectures": [ARCHITECTURES[model.head]],
        "id2label": {str(i): name for i, name in enumerate(names)},
        "label2id": {name: i for i, name in enumerate(names)},
    }
    fields |= settings
    if model.head == "text" and not labels:
        fields["problem_type"] = "regression"
    huggingface.write_files(directory, fields, tensors)
    huggingface_tokenizer.write(
        directory, source.vocabulary, source.text_rules, max_seq_length
    )


def _layer(name: str, layer: keras.layers.Dense) -> dict[str, np.ndarray]:
    kernel, bias = layer.kernel.numpy(), layer.bias.numpy()
    return {f"{name}.weight": np.ascontiguousarray(kernel.T), f"{name}.bias": bias}
