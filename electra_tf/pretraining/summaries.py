"""What a pre-training run writes beside scalars: curves and examples."""

from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf
from tensorboard.plugins.pr_curve import summary as pr_curve

from electra_tf import console
from electra_tf.batch import Batch
from electra_tf.model.masking import MaskedBatch
from electra_tf.pretraining import metrics
from electra_tf.pretraining.forward import Forward
from electra_tf.text.vocabulary import Vocabulary
from electra_tf.training.readings import Writer

PR_CURVE_THRESHOLDS = 127


class RunWriter(Writer):
    """Writes the readings of a pre-training run, with what each metric means."""

    def __init__(self, path: str, split: str) -> None:
        super().__init__(path, split, metrics.DESCRIPTIONS)

    def pr_curve(self, step: int, histogram: np.ndarray) -> None:
        """Writes the discriminator's precision-recall curve.

        Args:
            step: step of the run.
            histogram: [2, bins], as in `metric_sums.MetricSums`.
        """
        thresholds = np.linspace(0.0, 1.0, PR_CURVE_THRESHOLDS)
        false_positives, true_positives = metrics.at_thresholds(histogram, thresholds)
        negatives, positives = histogram.sum(axis=1)
        proto = pr_curve.raw_data_pb(
            "discriminator/pr_curve",
            true_positive_counts=true_positives,
            false_positive_counts=false_positives,
            true_negative_counts=negatives - false_positives,
            false_negative_counts=positives - true_positives,
            precision=true_positives
            / np.maximum(true_positives + false_positives, 1.0),
            recall=true_positives / max(positives, 1.0),
            num_thresholds=PR_CURVE_THRESHOLDS,
            display_name="Discriminator: precision over recall",
        )
        with self.events.as_default(step):
            tf.summary.experimental.write_raw_pb(proto.SerializeToString(), step)

    def replaced_tokens(
        self,
        step: int,
        batch: Batch,
        masked: MaskedBatch,
        result: Forward,
        vocabulary: Vocabulary,
    ) -> None:
        """Writes examples: original, masked, generated and predicted text."""
        markdown = replaced_tokens_markdown(batch, masked, result, vocabulary)
        self.text(step, "samples/replaced_tokens", markdown)


LEGEND = (
    "🟩 sampled the original token · 🟥 true positive · "
    "🟧 false negative · 🟦 false positive · 🟨 masked"
)


def replaced_tokens_markdown(
    batch: Batch, masked: MaskedBatch, result: Forward, vocabulary: Vocabulary
) -> str:
    """Formats each example as a table with a row per stage.

    TensorBoard's text page strips all styles, so coloured squares mark the tokens.
    """
    tables = [LEGEND]
    for index in range(len(batch.input_ids_BS)):
        length = int(np.sum(batch.input_mask_BS[index]))
        weights_M = np.asarray(masked.weights_BM[index])
        chosen = set(np.asarray(masked.positions_BM[index])[weights_M > 0].tolist())
        tables.append(
            _table(
                vocabulary.pieces,
                chosen,
                np.asarray(batch.input_ids_BS[index])[:length],
                np.asarray(masked.input_ids_BS[index])[:length],
                np.asarray(result.corrupted.input_ids_BS[index])[:length],
                np.asarray(result.discriminator_logits_BS[index])[:length] > 0,
            )
        )
    return "\n\n".join(tables)


def _table(
    pieces: Sequence[str],
    chosen: set[int],
    original_S: np.ndarray,
    masked_S: np.ndarray,
    generated_S: np.ndarray,
    predicted_S: np.ndarray,
) -> str:
    def row(name: str, ids_S: np.ndarray, marks: Mapping[int, str]) -> str:
        words = [
            f"{marks[i]}**{console.markdown(pieces[piece])}**"
            if i in marks
            else console.markdown(pieces[piece])
            for i, piece in enumerate(ids_S)
        ]
        return f"| {name} | {' '.join(words)} |"

    generated, predicted = {}, {}
    for i in range(len(original_S)):
        replaced = generated_S[i] != original_S[i]
        if i in chosen:
            generated[i] = "🟧" if replaced else "🟩"
        if replaced:
            predicted[i] = "🟥" if predicted_S[i] else "🟧"
        elif predicted_S[i]:
            predicted[i] = "🟦"
    return "\n".join(
        [
            "| | |",
            "|--|--|",
            row("original", original_S, {}),
            row("masked", masked_S, dict.fromkeys(chosen, "🟨")),
            row("generated", generated_S, generated),
            row("predicted", generated_S, predicted),
        ]
    )
