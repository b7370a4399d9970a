"""The tasks by the names that finetune.py knows."""

from electra_tf.finetuning.answers import QuestionAnswering
from electra_tf.finetuning.classification import Classification, Regression
from electra_tf.finetuning.tagging import EntityRecognition, Tagging
from electra_tf.finetuning.tasks import Task

TASKS: dict[str, type[Task]] = {
    "ner": EntityRecognition,
    "tagging": Tagging,
    "classification": Classification,
    "regression": Regression,
    "qa": QuestionAnswering,
}
