"""Task models with their tokenizer as graphs for a SavedModel: text in, labels out.

Shape letters: N texts, W words, R rows of the model, S tokens of a row, L labels.
"""

from typing import NamedTuple

import tensorflow as tf

from electra_tf.finetuning.model import TaskModel
from electra_tf.finetuning.plan import FinetunePlan
from electra_tf.model.dropout import inference
from electra_tf.text.tokenizer import Tokenizer

_TEXT = tf.TensorSpec([None], tf.string, name="text")
_SECOND = tf.TensorSpec([None], tf.string, name="second_text")

# Punctuation at a word's ends is split off: "Madrid, 10.000." has four words.
_SIGNS = r"[\p{P}\p{S}][\p{P}\p{S}\p{M}]*"
_BLANKS = (r"\p{Z}", " ")
_BEHIND = (rf"([\p{{L}}\p{{M}}\p{{N}}])({_SIGNS})(\s|$)", r"\1 \2\3")
_BEFORE = (rf"(^|\s)({_SIGNS})([\p{{L}}\p{{N}}])", r"\1\2 \3")


class Rows(NamedTuple):
    """Inputs of the model, int32 [R, S]."""

    ids_RS: tf.Tensor
    mask_RS: tf.Tensor
    segments_RS: tf.Tensor


class ServedTask(tf.Module):
    """A task model with its tokenizer.

    Args:
        plan: plan of the run.
        model: fine-tuned, with float32 arithmetic.
    """

    def __init__(self, plan: FinetunePlan, model: TaskModel) -> None:
        super().__init__(name="task")
        # Only the variables, so that loading needs no Keras.
        self._variables = [variable.value for variable in model.variables]
        self._call = lambda rows: model(*rows, dropout=inference())
        vocabulary = plan.encoder.vocabulary
        self._special = vocabulary.special_ids._asdict()
        self._tokenizer = Tokenizer(vocabulary, plan.encoder.text_rules)
        self._length = plan.config.max_seq_length
        self._labels = tf.constant(plan.task.labels, tf.string)

    def rows(
        self, first: tf.RaggedTensor, second: tf.RaggedTensor | None = None
    ) -> Rows:
        """Adds special ids: [CLS] first [SEP], then second [SEP] if there is one."""
        cls, sep, pad = (self._special[name] for name in ("cls", "sep", "pad"))

        def column(value: int) -> tf.Tensor:
            return tf.fill((first.nrows(out_type=tf.int32), 1), value)

        ids = tf.concat([column(cls), first, column(sep)], axis=1)
        segments = tf.zeros_like(ids)
        if second is not None:
            ids = tf.concat([ids, second, column(sep)], axis=1)
            ones = tf.concat([tf.ones_like(second), column(1)], axis=1)
            segments = tf.concat([segments, ones], axis=1)
        # Wide enough for [CLS] and [SEP], even without any row.
        width = tf.maximum(ids.bounding_shape(axis=1), 2)
        shape = tf.stack([-1, width])
        return Rows(
            ids.to_tensor(pad, shape=shape),
            tf.sequence_mask(ids.row_lengths(), width, dtype="int32"),
            segments.to_tensor(shape=shape),
        )

    def _classes(self, rows: Rows, truncated_N: tf.Tensor) -> dict[str, tf.Tensor]:
        logits_NL = self._call(rows)
        if not len(self._labels):  # A regression.
            return {"value": logits_NL[:, 0], "truncated": truncated_N}
        return {
            "label": tf.gather(self._labels, tf.argmax(logits_NL, axis=-1)),
            "probabilities": tf.nn.softmax(logits_NL),
            "labels": self._labels,
            "truncated": truncated_N,
        }


class TextLabeller(ServedTask):
    """Predicts labels or numbers for texts."""

    @tf.function(input_signature=[_TEXT])
    def label(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        """Labels texts.

        Args:
            text: [N] UTF-8 strings.

        Returns:
            label [N] string, probabilities [N, L] float32 in the order of labels [L];
            for a regression, value [N] float32. truncated [N] bool: the end of the text
            did not fit in the model's length.
        """
        ids, room = self._tokenizer.tokenize(text), self._length - 2
        return self._classes(self.rows(ids[:, :room]), ids.row_lengths() > room)


class PairLabeller(ServedTask):
    """Predicts labels or numbers for pairs of texts."""

    @tf.function(input_signature=[_TEXT, _SECOND])
    def label(self, text: tf.Tensor, second_text: tf.Tensor) -> dict[str, tf.Tensor]:
        """Labels pairs of texts [N]; returns the same as `TextLabeller.label`.

        Of a pair that is too long, the longer text loses its end first.
        """
        first, second = map(self._tokenizer.tokenize, (text, second_text))
        ours_N, theirs_N = first.row_lengths(), second.row_lengths()
        room = tf.constant(self._length - 3, tf.int64)
        kept_N = tf.minimum(
            ours_N, tf.maximum(tf.minimum(ours_N, room // 2), room - theirs_N)
        )
        rest_N = tf.minimum(theirs_N, room - kept_N)
        rows = self.rows(_first(first, kept_N), _first(second, rest_N))
        return self._classes(rows, ours_N + theirs_N > room)


class WordLabeller(ServedTask):
    """Predicts a label for each word of a text."""

    @tf.function(input_signature=[_TEXT])
    def label(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        """Labels the words of texts.

        Args:
            text: [N] UTF-8 strings. Words are separated by white space; punctuation at
                their ends is split off.

        Returns:
            words [N, W] string, labels [N, W] string and probabilities [N, W] float32;
            "" and 0 after a text's last word, and for words that do not fit in the
            model's length. truncated [N] bool: some words do not fit.
        """
        for pattern, spaced in (_BLANKS, _BEHIND, _BEFORE):
            text = tf.strings.regex_replace(text, pattern, spaced)
        return self._label(text)

    @tf.function(input_signature=[_TEXT])
    def label_words(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        """Like `label`, for texts whose punctuation is split off: "EE.UU. , 1990"."""
        return self._label(text)

    def _label(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        words = tf.strings.split(text)
        pieces = self._tokenizer.tokenize(words.flat_values)
        unknown = tf.fill((pieces.nrows(out_type=tf.int32), 1), self._special["unk"])
        # Some words, such as a control character, have no pieces.
        lengths = tf.maximum(pieces.row_lengths(), 1)
        pieces = _first(tf.concat([pieces, unknown], axis=1), lengths)
        ids = words.with_flat_values(pieces)  # [N, (words), (pieces)]
        room = self._length - 2
        ends = tf.cumsum(words.with_flat_values(lengths).to_tensor(), axis=1)
        firsts_NW = ends - words.with_flat_values(lengths).to_tensor() + 1
        fits_NW = tf.sequence_mask(words.row_lengths()) & (ends <= room)
        merged = ids.merge_dims(1, 2)
        logits_NSL = self._call(self.rows(merged[:, :room]))
        places_NW = tf.where(fits_NW, firsts_NW, 0)
        probabilities_NWL = tf.nn.softmax(
            tf.gather(logits_NSL, places_NW, batch_dims=1)
        )
        best_NW = tf.gather(self._labels, tf.argmax(probabilities_NWL, axis=-1))
        highest_NW = tf.reduce_max(probabilities_NWL, axis=-1)
        return {
            "words": words.to_tensor(""),
            "labels": tf.where(fits_NW, best_NW, ""),
            "probabilities": tf.where(fits_NW, highest_NW, 0.0),
            "truncated": merged.row_lengths() > room,
        }


def _first(rows: tf.RaggedTensor, lengths_N: tf.Tensor) -> tf.RaggedTensor:
    """The first `lengths_N` values of each row."""
    kept = tf.ragged.range(rows.row_starts(), rows.row_starts() + lengths_N)
    return kept.with_values(tf.gather(rows.values, kept.values))
