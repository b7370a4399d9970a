"""The discriminator: an encoder, kept after pre-training, and a replaced-token head.

Shape letters: B batch, S sequence, E embedding, D hidden.
"""

from typing import NamedTuple

import keras
import tensorflow as tf

from electra_tf.config import ModelConfig
from electra_tf.model.dropout import Dropout
from electra_tf.model.embeddings import Embeddings
from electra_tf.model.encoder import DenseGelu, Encoder, EncoderOutput, dense


class DiscriminatorOutput(NamedTuple):
    """Logits of the discriminator, and the values they were computed from."""

    logits_BS: tf.Tensor
    """Float32; positive: the token is predicted to be replaced."""
    embedded_BSE: tf.Tensor
    encoder: EncoderOutput


class Discriminator(keras.Model):
    """Predicts for every token whether it was replaced."""

    def __init__(self, config: ModelConfig, embeddings: Embeddings, **kwargs) -> None:
        super().__init__(**kwargs)
        policy = self.dtype_policy
        self.embeddings = embeddings
        self.encoder = Encoder(
            config.discriminator,
            config.embedding_size,
            config.rematerialize,
            name="encoder",
            dtype=policy,
        )
        self.head_dense = DenseGelu(config.hidden_size, policy, "head_dense")
        self.head_prediction = dense(1, policy, "head_prediction")

    def build(self, input_shape=None) -> None:
        """Makes the discriminator's own weights."""
        if not self.embeddings.built:  # They are not shared with the generator.
            self.embeddings.build()
        self.encoder.build()
        for layer in (self.head_dense, self.head_prediction):
            layer.build((None, self.encoder.sizes.hidden_size))
        self.built = True

    def call(
        self,
        input_ids_BS: tf.Tensor,
        input_mask_BS: tf.Tensor,
        segment_ids_BS: tf.Tensor,
        dropout: Dropout,
        attention_slope: float | tf.Tensor = 0.0,
    ) -> DiscriminatorOutput:
        """Computes the logits of every token; those of padding mean nothing."""
        embedded_BSE = self.embeddings(input_ids_BS, segment_ids_BS)
        encoded = self.encoder(
            embedded_BSE,
            input_mask_BS,
            dropout=dropout,
            attention_slope=attention_slope,
        )
        hidden_ND = tf.reshape(encoded.last_BSD, (-1, self.encoder.sizes.hidden_size))
        inner_ND = self.head_dense(hidden_ND, dropout=dropout)
        logits_N1 = self.head_prediction(inner_ND)
        logits_BS = tf.reshape(tf.cast(logits_N1, "float32"), tf.shape(input_ids_BS))
        return DiscriminatorOutput(logits_BS, embedded_BSE, encoded)
