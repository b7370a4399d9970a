"""Checkpoint → a SavedModel that takes text.

It needs no code of ours: `import tensorflow_text` (its tokenizer's kernels), then
`tf.saved_model.load`. Shape letters: N texts, S the longest text's
tokens after the cut at max_seq_length, D hidden.
"""

import json

import tensorflow as tf

from electra_tf import files
from electra_tf.data.tokenizer import Tokenizer
from electra_tf.data.vocabulary import TextRules, Vocabulary
from electra_tf.model.discriminator import Discriminator, DiscriminatorOutput
from electra_tf.model.dropout import inference

METADATA = "assets.extra/electra_tf.json"
"""Fingerprint, text rules and length, beside the graph."""


class Detector(tf.Module):
    """The discriminator with its tokenizer in front.

    Args:
        discriminator: built, with float32 arithmetic.
        vocabulary: of its shards.
        text_rules: of its shards.
        max_seq_length: tokens per text, [CLS] and [SEP] included; longer texts are cut.
    """

    def __init__(
        self,
        discriminator: Discriminator,
        vocabulary: Vocabulary,
        text_rules: TextRules,
        max_seq_length: int,
    ) -> None:
        super().__init__(name="detector")
        # The variables alone, so that loading needs no Keras.
        self._variables = [variable.value for variable in discriminator.variables]
        self._discriminator = _Untracked(discriminator)
        self._special_ids = _Untracked(vocabulary.special_ids)
        self._tokenizer = Tokenizer(vocabulary, text_rules)
        self._pieces = tf.constant(vocabulary.pieces)
        self._max_seq_length = max_seq_length

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def detect(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        """Judges every token of every text.

        Args:
            text: [N] UTF-8 strings, as a person writes them.

        Returns:
            tokens [N, S] string, with [CLS] and [SEP], padded with "";
            replaced_probability [N, S] float32, 0 at padding;
            replaced [N, S] int32, 1 where the probability is above 0.5;
            starts and ends [N, S] int32, offsets in characters into the normalised
            text (`normalized`), 0 at [CLS], [SEP] and padding;
            length [N] int32, tokens with [CLS] and [SEP];
            normalized [N] string, the text after the model's rules of case and accents.
        """
        ids_NS, mask_NS, starts_NS, ends_NS = self._encode(text)
        logits_NS = self._run(ids_NS, mask_NS).logits_BS
        tokens_NS = tf.where(mask_NS > 0, tf.gather(self._pieces, ids_NS), "")
        return {
            "tokens": tokens_NS,
            "replaced_probability": tf.sigmoid(logits_NS) * tf.cast(mask_NS, "float32"),
            "replaced": tf.cast(logits_NS > 0.0, "int32") * mask_NS,
            "starts": starts_NS,
            "ends": ends_NS,
            "length": tf.reduce_sum(mask_NS, axis=1),
            "normalized": self._tokenizer.normalize(text),
        }

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def embed(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        """Embeds texts.

        Args:
            text: [N] UTF-8 strings.

        Returns:
            token_embeddings [N, S, D] float32, the last layer;
            sentence_embedding [N, D] float32, its mean over real tokens, [CLS] and
            [SEP] included; mask [N, S] int32, 1 at real tokens.
        """
        ids_NS, mask_NS, _, _ = self._encode(text)
        hidden_NSD = self._run(ids_NS, mask_NS).encoder.last_BSD
        weights_NS1 = tf.cast(mask_NS, "float32")[:, :, None]
        total_ND = tf.reduce_sum(hidden_NSD * weights_NS1, axis=1)
        return {
            "token_embeddings": hidden_NSD,
            "sentence_embedding": total_ND / tf.reduce_sum(weights_NS1, axis=1),
            "mask": mask_NS,
        }

    def _encode(
        self, text_N: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]:
        """Ids, mask and offsets, int32 [N, S]."""
        special = self._special_ids.value
        encoded = self._tokenizer.tokenize_with_offsets(text_N)

        def framed(values: tf.RaggedTensor, first: int, last: int, pad: int):
            kept = tf.cast(values, "int32")[:, : self._max_seq_length - 2]
            column = tf.ones((tf.shape(text_N)[0], 1), "int32")
            return tf.concat([column * first, kept, column * last], axis=1).to_tensor(
                pad
            )

        ids, starts, ends = encoded
        lengths_N = tf.minimum(
            tf.cast(ids.row_lengths(), "int32") + 2, self._max_seq_length
        )
        return (
            framed(ids, special.cls, special.sep, special.pad),
            tf.sequence_mask(lengths_N, dtype="int32"),
            framed(starts, 0, 0, 0),
            framed(ends, 0, 0, 0),
        )

    def _run(self, ids_NS: tf.Tensor, mask_NS: tf.Tensor) -> DiscriminatorOutput:
        segments_NS = tf.zeros_like(ids_NS)
        return self._discriminator.value(
            ids_NS, mask_NS, segments_NS, dropout=inference()
        )


class _Untracked:
    """Hides a value from TensorFlow's search for things to save."""

    def __init__(self, value) -> None:
        self.value = value


def write(
    directory: str,
    discriminator: Discriminator,
    vocabulary: Vocabulary,
    text_rules: TextRules,
    max_seq_length: int,
) -> None:
    """Writes the SavedModel; a half-written one is never seen under its name.

    Signatures: `serving_default` and `detect` are the same; `embed`.

    Raises:
        ValueError: the directory exists.
    """
    if tf.io.gfile.exists(directory):
        raise ValueError(f"{directory} exists: remove it, or choose another --output.")
    module = Detector(discriminator, vocabulary, text_rules, max_seq_length)
    metadata = {
        "fingerprint": vocabulary.fingerprint(text_rules),
        "lowercase": text_rules.lowercase,
        "strip_accents": text_rules.strip_accents,
        "max_seq_length": max_seq_length,
    }
    with files.whole_directory(directory) as temporary:
        tf.saved_model.save(
            module,
            temporary,
            signatures={
                "serving_default": module.detect,
                "detect": module.detect,
                "embed": module.embed,
            },
            options=tf.saved_model.SaveOptions(experimental_custom_gradients=False),
        )
        path = tf.io.gfile.join(temporary, METADATA)
        tf.io.gfile.makedirs(tf.io.gfile.join(temporary, "assets.extra"))
        files.write(path, json.dumps(metadata, indent=2) + "\n")
