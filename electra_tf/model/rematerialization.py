"""Rematerialisation: a layer computed again in the backward pass, to save memory."""

import copy
from collections.abc import Callable

import keras
import tensorflow as tf
from keras.src.backend.common.variables import AutocastScope
from tensorflow.compiler.tf2xla.python import xla

from electra_tf.model.dropout import Dropout
from electra_tf.model.kernels import fused


def rematerialized(
    layer: keras.layers.Layer,
    hidden_ND: tf.Tensor,
    bias_B1XS: tf.Tensor,
    dropout: Dropout,
) -> tf.Tensor:
    """Computes a layer so that only its input is kept for the backward pass.

    The result [N, D] and its gradient are the same numbers as without
    rematerialisation: the second time, dropout starts from the same site.

    Args:
        layer: an EncoderLayer.
        hidden_ND: input of the layer.
        bias_B1XS: additive bias of the attention, without gradient.
        dropout: dropout of the forward pass.
    """
    before = copy.copy(dropout)
    # As tensors, because a custom gradient treats variables separately.
    weights = [
        tf.convert_to_tensor(variable.value) for variable in layer.trainable_variables
    ]

    def output(hidden_ND: tf.Tensor, weights: list, dropout: Dropout) -> tf.Tensor:
        # Outside any scope, as in the backward pass, Keras casts all weights of a layer
        # in mixed precision, although the layer has autocast=False.
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


@fused.compiled
def _after(values_ND: tf.Tensor, upstream_ND: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns both values unchanged, each available only after the other.

    Otherwise a compiler sees the same layer computed twice on the same values and keeps
    the first result for the second use. XLA for CPUs and GPUs removes the barrier
    before it merges equal computations once more; the product with 0, which XLA may not
    remove (NaN), still keeps them apart then.
    """
    values_ND, upstream_ND = xla.optimization_barrier(values_ND, upstream_ND)
    return values_ND + 0.0 * upstream_ND[:1, :1], upstream_ND
