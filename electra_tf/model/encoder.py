"""The post-norm BERT encoder.

Shape letters: B batch, S sequence, N = B * S tokens, E embedding, D hidden, H heads,
K = D / H, F feed-forward. Outside of attention everything is a matrix [N, .], so that
each weight takes one large product.
"""

from typing import NamedTuple

import keras
import tensorflow as tf

from electra_tf.config import EncoderSizes
from electra_tf.model.dropout import Dropout
from electra_tf.model.embeddings import layer_norm
from electra_tf.model.kernels import expressions


class EncoderOutput(NamedTuple):
    """Results of an encoder, from its input to its last layer."""

    input_BSD: tf.Tensor
    """Embeddings after projection and dropout."""
    layers_BSD: tuple[tf.Tensor, ...]
    """Output of each layer."""
    attention_BHSS: tuple[tf.Tensor, ...]
    """Float32 attention probabilities of each layer, before dropout. Empty with
    rematerialisation, which must not keep them in memory."""

    @property
    def last_BSD(self) -> tf.Tensor:
        """Output of the last layer."""
        return self.layers_BSD[-1]


class DenseGelu(keras.layers.Dense):
    """A dense layer with GELU, which adds the bias in the same pass."""

    def __init__(self, units: int, policy: keras.DTypePolicy, name: str) -> None:
        # `initialization.initialize` assigns the kernel.
        super().__init__(
            units, kernel_initializer="zeros", autocast=False, dtype=policy, name=name
        )

    def call(self, inputs_NX: tf.Tensor, dropout: Dropout) -> tf.Tensor:
        """Returns gelu(inputs * kernel + bias); drops nothing."""
        return dropout.plain(
            expressions.gelu, product(self, inputs_NX), self.bias.value
        )


class SelfAttention(keras.layers.Layer):
    """Multi-head self-attention without its output projection."""

    def __init__(self, sizes: EncoderSizes, **kwargs) -> None:
        super().__init__(autocast=False, **kwargs)
        self.sizes = sizes
        self.query = dense(sizes.hidden_size, self.dtype_policy, "query")
        self.key = dense(sizes.hidden_size, self.dtype_policy, "key")
        self.value = dense(sizes.hidden_size, self.dtype_policy, "value")

    def build(self, input_shape=None) -> None:
        """Makes the three projections."""
        for projection in (self.query, self.key, self.value):
            projection.build((None, self.sizes.hidden_size))
        super().build(input_shape)

    def call(
        self, hidden_ND: tf.Tensor, bias_B1XS: tf.Tensor, dropout: Dropout
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the context [N, D] and the probabilities [B, H, S, S].

        Args:
            hidden_ND: tokens of the batch, row by row.
            bias_B1XS: float32, 0 at real tokens and very negative at padding; X is 1,
                or S with an attention slope.
            dropout: dropout of the probabilities.
        """
        batch, length = tf.unstack(tf.gather(tf.shape(bias_B1XS), [0, 3]))
        heads, width = self.sizes.num_heads, self.sizes.hidden_size

        # One wide product and one transposition for the three sets of weights.
        projections = (self.query, self.key, self.value)
        kernel_D3D = tf.concat([layer.kernel.value for layer in projections], axis=1)
        query_BHSK, key_BHSK, value_BHSK = dropout.plain(
            expressions.split,
            tf.matmul(hidden_ND, tf.cast(kernel_D3D, hidden_ND.dtype)),
            tf.concat([layer.bias.value for layer in projections], axis=0),
            tf.stack([batch, length]),
            heads=heads,
        )

        scores_BHSS = tf.matmul(query_BHSK, key_BHSK, transpose_b=True)
        scale = (width // heads) ** -0.5
        dropped_BHSS = dropout(expressions.attend, scores_BHSS, bias_B1XS, scale=scale)
        context_BHSK = tf.matmul(dropped_BHSS, value_BHSK)
        context_BSHK = tf.transpose(context_BHSK, (0, 2, 1, 3))
        probabilities_BHSS = expressions.probabilities(scores_BHSS, bias_B1XS, scale)
        return tf.reshape(context_BSHK, (-1, width)), probabilities_BHSS


class EncoderLayer(keras.layers.Layer):
    """Attention and feed-forward, each followed by residual and layer norm."""

    def __init__(self, sizes: EncoderSizes, **kwargs) -> None:
        super().__init__(autocast=False, **kwargs)
        self.sizes = sizes
        policy = self.dtype_policy
        self.attention = SelfAttention(sizes, name="attention", dtype=policy)
        self.attention_output = dense(sizes.hidden_size, policy, "attention_output")
        self.attention_norm = layer_norm(name="attention_norm", dtype=policy)
        self.intermediate = DenseGelu(sizes.intermediate_size, policy, "intermediate")
        self.output_dense = dense(sizes.hidden_size, policy, "output")
        self.output_norm = layer_norm(name="output_norm", dtype=policy)

    def build(self, input_shape=None) -> None:
        """Makes the weights of the layer."""
        hidden, intermediate = self.sizes.hidden_size, self.sizes.intermediate_size
        self.attention.build()
        for layer in (self.attention_output, self.attention_norm, self.intermediate):
            layer.build((None, hidden))
        self.output_dense.build((None, intermediate))
        self.output_norm.build((None, hidden))
        super().build(input_shape)

    def call(
        self, hidden_ND: tf.Tensor, bias_B1XS: tf.Tensor, dropout: Dropout
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the new hidden states [N, D] and probabilities [B, H, S, S]."""
        context_ND, probabilities_BHSS = self.attention(
            hidden_ND, bias_B1XS, dropout=dropout
        )

        def add(
            hidden_ND: tf.Tensor,
            update_NX: tf.Tensor,
            projection: keras.layers.Dense,
            norm: keras.layers.LayerNormalization,
        ) -> tf.Tensor:
            update_ND = product(projection, update_NX)
            weights = (projection.bias.value, norm.gamma.value, norm.beta.value)
            return dropout(
                expressions.add_and_norm,
                hidden_ND,
                update_ND,
                *weights,
                epsilon=norm.epsilon,
            )

        hidden_ND = add(
            hidden_ND, context_ND, self.attention_output, self.attention_norm
        )
        inner_NF = self.intermediate(hidden_ND, dropout=dropout)
        hidden_ND = add(hidden_ND, inner_NF, self.output_dense, self.output_norm)
        return hidden_ND, probabilities_BHSS


class Encoder(keras.layers.Layer):
    """Projection of the embeddings, then the layers."""

    def __init__(
        self, sizes: EncoderSizes, embedding_size: int, rematerialize: bool, **kwargs
    ) -> None:
        super().__init__(autocast=False, **kwargs)
        self.sizes = sizes
        self.embedding_size = embedding_size
        self.rematerialize = rematerialize
        # Absent where the widths agree, as in the reference.
        self.embeddings_project = (
            dense(sizes.hidden_size, self.dtype_policy, "embeddings_project")
            if embedding_size != sizes.hidden_size
            else None
        )
        self.layers = [
            EncoderLayer(sizes, name=f"layer_{index}", dtype=self.dtype_policy)
            for index in range(sizes.num_layers)
        ]

    def build(self, input_shape=None) -> None:
        """Makes the weights of all layers."""
        if self.embeddings_project is not None:
            self.embeddings_project.build((None, self.embedding_size))
        for layer in self.layers:
            layer.build()
        super().build(input_shape)

    def call(
        self,
        embedded_BSE: tf.Tensor,
        input_mask_BS: tf.Tensor,
        dropout: Dropout,
        attention_slope: float | tf.Tensor = 0.0,
    ) -> EncoderOutput:
        """Encodes a batch.

        Args:
            embedded_BSE: float32, from the shared embeddings.
            input_mask_BS: int32, 1 at real tokens, 0 at padding.
            dropout: dropout of embeddings, hidden states and attention probabilities.
            attention_slope: drop of attention scores per token of distance; a Python 0
                for the plain network.
        """
        batch, length = tf.unstack(tf.shape(input_mask_BS))
        # Additive, as in the reference: exp(-10000) is 0 in float32.
        bias_BS = (1.0 - tf.cast(input_mask_BS, "float32")) * -10000.0
        bias_B1XS = bias_BS[:, None, None, :]
        if tf.is_tensor(attention_slope) or attention_slope:
            position_S = tf.range(length)
            distance_SS = tf.abs(position_S[:, None] - position_S)
            # Keras has cast a tensor to the policy's type.
            slope = tf.cast(attention_slope, "float32")
            bias_B1XS -= slope * tf.cast(distance_SS, "float32")

        hidden_NE = tf.reshape(embedded_BSE, (-1, self.embedding_size))
        hidden_ND = tf.cast(
            dropout(expressions.apply_dropout, hidden_NE), self.compute_dtype
        )
        if self.embeddings_project is not None:
            projection = self.embeddings_project
            hidden_ND = dropout.plain(
                expressions.add_bias,
                product(projection, hidden_ND),
                projection.bias.value,
            )

        def by_example(hidden_ND: tf.Tensor) -> tf.Tensor:
            return tf.reshape(hidden_ND, (batch, length, self.sizes.hidden_size))

        input_BSD, layers_BSD, attention_BHSS = by_example(hidden_ND), [], []
        for layer in self.layers:
            if self.rematerialize and dropout.is_training:
                from electra_tf.model.rematerialization import rematerialized

                hidden_ND = rematerialized(layer, hidden_ND, bias_B1XS, dropout)
                layers_BSD.append(by_example(hidden_ND))
                continue
            hidden_ND, probabilities_BHSS = layer(hidden_ND, bias_B1XS, dropout=dropout)
            layers_BSD.append(by_example(hidden_ND))
            attention_BHSS.append(probabilities_BHSS)
        return EncoderOutput(input_BSD, tuple(layers_BSD), tuple(attention_BHSS))


def dense(units: int, policy: keras.DTypePolicy, name: str) -> keras.layers.Dense:
    """Makes a dense layer; `initialization.initialize` assigns its kernel."""
    return keras.layers.Dense(
        units, kernel_initializer="zeros", dtype=policy, name=name
    )


def product(layer: keras.layers.Dense, inputs_NX: tf.Tensor) -> tf.Tensor:
    """Returns inputs * kernel, without the bias.

    The next fused expression adds the bias: in bfloat16, a separate addition would cost
    as much as the product.
    """
    return tf.matmul(inputs_NX, tf.cast(layer.kernel.value, inputs_NX.dtype))
