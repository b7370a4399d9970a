"""Exports of a fine-tuned task model: a SavedModel, and Hugging Face's files.

The SavedModel takes text; loading it needs TensorFlow and `import tensorflow_text`, for
its tokenizer's kernels, but not this package.
"""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from electra_tf.config import Precision
from electra_tf.finetuning.model import TaskModel
from electra_tf.finetuning.plan import FinetunePlan
from electra_tf.finetuning.question_answering import QuestionAnswering
from electra_tf.finetuning.serving import PairLabeller, TextLabeller, WordLabeller
from electra_tf.finetuning.serving_answers import QuestionAnswerer
from electra_tf.interop import huggingface, huggingface_tokenizer, saved_model
from electra_tf.model.electra import Electra

ARCHITECTURES = {
    "token": "ElectraForTokenClassification",
    "text": "ElectraForSequenceClassification",
    "span": "ElectraForQuestionAnswering",
}
"""Classes of transformers by the model's head."""


def write_saved_model(
    directory: str, plan: FinetunePlan, electra: Electra, model: TaskModel
) -> None:
    """Writes a SavedModel with float32 arithmetic.

    Its signatures are `label` (for words also `label_words`) or `answer`; the first one
    is `serving_default` too.

    Args:
        directory: exists.
        plan: plan of the run.
        electra: not used.
        model: fine-tuned, in any precision.
    """
    del electra
    encoder, task = plan.encoder, plan.task
    pieces = len(encoder.vocabulary)
    plain = TaskModel(
        Electra(encoder.config, pieces, Precision.FLOAT32), task.head, task.outputs, 0
    )
    trained = {variable.path: variable for variable in model.variables}
    for variable in plain.variables:
        variable.assign(trained[variable.path].value)
    module = _served(plan, plain)
    functions = {
        name: getattr(module, name)
        for name in ("label", "label_words", "answer")
        if hasattr(module, name)
    }
    tf.saved_model.save(
        module,
        directory,
        signatures={"serving_default": next(iter(functions.values())), **functions},
        options=tf.saved_model.SaveOptions(experimental_custom_gradients=False),
    )


def _served(
    plan: FinetunePlan, model: TaskModel
) -> TextLabeller | PairLabeller | WordLabeller | QuestionAnswerer:
    if isinstance(plan.task, QuestionAnswering):
        return QuestionAnswerer(plan, model, plan.task)
    if plan.task.head == "token":
        return WordLabeller(plan, model)
    if plan.task.columns.second_text_column:
        return PairLabeller(plan, model)
    return TextLabeller(plan, model)


def write_huggingface(
    directory: str, plan: FinetunePlan, electra: Electra, model: TaskModel
) -> None:
    """Writes encoder, head, labels and tokenizer for transformers' `from_pretrained`.

    Args:
        directory: exists.
        plan: plan of the run.
        electra: the model whose encoder was fine-tuned.
        model: fine-tuned.
    """
    labels, encoder = plan.task.labels, plan.encoder
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
    pad_id = encoder.vocabulary.special_ids.pad
    fields = huggingface.config_fields(electra, "discriminator", pad_id)
    names = labels or [f"LABEL_{i}" for i in range(model.outputs_per_answer)]
    fields |= {
        "architectures": [ARCHITECTURES[model.head]],
        "id2label": {str(i): name for i, name in enumerate(names)},
        "label2id": {name: i for i, name in enumerate(names)},
    }
    fields |= plan.task.settings()
    if model.head == "text" and not labels:
        fields["problem_type"] = "regression"
    huggingface.write_files(directory, fields, tensors)
    huggingface_tokenizer.write(
        directory, encoder.vocabulary, encoder.text_rules, plan.config.max_seq_length
    )


def _layer(name: str, layer: keras.layers.Dense) -> dict[str, np.ndarray]:
    kernel, bias = layer.kernel.numpy(), layer.bias.numpy()
    return {f"{name}.weight": np.ascontiguousarray(kernel.T), f"{name}.bias": bias}


FORMATS: dict[str, Callable[[str, FinetunePlan, Electra, TaskModel], None]] = {
    "saved_model": write_saved_model,
    "huggingface": write_huggingface,
}
"""Writers by the name of the format, which is the directory's name too."""
FILES = (
    *(f"saved_model/{name}" for name in saved_model.FILES),
    *(f"huggingface/{name}" for name in huggingface.FILES),
    *(f"huggingface/{name}" for name in huggingface_tokenizer.FILES),
)
"""All files of the exports, as patterns of `directories`."""
