"""The embeddings that generator and discriminator share (paper, section 3.2).

Shape letters: B batch, S sequence, E embedding, V vocabulary.
"""

import keras
import numpy as np
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
        return self.layer_norm(self.total(input_ids_BS, segment_ids_BS))

    def total(self, input_ids_BS: tf.Tensor, segment_ids_BS: tf.Tensor) -> tf.Tensor:
        """The sum of a token's rows, float32 [B, S, E]."""
        word_BSE = tf.gather(self.word.value, input_ids_BS)
        # A product, for its gradient: a sum over one-hot rows instead of a scatter.
        token_type_BSE = tf.matmul(
            tf.one_hot(segment_ids_BS, self.config.token_types),
            tf.convert_to_tensor(self.token_type.value),
        )
        position_SE = self.position.value[: tf.shape(input_ids_BS)[1]]
        return word_BSE + token_type_BSE + position_SE


class DisentangledEmbeddings(Embeddings):
    """The discriminator's, where it must not pull at the generator's.

    Each table is the generator's, out of reach of the gradient, and one of its own that
    starts at 0; the layer norm is its own. Source: DeBERTaV3 (He et al., 2021),
    section 3.2, gradient-disentangled embedding sharing.
    """

    def __init__(self, base: Embeddings, **kwargs) -> None:
        super().__init__(base.config, base.vocabulary_size, **kwargs)
        self.base = base

    def total(self, input_ids_BS: tf.Tensor, segment_ids_BS: tf.Tensor) -> tf.Tensor:
        """As of `Embeddings`."""
        base_BSE = self.base.total(input_ids_BS, segment_ids_BS)
        own_BSE = super().total(input_ids_BS, segment_ids_BS)
        return tf.stop_gradient(base_BSE) + own_BSE

    def start_from_base(self) -> None:
        """Takes the generator's layer norm, as its tables stand in already."""
        norms = zip(
            self.layer_norm.variables, self.base.layer_norm.variables, strict=True
        )
        for own, theirs in norms:
            own.assign(theirs.value)

    def folded(self) -> dict[str, np.ndarray]:
        """What plain embeddings would hold, by the paths of the generator's."""
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
    """Layer norm as everywhere in ELECTRA: epsilon 1e-12, statistics in float32."""
    return keras.layers.LayerNormalization(epsilon=1e-12, **kwargs)
