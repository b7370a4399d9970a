"""A question answering model with its tokenizer as a graph for a SavedModel.

Shape letters: N questions, R windows of all contexts, S tokens of a window.
"""

import math
from typing import NamedTuple

import tensorflow as tf

from electra_tf.finetuning.model import TaskModel
from electra_tf.finetuning.plan import FinetunePlan
from electra_tf.finetuning.question_answering import QuestionAnswering
from electra_tf.finetuning.serving import ServedTask

_QUESTION = tf.TensorSpec([None], tf.string, name="question")
_CONTEXT = tf.TensorSpec([None], tf.string, name="context")


class Windows(NamedTuple):
    """Parts of contexts that fit in a row of the model, int64."""

    number_N: tf.Tensor
    """Number of windows of each context."""
    example_R: tf.Tensor
    """Index of the window's context."""
    begin_R: tf.Tensor
    """Index of the window's first token in the context."""
    tokens: tf.RaggedTensor
    """[R, (tokens)], indices of the window's tokens in the context."""

    def in_all_contexts(self, ids: tf.RaggedTensor) -> tf.RaggedTensor:
        """`tokens` as indices into the concatenated contexts."""
        return self.tokens + tf.gather(ids.row_starts(), self.example_R)[:, None]


class QuestionAnswerer(ServedTask):
    """Answers questions with spans of their contexts.

    Args:
        plan: plan of the run.
        model: fine-tuned, with float32 arithmetic.
        task: has the threshold for no answer.
    """

    def __init__(
        self, plan: FinetunePlan, model: TaskModel, task: QuestionAnswering
    ) -> None:
        super().__init__(plan, model)
        self._stride = plan.config.doc_stride
        self._question_tokens = plan.config.max_question_tokens
        self._answer_tokens = plan.config.max_answer_tokens
        # If every training question has an answer, "" is never predicted.
        self._threshold = task.null_threshold if task.may_be_impossible else math.inf

    @tf.function(input_signature=[_QUESTION, _CONTEXT])
    def answer(self, question: tf.Tensor, context: tf.Tensor) -> dict[str, tf.Tensor]:
        """Finds the span of each context that answers its question.

        Args:
            question: [N] UTF-8 strings.
            context: [N] UTF-8 strings of any length, read in overlapping windows; all
                windows are one batch, so memory limits their number.

        Returns:
            answer [N] string, "" for none; start and end [N] int32, in characters of
            normalized [N] string, the context after the text rules; score [N] float32,
            the sum of the logits of the answer's first and last token; none_score [N]
            float32, the score of no answer. The answer has the context's own letters if
            the text rules keep its length.
        """
        pieces = self._tokenizer.tokenize(question)
        pieces = pieces[:, : min(self._question_tokens, (self._length - 3) // 2)]
        ids, starts, ends = self._tokenizer.tokenize_with_offsets(context)
        windows = self._windows(pieces, ids)
        parts = windows.tokens.with_values(
            tf.gather(ids.values, windows.in_all_contexts(ids).values)
        )
        questions = tf.gather(pieces, windows.example_R)
        logits_RS2 = self._call(self.rows(questions, parts))
        score_R, first_R, last_R = _best_spans(
            logits_RS2,
            questions.row_lengths() + 2,
            parts.row_lengths(),
            self._answer_tokens,
        )

        row_N = _best_rows(score_R, windows.number_N)
        score_N = tf.gather(score_R, row_N)
        none_R = tf.reduce_sum(logits_RS2[:, 0], axis=-1)
        by_example = tf.RaggedTensor.from_row_lengths(none_R, windows.number_N)
        none_N = tf.reduce_min(by_example, axis=1)
        has_N = (none_N - score_N <= self._threshold) & (ids.row_lengths() > 0)
        begin_N = tf.gather(windows.begin_R, row_N)
        start_N = _at(starts, begin_N + tf.gather(first_R, row_N), has_N)
        end_N = _at(ends, begin_N + tf.gather(last_R, row_N), has_N)

        normalized_N = self._tokenizer.normalize(context)
        lengths = [tf.strings.length(t, "UTF8_CHAR") for t in (context, normalized_N)]
        shown_N = tf.where(lengths[0] == lengths[1], context, normalized_N)
        answer_N = tf.strings.substr(shown_N, start_N, end_N - start_N, "UTF8_CHAR")
        return {
            "answer": answer_N,
            "start": start_N,
            "end": end_N,
            "normalized": normalized_N,
            "score": score_N,
            "none_score": none_N,
        }

    def _windows(self, pieces: tf.RaggedTensor, ids: tf.RaggedTensor) -> Windows:
        """Cuts contexts into the windows of `question_answering.encode`."""
        lengths_N = ids.row_lengths()
        room_N = self._length - 3 - pieces.row_lengths()
        step_N = tf.minimum(
            tf.constant(self._stride, tf.int64), tf.maximum(room_N // 2, 1)
        )
        beyond_N = tf.maximum(lengths_N - room_N, 0)
        number_N = (beyond_N + step_N - 1) // step_N + 1
        example_R = tf.repeat(tf.range(ids.nrows()), number_N)
        begin_R = tf.ragged.range(number_N).flat_values * tf.gather(step_N, example_R)
        end_R = tf.minimum(
            begin_R + tf.gather(room_N, example_R), tf.gather(lengths_N, example_R)
        )
        tokens = tf.ragged.range(begin_R, end_R)
        return Windows(number_N, example_R, begin_R, tokens)


def _best_spans(
    logits_RS2: tf.Tensor,
    offset_R: tf.Tensor,
    length_R: tf.Tensor,
    max_answer_tokens: int,
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Score, first and last token of each window's best span, counted in the window.

    Args:
        logits_RS2: logits of a span's first and last token.
        offset_R: int64, position of the window's first token in the row.
        length_R: int64, number of the window's tokens.
        max_answer_tokens: limit of a span.
    """
    position_S = tf.range(tf.shape(logits_RS2, tf.int64)[1])
    ends_R1 = (offset_R + length_R)[:, None]
    is_context_RS = (position_S >= offset_R[:, None]) & (position_S < ends_R1)
    ahead_SS = position_S - position_S[:, None]
    fits_RSS = (
        is_context_RS[:, :, None]
        & is_context_RS[:, None, :]
        & (ahead_SS >= 0)
        & (ahead_SS < max_answer_tokens)
    )
    sums_RSS = logits_RS2[:, :, None, 0] + logits_RS2[:, None, :, 1]
    sums_RSS = tf.where(fits_RSS, sums_RSS, sums_RSS.dtype.min)
    width = tf.shape(logits_RS2)[1]
    flat_RX = tf.reshape(sums_RSS, (-1, width * width))
    best_R, width = tf.argmax(flat_RX, axis=1), tf.cast(width, tf.int64)
    score_R = tf.reduce_max(flat_RX, axis=1)
    return score_R, best_R // width - offset_R, best_R % width - offset_R


def _best_rows(score_R: tf.Tensor, number_N: tf.Tensor) -> tf.Tensor:
    """Index of the window with the highest score for each question."""
    by_example = tf.RaggedTensor.from_row_lengths(score_R, number_N)
    lowest = score_R.dtype.min
    # One more column, for a batch without questions.
    scores_NW = tf.pad(
        by_example.to_tensor(lowest), [[0, 0], [0, 1]], constant_values=lowest
    )
    return tf.argmax(scores_NW, axis=1) + by_example.row_starts()


def _at(values: tf.RaggedTensor, index_N: tf.Tensor, has_N: tf.Tensor) -> tf.Tensor:
    """The value at `index_N` of each row, or 0 where `has_N` is false."""
    padded_NT = tf.pad(values.to_tensor(), [[0, 0], [0, 1]])
    index_N = tf.where(has_N, index_N, 0)
    return tf.where(has_N, tf.gather(padded_NT, index_N, batch_dims=1), 0)
