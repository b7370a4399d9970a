"""Writes a SavedModel that takes text.

It loads without this package: `import tensorflow_text` (the tokenizer's kernels), then
`tf.saved_model.load`. Shape letters: N texts, S the longest text's tokens after the cut
at max_seq_length, D hidden, M the most [MASK]s of a text, K suggestions, V vocabulary.
"""

from typing import NamedTuple

import tensorflow as tf

from electra_tf import files
from electra_tf.model.discriminator import DiscriminatorOutput
from electra_tf.model.dropout import inference
from electra_tf.model.electra import Electra
from electra_tf.text.tokenizer import Tokenizer
from electra_tf.text.vocabulary import TextRules, Vocabulary

METADATA = "assets.extra/electra_tf.json"
"""File with the fingerprint, text rules and length."""
FILES = ("saved_model.pb", "fingerprint.pb", "variables/variables.*", "assets/*")
"""Files that TensorFlow writes for any SavedModel."""
SUGGESTIONS = 5
"""Tokens that `fill_mask` returns for each [MASK]."""
USAGE = """\
```python
import tensorflow as tf, tensorflow_text

model = tf.saved_model.load("{path}")
answer = model.signatures["detect"](text=tf.constant(["{example}"]))
print(answer["tokens"], answer["replaced_probability"])
```

Signatures: `detect` (also `serving_default`), `embed`, `fill_mask`."""
"""How to load the files: Markdown with fields for the model card to fill in."""


class EncodedTexts(NamedTuple):
    """Ids of texts, with [CLS] and [SEP], truncated and padded."""

    ids_NS: tf.Tensor
    mask_NS: tf.Tensor
    """Int32, 1 at real tokens."""
    lengths_N: tf.Tensor
    """Int32, number of tokens with [CLS] and [SEP]."""
    truncated_N: tf.Tensor
    """Bool, whether tokens were cut off."""


class TextModel(tf.Module):
    """Both networks with their tokenizer in front.

    Args:
        model: built, with float32 arithmetic.
        vocabulary: vocabulary of the model's shards.
        text_rules: text rules of the shards.
        max_seq_length: tokens per text, [CLS] and [SEP] included; longer texts are cut.
    """

    def __init__(
        self,
        model: Electra,
        vocabulary: Vocabulary,
        text_rules: TextRules,
        max_seq_length: int,
    ) -> None:
        super().__init__(name="text_model")
        # Only the variables are saved, so that loading needs no Keras.
        self._variables = [variable.value for variable in model.variables]
        self._model = _Untracked(model)
        self._special_ids = _Untracked(vocabulary.special_ids)
        self._tokenizer = Tokenizer(vocabulary, text_rules)
        self._pieces = tf.constant(vocabulary.pieces)
        self._max_seq_length = max_seq_length

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def detect(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        """Predicts for every token of every text whether it was replaced.

        Args:
            text: [N] UTF-8 strings, as a person writes them.

        Returns:
            tokens [N, S] string, with [CLS] and [SEP], padded with "";
            replaced_probability [N, S] float32, 0 at padding;
            replaced [N, S] int32, 1 where the probability is above 0.5;
            starts and ends [N, S] int32, offsets in characters into the normalised
            text (`normalized`), 0 at [CLS], [SEP] and padding;
            length [N] int32, tokens with [CLS] and [SEP];
            truncated [N] bool, whether the text was longer than the model's length and
            its end was cut off;
            normalized [N] string, the text after the model's rules of case and accents.
        """
        ids, starts, ends = self._tokenizer.tokenize_with_offsets(text)
        encoded = self._frame(ids)
        logits_NS = self._discriminate(encoded).logits_BS
        probability_NS = tf.sigmoid(logits_NS) * tf.cast(encoded.mask_NS, "float32")
        tokens_NS = tf.gather(self._pieces, encoded.ids_NS)
        return {
            "tokens": tf.where(encoded.mask_NS > 0, tokens_NS, ""),
            "replaced_probability": probability_NS,
            "replaced": tf.cast(logits_NS > 0.0, "int32") * encoded.mask_NS,
            "starts": self._framed(starts, 0, 0, 0),
            "ends": self._framed(ends, 0, 0, 0),
            "length": encoded.lengths_N,
            "truncated": encoded.truncated_N,
            "normalized": self._tokenizer.normalize(text),
        }

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def embed(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        """Computes embeddings of texts.

        Args:
            text: [N] UTF-8 strings.

        Returns:
            token_embeddings [N, S, D] float32, the last layer;
            sentence_embedding [N, D] float32, its mean over real tokens, [CLS] and
            [SEP] included; mask [N, S] int32, 1 at real tokens; truncated [N] bool.
        """
        encoded = self._frame(self._tokenizer.tokenize(text))
        hidden_NSD = self._discriminate(encoded).encoder.last_BSD
        weights_NS1 = tf.cast(encoded.mask_NS, "float32")[:, :, None]
        total_ND = tf.reduce_sum(hidden_NSD * weights_NS1, axis=1)
        return {
            "token_embeddings": hidden_NSD,
            "sentence_embedding": total_ND / tf.reduce_sum(weights_NS1, axis=1),
            "mask": encoded.mask_NS,
            "truncated": encoded.truncated_N,
        }

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def fill_mask(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        """Proposes tokens for every [MASK] of every text.

        Args:
            text: [N] UTF-8 strings with any number of "[MASK]", in capitals.

        Returns:
            tokens [N, M, K] string, the most probable first; "" beyond a
            text's [MASK]s; probabilities [N, M, K] float32, 0 there;
            number [N] int32, [MASK]s that were filled: those cut off are not;
            truncated [N] bool.
        """
        special = self._special_ids.value
        encoded = self._frame(self._tokenize_around_masks(text))
        at_mask = tf.where(encoded.ids_NS == special.mask)
        positions = tf.RaggedTensor.from_value_rowids(
            tf.cast(at_mask[:, 1], "int32"),
            at_mask[:, 0],
            nrows=tf.cast(tf.shape(text)[0], "int64"),
        )
        logits_NMV = self._model.value.generator(
            encoded.ids_NS,
            encoded.mask_NS,
            tf.zeros_like(encoded.ids_NS),
            positions.to_tensor(),
            dropout=inference(),
        ).logits_BMV
        probabilities_NMK, ids_NMK = tf.math.top_k(
            tf.nn.softmax(logits_NMV), min(SUGGESTIONS, len(self._pieces))
        )
        number_N = tf.cast(positions.row_lengths(), "int32")
        used_NM1 = tf.sequence_mask(number_N)[:, :, None]
        return {
            "tokens": tf.where(used_NM1, tf.gather(self._pieces, ids_NMK), ""),
            "probabilities": tf.where(used_NM1, probabilities_NMK, 0.0),
            "number": number_N,
            "truncated": encoded.truncated_N,
        }

    def _tokenize_around_masks(self, text_N: tf.Tensor) -> tf.RaggedTensor:
        """Ids int32 [N, (tokens)]; each "[MASK]" of a text is one token."""
        parts = tf.strings.split(text_N, "[MASK]")
        ids = self._tokenizer.tokenize(parts.values)
        mask = tf.fill((tf.shape(parts.values)[0], 1), self._special_ids.value.mask)
        ids = parts.with_values(tf.concat([ids, mask], axis=1)).merge_dims(1, 2)
        return ids[:, :-1]  # No [MASK] follows the last part.

    def _frame(self, ids: tf.RaggedTensor) -> EncodedTexts:
        special, longest = self._special_ids.value, self._max_seq_length - 2
        whole_N = tf.cast(ids.row_lengths(), "int32")
        lengths_N = tf.minimum(whole_N, longest) + 2
        return EncodedTexts(
            self._framed(ids, special.cls, special.sep, special.pad),
            tf.sequence_mask(lengths_N, dtype="int32"),
            lengths_N,
            whole_N > longest,
        )

    def _framed(
        self, values: tf.RaggedTensor, first: int, last: int, padding: int
    ) -> tf.Tensor:
        """Truncates rows to int32 [N, S], with a value before and after each row."""
        kept = tf.cast(values, "int32")[:, : self._max_seq_length - 2]
        column_N1 = tf.ones((kept.nrows(), 1), "int32")
        framed = tf.concat([column_N1 * first, kept, column_N1 * last], axis=1)
        return framed.to_tensor(padding)

    def _discriminate(self, encoded: EncodedTexts) -> DiscriminatorOutput:
        return self._model.value.discriminator(
            encoded.ids_NS,
            encoded.mask_NS,
            tf.zeros_like(encoded.ids_NS),
            dropout=inference(),
        )


class _Untracked:
    """Hides a value from TensorFlow, which saves what it finds in attributes."""

    def __init__(self, value) -> None:
        self.value = value


def write(
    directory: str,
    model: Electra,
    vocabulary: Vocabulary,
    text_rules: TextRules,
    max_seq_length: int,
) -> None:
    """Writes the SavedModel into a directory.

    Its signatures are `detect` (also as `serving_default`), `embed` and `fill_mask`.
    """
    module = TextModel(model, vocabulary, text_rules, max_seq_length)
    tf.saved_model.save(
        module,
        directory,
        signatures={
            "serving_default": module.detect,
            "detect": module.detect,
            "embed": module.embed,
            "fill_mask": module.fill_mask,
        },
        options=tf.saved_model.SaveOptions(experimental_custom_gradients=False),
    )
    metadata = {
        "fingerprint": vocabulary.fingerprint(text_rules),
        "lowercase": text_rules.lowercase,
        "strip_accents": text_rules.strip_accents,
        "max_seq_length": max_seq_length,
    }
    files.write_json(tf.io.gfile.join(directory, METADATA), metadata)
