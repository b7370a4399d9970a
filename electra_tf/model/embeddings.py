"""The embeddings that generator and discriminator share (paper, section 3.2).

Shape letters: B batch, S sequence, E embedding, V vocabulary.
"""

import keras
import numpy as np
import tensorflow as tf

from electra_tf.config import ModelConfig


class Embeddings(keras.layers.Layer):
    """Word, position and token-type tables, and the layer norm of their sum.

    The reference shares the layer norm too; each network applies its own dropout and
    projection to what this layer returns.
    """

    def __init__(self, config: ModelConfig, vocabulary_size: int, **kwargs) -> None:
        super().__init__(autocast=False, **kwargs)
        self.config = config
        self.vocabulary_size = vocabulary_size
        self.layer_norm = layer_norm(name="layer_norm")

    def build(self, input_shape=None) -> None:
        """Makes the tables; their shapes depend on the configuration alone."""
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
        """Returns normalised embeddings before dropout, float32 [B, S, E]."""
        return self.layer_norm(self.total(input_ids_BS, segment_ids_BS))

    def total(self, input_ids_BS: tf.Tensor, segment_ids_BS: tf.Tensor) -> tf.Tensor:
        """Returns the sums of each token's rows, float32 [B, S, E]."""
        word_BSE = tf.gather(self.word.value, input_ids_BS)
        # A product, because its gradient is a product as well, not a scatter.
        token_type_BSE = tf.matmul(
            tf.one_hot(segment_ids_BS, self.config.token_types),
            tf.convert_to_tensor(self.token_type.value),
        )
        position_SE = self.position.value[: tf.shape(input_ids_BS)[1]]
        return word_BSE + token_type_BSE + position_SE

    def folded(self) -> dict[str, np.ndarray]:
        """Returns what replaces shared weights when a network is taken by itself."""
        return {}


def layer_norm(**kwargs) -> keras.layers.LayerNormalization:
    """Makes ELECTRA's layer norm: epsilon 1e-12, statistics in float32."""
    return keras.layers.LayerNormalization(epsilon=1e-12, **kwargs)
