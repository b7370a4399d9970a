"""An export whose answers are known, for what is shown of them."""

import tensorflow as tf
import tensorflow_text as tf_text

SENTENCE = "el zorro rojo es muy ser"


class FakeDetector(tf.Module):
    """The signatures of an export, whose answers are known: «ser» is replaced.

    Words end at blanks, none has pieces, and what follows the sixth is cut off.
    """

    MAX_WORDS = 6
    FILLED = ("astuto", "rápido", "##s", "<b>", "lento")

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def detect(self, text):
        normalized_N = tf.strings.lower(text, encoding="utf-8")
        tokenizer = tf_text.WhitespaceTokenizer()
        split = tokenizer.tokenize_with_offsets(normalized_N)
        tokens, starts, ends = (values[:, : self.MAX_WORDS] for values in split)
        texts = tf.gather(normalized_N, tokens.value_rowids())

        def characters(offsets):
            before = tf.strings.substr(
                texts, tf.zeros_like(offsets.flat_values), offsets.flat_values
            )
            return offsets.with_flat_values(tf.strings.length(before, "UTF8_CHAR"))

        def framed(values, first, last):
            shape = tf.shape(text)[0], 1
            columns = tf.fill(shape, first), values, tf.fill(shape, last)
            return tf.concat(columns, axis=1).to_tensor()

        tokens_NS = framed(tokens, "[CLS]", "[SEP]")
        is_ser_NS = tf.cast(tokens_NS == "ser", "int32")
        known_NS = tf.cast(tokens_NS != "", "float32")
        return {
            "tokens": tokens_NS,
            "replaced_probability": (0.1 + 0.65 * tf.cast(is_ser_NS, "float32"))
            * known_NS,
            "replaced": is_ser_NS,
            "starts": framed(characters(starts), 0, 0),
            "ends": framed(characters(ends), 0, 0),
            "length": tf.cast(tokens.row_lengths(), "int32") + 2,
            "normalized": normalized_N,
            "truncated": split[0].row_lengths() > self.MAX_WORDS,
        }

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def fill_mask(self, text):
        without = tf.strings.regex_replace(text, r"\[MASK\]", "")
        number_N = (tf.strings.length(text) - tf.strings.length(without)) // 6
        masks_NM1 = tf.sequence_mask(number_N)[:, :, None]
        return {
            "tokens": tf.where(masks_NM1, tf.constant(self.FILLED), ""),
            "probabilities": tf.where(masks_NM1, [0.4, 0.2, 0.1, 0.05, 0.01], 0.0),
            "number": number_N,
        }
