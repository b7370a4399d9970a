"""The files of a fine-tuning run.

config.json        the plan
checkpoints/       the last epoch and the best one
train/  eval/      TensorBoard's event files
metrics.jsonl      the same scalars
saved_model/       the task model: text in, labels out
huggingface/       the same for transformers
predictions.jsonl  a line per example of dev and test: what it is, what was answered
result.json        the scores; where it is, the run has ended
"""

from electra_tf.interop import huggingface, huggingface_tokenizer, saved_model

FORMATS = (SAVED_MODEL, HUGGINGFACE) = ("saved_model", "huggingface")
RESULT_NAME = "result.json"
PREDICTIONS_NAME = "predictions.jsonl"
FILES = (
    "config.json",
    "checkpoints/*",
    "train/events.*",
    "eval/events.*",
    "metrics.jsonl",
    PREDICTIONS_NAME,
    RESULT_NAME,
    *(f"{SAVED_MODEL}/{name}" for name in saved_model.FILES),
    *(
        f"{HUGGINGFACE}/{name}"
        for name in (*huggingface.FILES, *huggingface_tokenizer.FILES)
    ),
    "*.tmp",
)
"""All that a run makes, as patterns of `directories`."""
