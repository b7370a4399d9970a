"""Memory for time: a layer that is computed again when its gradient is due."""

import copy
from collections.abc import Callable

import keras
import tensorflow as tf
from keras.src.backend.common.variables import AutocastScope
from tensorflow.compiler.tf2xla.python import xla

from electra_tf.model.dropout import Dropout
from electra_tf.model.kernels.fused import compiled


def rematerialized(
    layer: keras.layers.Layer,
    hidden_ND: tf.Tensor,
    bias_B1XS: tf.Tensor,
    dropout: Dropout,
) -> tf.Tensor:
    """The layer's hidden states [N, D], of which the gradient keeps the input alone.

    The same numbers as without it: the second time, dropout draws from where it stood.

    Args:
        layer: an EncoderLayer.
        hidden_ND: its input.
        bias_B1XS: of the attention; has no gradient.
        dropout: of the pass.
    """
    before = copy.copy(dropout)
    # Tensors, which a custom gradient can name; variables it would look for by itself.
    weights = [
        tf.convert_to_tensor(variable.value) for variable in layer.trainable_variables
    ]

    def output(hidden_ND: tf.Tensor, weights: list, dropout: Dropout) -> tf.Tensor:
        # As inside an Encoder: where no scope is, Keras casts all weights of a layer
        # in mixed precision, though the layer has autocast=False.
        with AutocastScope(None):
            (hidden_ND, _), _ = layer.stateless_call(
                weights, [], hidden_ND, bias_B1XS, dropout=dropout
            )
        return hidden_ND

    @tf.custom_gradient
    def call(hidden_ND: tf.Tensor, *weights: tf.Tensor) -> tuple[tf.Tensor, Callable]:
        def gradient(upstream_ND: tf.Tensor) -> list[tf.Tensor]:
            again_ND, upstream_ND = _after(hidden_ND, upstream_ND)
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch([again_ND, *weights])
                result_ND = output(again_ND, list(weights), copy.copy(before))
            return tape.gradient(result_ND, [again_ND, *weights], upstream_ND)

        return output(hidden_ND, list(weights), dropout), gradient

    return call(hidden_ND, *weights)


@compiled
def _after(values_ND: tf.Tensor, upstream_ND: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Both as they are, but neither before the other is there.

    Else a compiler sees the same layer computed twice on the same values, and keeps
    the first result for the second use. The barrier orders the two until XLA for CPUs
    and GPUs removes it and looks for equals again: the product with 0, which XLA may
    not leave out (NaN), outlives that.
    """
    values_ND, upstream_ND = xla.optimization_barrier(values_ND, upstream_ND)
    return values_ND + 0.0 * upstream_ND[:1, :1], upstream_ND
