"""The embeddings that generator and discriminator share (paper, section 3.2).

Shape letters: B batch, S sequence, E embedding, V vocabulary.
"""

import keras
import tensorflow as tf

from electra_tf.config import ModelConfig


class Embeddings(keras.layers.Layer):
    """Word, position and token-type tables and the layer norm over their sum.

    The reference shares the layer norm too; each network applies its own dropout and
    projection to what this layer returns.
    """

    def __init__(self, config: ModelConfig, vocabulary_size: int, **kwargs) -> None:
        super().__init__(autocast=False, **kwargs)
        self.config = config
        self.vocabulary_size = vocabulary_size
        self.layer_norm = layer_norm(name="layer_norm")

    def build(self, input_shape=None) -> None:
        """Makes the tables; the shapes follow from the configuration alone."""
        size = self.config.embedding_size

        def table(name: str, rows: int) -> keras.Variable:
            return self.add_weight(name=name, shape=(rows, size), initializer="zeros")

        self.word = table("word_embeddings", self.vocabulary_size)
        self.position = table(
            "position_embeddings", self.config.max_position_embeddings
        )
        self.token_type = table("token_type_embeddings", self.config.token_types)
        self.layer_norm.build((None, size))
        super().build(input_shape)

    def call(self, input_ids_BS: tf.Tensor, segment_ids_BS: tf.Tensor) -> tf.Tensor:
        """Returns float32 [B, S, E], normalised, before any dropout."""
        word_BSE = tf.gather(self.word.value, input_ids_BS)
        # A product, for its gradient: a sum over one-hot rows instead of a scatter.
        token_type_BSE = tf.matmul(
            tf.one_hot(segment_ids_BS, self.config.token_types),
            tf.convert_to_tensor(self.token_type.value),
        )
        position_SE = self.position.value[: tf.shape(input_ids_BS)[1]]
        return self.layer_norm(word_BSE + token_type_BSE + position_SE)


def layer_norm(**kwargs) -> keras.layers.LayerNormalization:
    """Layer norm as everywhere in ELECTRA: epsilon 1e-12, statistics in float32."""
    return keras.layers.LayerNormalization(epsilon=1e-12, **kwargs)
