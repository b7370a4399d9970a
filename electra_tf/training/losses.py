"""The two losses. Each returns a sum and its weight; only the step divides.

Shape letters: B batch, S sequence, M masked slots, V vocabulary.
"""

from typing import NamedTuple

import tensorflow as tf


class WeightedSum(NamedTuple):
    """A float32 sum over the terms that count, and how much they count together."""

    total: tf.Tensor
    weight: tf.Tensor


def masked_lm_loss(
    logits_BMV: tf.Tensor, original_ids_BM: tf.Tensor, weights_BM: tf.Tensor
) -> WeightedSum:
    """Negative log-likelihood of the original tokens, over the used slots (nats)."""
    # Written out: the fused operation runs on one core.
    original_BM = tf.gather(logits_BMV, original_ids_BM, batch_dims=2)
    loss_BM = tf.reduce_logsumexp(logits_BMV, axis=-1) - original_BM
    return WeightedSum(tf.reduce_sum(loss_BM * weights_BM), tf.reduce_sum(weights_BM))


def discriminator_loss(
    logits_BS: tf.Tensor, labels_BS: tf.Tensor, input_mask_BS: tf.Tensor
) -> WeightedSum:
    """Binary cross-entropy over all real tokens, [CLS] and [SEP] included (nats)."""
    loss_BS = tf.nn.sigmoid_cross_entropy_with_logits(
        labels=tf.cast(labels_BS, "float32"), logits=logits_BS
    )
    real_BS = tf.cast(input_mask_BS, "float32")
    return WeightedSum(tf.reduce_sum(loss_BS * real_BS), tf.reduce_sum(real_BS))
