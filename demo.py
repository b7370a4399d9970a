"""Exported model → sentences with their replaced words marked.

python demo.py --model=export/saved_model --text="el zorro rojo es muy ser"
"""

import tensorflow as tf
import tensorflow_text  # noqa: F401  The tokenizer's kernels.
from absl import flags

from electra_tf import app
from electra_tf.exchange import report

_MODEL = flags.DEFINE_string(
    "model", None, "A saved_model directory written by export.py.", required=True
)
_TEXT = flags.DEFINE_multi_string(
    "text", ["el zorro rojo es muy ser"], "A sentence to judge; may be repeated."
)


def main(_) -> None:
    """Prints each sentence's tokens, judgements and probabilities."""
    if not tf.saved_model.contains_saved_model(_MODEL.value):
        raise ValueError(
            f"--model={_MODEL.value!r} has no SavedModel: give the directory that "
            "export.py printed."
        )
    detect = tf.saved_model.load(_MODEL.value).signatures["detect"]
    print(report.judgements(detect(text=tf.constant(_TEXT.value))))


if __name__ == "__main__":
    app.run(main)
