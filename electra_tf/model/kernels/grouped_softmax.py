"""Softmax over a vocabulary of tens of thousands of pieces, computed by groups.

The logits of the masked slots are the largest tensor of a step. Sums over groups of
neighbouring pieces read it once, in rows that suit a CPU's vector units; loss and
sampling compute the rest from the sums. Shape letters: B batch, M masked slots,
V vocabulary, G groups, W pieces of a group.
"""

import tensorflow as tf

from electra_tf.model.kernels import fused, random_bits

GROUP_SIZE = 128
"""W; the last group has the remaining pieces."""


def log_sum_exp(logits_BMV: tf.Tensor) -> tf.Tensor:
    """Returns log(sum(exp(logits))) of each row, float32 [B, M]."""
    return tf.reduce_logsumexp(group_sums(logits_BMV), axis=-1)


def draw(logits_BMV: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Draws pieces from softmax(logits) by Gumbel noise and argmax; int32 [B, M].

    The group is drawn first, by its log-sum-exp, then the piece within it: the same
    distribution as noise on every logit, with a hundredth of the random numbers.

    Args:
        logits_BMV: float32.
        seed: a seed of `random_bits`.
    """
    vocabulary = logits_BMV.shape[-1]
    group_BM = _gumbel_argmax(group_sums(logits_BMV), seed)
    piece_BMW = group_BM[:, :, None] * GROUP_SIZE + tf.range(GROUP_SIZE)
    inside_BMW = piece_BMW < vocabulary
    logits_BMW = tf.gather(
        logits_BMV, tf.minimum(piece_BMW, vocabulary - 1), batch_dims=2
    )
    logits_BMW = tf.where(inside_BMW, logits_BMW, logits_BMW.dtype.min)
    within_BM = _gumbel_argmax(logits_BMW, random_bits.neighbour(seed, 1))
    # Where logits are NaN, argmax may return an index past the end.
    return tf.minimum(group_BM * GROUP_SIZE + within_BM, vocabulary - 1)


@fused.compiled
def group_sums(logits_BMV: tf.Tensor) -> tf.Tensor:
    """Returns log(sum(exp(logits))) of each group, float32 [B, M, G]."""
    batch, slots = tf.unstack(tf.shape(logits_BMV)[:2])
    whole = logits_BMV.shape[-1] // GROUP_SIZE
    whole_BMGW = tf.reshape(
        logits_BMV[:, :, : whole * GROUP_SIZE], (batch, slots, whole, GROUP_SIZE)
    )
    sums_BMG = [_log_sum_exp(whole_BMGW)]
    if whole * GROUP_SIZE < logits_BMV.shape[-1]:
        rest_BM1W = logits_BMV[:, :, None, whole * GROUP_SIZE :]
        sums_BMG.append(_log_sum_exp(rest_BM1W))
    return tf.concat(sums_BMG, axis=-1)


def _log_sum_exp(logits_BMGW: tf.Tensor) -> tf.Tensor:
    largest_BMG = tf.reduce_max(logits_BMGW, axis=-1)
    sum_BMG = tf.reduce_sum(tf.exp(logits_BMGW - largest_BMG[..., None]), axis=-1)
    return largest_BMG + tf.math.log(sum_BMG)


@fused.compiled
def _gumbel_argmax(logits_BMX: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    tiny = 1e-9  # Keeps both logarithms finite.
    uniform_BMX = random_bits.uniform(tf.shape(logits_BMX), seed)
    noise_BMX = -tf.math.log(-tf.math.log(uniform_BMX + tiny) + tiny)
    return tf.argmax(logits_BMX + noise_BMX, axis=-1, output_type="int32")
