"""Losses of tasks: each a sum and its weight.

Shape letters: B batch, S sequence, L labels.
"""

import tensorflow as tf

SumAndWeight = tuple[tf.Tensor, tf.Tensor]


def of_texts(
    logits_BL: tf.Tensor, targets_B: tf.Tensor, weights_B: tf.Tensor
) -> SumAndWeight:
    """Cross-entropy; a negative target is none."""
    return _cross_entropy(logits_BL, targets_B, weights_B)


def of_tokens(
    logits_BSL: tf.Tensor, targets_BS: tf.Tensor, weights_B: tf.Tensor
) -> SumAndWeight:
    """Cross-entropy of the tokens with a target that is not negative."""
    return _cross_entropy(logits_BSL, targets_BS, weights_B[:, None])


def of_numbers(
    logits_B1: tf.Tensor, targets_B: tf.Tensor, weights_B: tf.Tensor
) -> SumAndWeight:
    """Squared error."""
    losses_B = tf.square(tf.squeeze(logits_B1, -1) - targets_B)
    return tf.reduce_sum(losses_B * weights_B), tf.reduce_sum(weights_B)


def of_spans(
    logits_BS2: tf.Tensor, targets_B2: tf.Tensor, weights_B: tf.Tensor
) -> SumAndWeight:
    """Cross-entropy of a span's first and of its last token, halved."""
    logits_B2S = tf.transpose(logits_BS2, (0, 2, 1))
    total, weight = _cross_entropy(logits_B2S, targets_B2, weights_B[:, None])
    return total / 2.0, weight / 2.0


def _cross_entropy(
    logits: tf.Tensor, targets: tf.Tensor, weights: tf.Tensor
) -> SumAndWeight:
    weights *= tf.cast(targets >= 0, "float32")
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
        tf.maximum(targets, 0), logits
    )
    return tf.reduce_sum(losses * weights), tf.reduce_sum(weights)
