"""The losses of fine-tuning tasks; each returns a sum and its weight.

Negative targets don't count. Shape letters: B batch, S sequence, L labels.
"""

import tensorflow as tf

from electra_tf.pretraining.losses import WeightedSum


def text_label_loss(
    logits_BL: tf.Tensor, targets_B: tf.Tensor, weights_B: tf.Tensor
) -> WeightedSum:
    """Cross-entropy over texts."""
    return _cross_entropy(logits_BL, targets_B, weights_B)


def token_label_loss(
    logits_BSL: tf.Tensor, targets_BS: tf.Tensor, weights_B: tf.Tensor
) -> WeightedSum:
    """Cross-entropy over tokens."""
    return _cross_entropy(logits_BSL, targets_BS, weights_B[:, None])


def span_loss(
    logits_BS2: tf.Tensor, targets_B2: tf.Tensor, weights_B: tf.Tensor
) -> WeightedSum:
    """Mean cross-entropy of a span's first and last token."""
    logits_B2S = tf.transpose(logits_BS2, (0, 2, 1))
    total, weight = _cross_entropy(logits_B2S, targets_B2, weights_B[:, None])
    return WeightedSum(total / 2.0, weight / 2.0)


def squared_error(
    logits_B1: tf.Tensor, targets_B: tf.Tensor, weights_B: tf.Tensor
) -> WeightedSum:
    """Squared error over texts."""
    losses_B = tf.square(tf.squeeze(logits_B1, -1) - targets_B)
    return WeightedSum(tf.reduce_sum(losses_B * weights_B), tf.reduce_sum(weights_B))


def _cross_entropy(
    logits: tf.Tensor, targets: tf.Tensor, weights: tf.Tensor
) -> WeightedSum:
    weights *= tf.cast(targets >= 0, "float32")
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
        tf.maximum(targets, 0), logits
    )
    return WeightedSum(tf.reduce_sum(losses * weights), tf.reduce_sum(weights))
