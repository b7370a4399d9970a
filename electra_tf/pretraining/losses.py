"""The losses of both networks, each a sum and its weight; only the step divides.

Shape letters: B batch, S sequence, M masked slots, V vocabulary.
"""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from electra_tf.model.kernels import fused, grouped_softmax


class WeightedSum(NamedTuple):
    """A float32 sum of weighted terms, and the sum of their weights."""

    total: tf.Tensor
    weight: tf.Tensor


def masked_lm_loss(
    logits_BMV: tf.Tensor, original_ids_BM: tf.Tensor, weights_BM: tf.Tensor
) -> WeightedSum:
    """Negative log-likelihood of the original tokens, over the used slots (nats)."""
    loss_BM = _negative_log_likelihood(logits_BMV, original_ids_BM)
    return WeightedSum(tf.reduce_sum(loss_BM * weights_BM), tf.reduce_sum(weights_BM))


@tf.custom_gradient
def _negative_log_likelihood(
    logits_BMV: tf.Tensor, ids_BM: tf.Tensor
) -> tuple[tf.Tensor, Callable]:
    normaliser_BM = grouped_softmax.log_sum_exp(logits_BMV)

    def gradient(upstream_BM: tf.Tensor) -> tuple[tf.Tensor, None]:
        return _gradient(logits_BMV, ids_BM, normaliser_BM, upstream_BM), None

    return normaliser_BM - tf.gather(logits_BMV, ids_BM, batch_dims=2), gradient


@fused.compiled
def _gradient(
    logits_BMV: tf.Tensor,
    ids_BM: tf.Tensor,
    normaliser_BM: tf.Tensor,
    upstream_BM: tf.Tensor,
) -> tf.Tensor:
    probabilities_BMV = tf.exp(logits_BMV - normaliser_BM[:, :, None])
    one_hot_BMV = tf.one_hot(ids_BM, logits_BMV.shape[-1])
    return (probabilities_BMV - one_hot_BMV) * upstream_BM[:, :, None]


def discriminator_loss(
    logits_BS: tf.Tensor, labels_BS: tf.Tensor, input_mask_BS: tf.Tensor
) -> WeightedSum:
    """Binary cross-entropy over all real tokens, [CLS] and [SEP] included (nats)."""
    loss_BS = tf.nn.sigmoid_cross_entropy_with_logits(
        labels=tf.cast(labels_BS, "float32"), logits=logits_BS
    )
    real_BS = tf.cast(input_mask_BS, "float32")
    return WeightedSum(tf.reduce_sum(loss_BS * real_BS), tf.reduce_sum(real_BS))
