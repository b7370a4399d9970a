"""A task model that answers questions, behind its tokenizer, in a graph.

Shape letters: N questions, R windows of all contexts, S tokens of a window.
"""

import math

import tensorflow as tf

from electra_tf.finetuning.answers import MAX_ANSWER_TOKENS, QuestionAnswering
from electra_tf.finetuning.model import TaskModel
from electra_tf.finetuning.plan import Plan
from electra_tf.finetuning.serving import TextTask
from electra_tf.finetuning.windows import MAX_QUESTION_TOKENS

_QUESTION = tf.TensorSpec([None], tf.string, name="question")
_CONTEXT = tf.TensorSpec([None], tf.string, name="context")


class Answers(TextTask):
    """Answers to questions about texts."""

    def __init__(self, plan: Plan, model: TaskModel, task: QuestionAnswering) -> None:
        super().__init__(plan, model)
        # Where every training question had an answer, so has every other.
        self._threshold = task.null_threshold if task.may_be_impossible else math.inf

    @tf.function(input_signature=[_QUESTION, _CONTEXT])
    def answer(self, question: tf.Tensor, context: tf.Tensor) -> dict[str, tf.Tensor]:
        """Finds where in a text the answer stands.

        Args:
            question: [N] UTF-8 strings.
            context: [N] UTF-8 strings of any length, read in windows that overlap;
                the windows of all are one batch, so memory limits them.

        Returns:
            answer [N] string, "" for none; start and end [N] int32, in characters of
            normalized [N] string, the context after the model's rules of case and
            accents; score [N] float32, the sum of the logits at the answer's ends, and
            none_score [N] float32, that of no answer. The answer is cut out of the
            context as it was written where both are as long.
        """
        asked = self._tokenizer.tokenize(question)
        limit = min(MAX_QUESTION_TOKENS, (self._length - 3) // 2)
        asked = asked[:, :limit]
        ids, starts, ends = self._tokenizer.tokenize_with_offsets(context)
        room_N = self._length - 3 - asked.row_lengths()
        step_N = tf.minimum(
            tf.constant(self._stride, tf.int64), tf.maximum(room_N // 2, 1)
        )
        beyond_N = tf.maximum(ids.row_lengths() - room_N, 0)
        windows_N = (beyond_N + step_N - 1) // step_N + 1
        example_R = tf.repeat(tf.range(ids.nrows()), windows_N)
        begin_R = tf.ragged.range(windows_N).flat_values * tf.gather(step_N, example_R)
        end_R = tf.minimum(
            begin_R + tf.gather(room_N, example_R),
            tf.gather(ids.row_lengths(), example_R),
        )
        places = tf.ragged.range(begin_R, end_R)  # [R, (tokens)] in the context
        first_R = tf.gather(ids.row_starts(), example_R)
        taken = places + first_R[:, None]
        questions = tf.gather(asked, example_R)
        rows = self.rows(
            questions, taken.with_values(tf.gather(ids.values, taken.values))
        )
        logits_RS2 = self._call(rows)

        # Of each row, the best span of the context's tokens; then of its windows.
        place_S = tf.range(tf.shape(rows.ids_RS)[1])
        offset_R1 = tf.cast(questions.row_lengths(), "int32")[:, None] + 2
        is_context_RS = (place_S >= offset_R1) & (
            place_S < offset_R1 + tf.cast(places.row_lengths(), "int32")[:, None]
        )
        ahead_SS = place_S - place_S[:, None]
        fits_RSS = (
            is_context_RS[:, :, None]
            & is_context_RS[:, None, :]
            & (ahead_SS >= 0)
            & (ahead_SS < MAX_ANSWER_TOKENS)
        )
        sums_RSS = logits_RS2[:, :, None, 0] + logits_RS2[:, None, :, 1]
        flat_RX = tf.reshape(
            tf.where(fits_RSS, sums_RSS, sums_RSS.dtype.min),
            (tf.shape(sums_RSS)[0], -1),
        )
        best_R, score_R = tf.argmax(flat_RX, axis=1), tf.reduce_max(flat_RX, axis=1)
        by_example = tf.RaggedTensor.from_row_lengths(score_R, windows_N)
        # A column more, for a batch without questions.
        lowest = score_R.dtype.min
        scores_NW = tf.pad(
            by_example.to_tensor(lowest), [[0, 0], [0, 1]], constant_values=lowest
        )
        row_N = tf.argmax(scores_NW, axis=1)
        row_N += by_example.row_starts()
        none_N = tf.reduce_min(
            by_example.with_values(tf.reduce_sum(logits_RS2[:, 0], axis=-1)), axis=1
        )
        score_N = tf.gather(score_R, row_N)
        width = tf.shape(rows.ids_RS, out_type=tf.int64)[1]
        shift_N = tf.gather(begin_R - tf.cast(offset_R1[:, 0], tf.int64), row_N)
        span_N = tf.gather(best_R, row_N)
        has_N = (none_N - score_N <= self._threshold) & (ids.row_lengths() > 0)
        start_N = _at(starts, span_N // width + shift_N, has_N)
        end_N = _at(ends, span_N % width + shift_N, has_N)
        normalized_N = self._tokenizer.normalize(context)
        lengths = [tf.strings.length(t, "UTF8_CHAR") for t in (context, normalized_N)]
        shown_N = tf.where(lengths[0] == lengths[1], context, normalized_N)
        return {
            "answer": tf.strings.substr(
                shown_N, start_N, end_N - start_N, unit="UTF8_CHAR"
            ),
            "start": start_N,
            "end": end_N,
            "normalized": normalized_N,
            "score": score_N,
            "none_score": none_N,
        }


def _at(values: tf.RaggedTensor, place_N: tf.Tensor, has_N: tf.Tensor) -> tf.Tensor:
    """A value of each row, 0 where there is none."""
    padded_NT = tf.pad(values.to_tensor(), [[0, 0], [0, 1]])
    place_N = tf.where(has_N, place_N, 0)
    return tf.where(has_N, tf.gather(padded_NT, place_N, batch_dims=1), 0)
