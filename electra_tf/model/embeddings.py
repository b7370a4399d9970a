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


class DisentangledEmbeddings(Embeddings):
    """Embeddings of a discriminator that does not train the generator's tables.

    Each table is the sum of the generator's, without gradient, and one of its own that
    starts at 0; the layer norm is its own. Source: DeBERTaV3 (He et al., 2021),
    section 3.2, gradient-disentangled embedding sharing.
    """

    def __init__(self, base: Embeddings, **kwargs) -> None:
        super().__init__(base.config, base.vocabulary_size, **kwargs)
        self.base = base

    def total(self, input_ids_BS: tf.Tensor, segment_ids_BS: tf.Tensor) -> tf.Tensor:
        """Returns the sums of each token's rows in both sets of tables."""
        base_BSE = self.base.total(input_ids_BS, segment_ids_BS)
        own_BSE = super().total(input_ids_BS, segment_ids_BS)
        return tf.stop_gradient(base_BSE) + own_BSE

    def start_from_base(self) -> None:
        """Copies the generator's layer norm; its tables are part of the sum already."""
        norms = zip(
            self.layer_norm.variables, self.base.layer_norm.variables, strict=True
        )
        for own, theirs in norms:
            own.assign(theirs.value)

    def folded(self) -> dict[str, np.ndarray]:
        """Returns equivalent plain embeddings, by the paths of the generator's."""
        values = {
            table.path: table.numpy() + own.numpy()
            for table, own in (
                (self.base.word, self.word),
                (self.base.position, self.position),
                (self.base.token_type, self.token_type),
            )
        }
        norms = zip(
            self.base.layer_norm.variables, self.layer_norm.variables, strict=True
        )
        return values | {theirs.path: own.numpy() for theirs, own in norms}


def layer_norm(**kwargs) -> keras.layers.LayerNormalization:
    """Makes ELECTRA's layer norm: epsilon 1e-12, statistics in float32."""
    return keras.layers.LayerNormalization(epsilon=1e-12, **kwargs)
