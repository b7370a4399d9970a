"""The generator: a small masked-language model that proposes replacements.

Shape letters: B batch, S sequence, M masked slots, V vocabulary, E embedding, D hidden.
"""

from typing import NamedTuple

import keras
import tensorflow as tf

from electra_tf.config import ModelConfig
from electra_tf.model.dropout import Dropout
from electra_tf.model.embeddings import Embeddings, layer_norm
from electra_tf.model.encoder import DenseGelu, Encoder, EncoderOutput


class GeneratorOutput(NamedTuple):
    """Float32 logits at the masked slots, and the values they were computed from."""

    logits_BMV: tf.Tensor
    embedded_BSE: tf.Tensor
    encoder: EncoderOutput


class Generator(keras.Model):
    """Masked-language model on the shared embeddings, at the masked slots only."""

    def __init__(self, config: ModelConfig, embeddings: Embeddings, **kwargs) -> None:
        super().__init__(**kwargs)
        policy = self.dtype_policy
        self.embeddings = embeddings
        self.embedding_size = config.embedding_size
        self.encoder = Encoder(
            config.generator,
            config.embedding_size,
            config.rematerialize,
            name="encoder",
            dtype=policy,
        )
        self.head_dense = DenseGelu(config.embedding_size, policy, "head_dense")
        self.head_norm = layer_norm(name="head_norm", dtype="float32")

    def build(self, input_shape=None) -> None:
        """Makes the generator's own weights."""
        self.encoder.build()
        self.head_dense.build((None, self.encoder.sizes.hidden_size))
        self.head_norm.build((None, self.embedding_size))
        self.output_bias = self.add_weight(
            name="output_bias",
            shape=(self.embeddings.vocabulary_size,),
            initializer="zeros",
            autocast=False,  # Added to float32 logits.
        )
        self.built = True

    def call(
        self,
        input_ids_BS: tf.Tensor,
        input_mask_BS: tf.Tensor,
        segment_ids_BS: tf.Tensor,
        positions_BM: tf.Tensor,
        dropout: Dropout,
        attention_slope: float | tf.Tensor = 0.0,
    ) -> GeneratorOutput:
        """Computes logits of all pieces of the vocabulary at `positions_BM` (int32)."""
        embedded_BSE = self.embeddings(input_ids_BS, segment_ids_BS)
        encoded = self.encoder(
            embedded_BSE,
            input_mask_BS,
            dropout=dropout,
            attention_slope=attention_slope,
        )
        hidden_BMD = tf.gather(encoded.last_BSD, positions_BM, batch_dims=1)
        hidden_QD = tf.reshape(hidden_BMD, (-1, self.encoder.sizes.hidden_size))
        hidden_QE = self.head_norm(self.head_dense(hidden_QD, dropout=dropout))
        hidden_QE = tf.cast(hidden_QE, self.compute_dtype)
        word_VE = tf.cast(self.embeddings.word.value, self.compute_dtype)
        logits_QV = tf.matmul(hidden_QE, word_VE, transpose_b=True)
        # On a CPU in float32, TensorFlow merges product and bias into one operation.
        logits_QV = tf.nn.bias_add(
            tf.cast(logits_QV, "float32"), tf.convert_to_tensor(self.output_bias.value)
        )
        batch, slots = tf.unstack(tf.shape(positions_BM))
        logits_BMV = tf.reshape(
            logits_QV, (batch, slots, self.embeddings.vocabulary_size)
        )
        return GeneratorOutput(logits_BMV, embedded_BSE, encoded)
