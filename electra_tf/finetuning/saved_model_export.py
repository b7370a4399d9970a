"""A task model → a SavedModel.

It needs no code of ours: `import tensorflow_text` (its tokenizer's kernels), then
`tf.saved_model.load`.
"""

import tensorflow as tf

from electra_tf.config import Precision
from electra_tf.finetuning.answers import QuestionAnswering
from electra_tf.finetuning.model import TaskModel
from electra_tf.finetuning.plan import Plan
from electra_tf.finetuning.serving import PairLabels, TextLabels, WordLabels
from electra_tf.finetuning.serving_answers import Answers
from electra_tf.model.electra import Electra


def write(directory: str, plan: Plan, model: TaskModel) -> None:
    """Writes the SavedModel.

    Signatures: `label`, of words `label_words` too, or `answer`; and the first of them
    as `serving_default`.

    Args:
        directory: that exists.
        plan: of the run.
        model: fine-tuned, in any precision.
    """
    source, task = plan.source, plan.task
    electra = Electra(source.config, len(source.vocabulary), Precision.FLOAT32)
    plain = TaskModel(electra, task.head, task.outputs, seed=0)
    trained = {variable.path: variable for variable in model.variables}
    for variable in plain.variables:
        variable.assign(trained[variable.path].value)
    module = _module(plan, plain)
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


def _module(
    plan: Plan, model: TaskModel
) -> TextLabels | PairLabels | WordLabels | Answers:
    if isinstance(plan.task, QuestionAnswering):
        return Answers(plan, model, plan.task)
    if plan.task.head == "token":
        return WordLabels(plan, model)
    if plan.task.columns.second_text_column:
        return PairLabels(plan, model)
    return TextLabels(plan, model)
