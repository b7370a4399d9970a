"""What an encoder computes between matrix products, to be compiled by `fused`.

Shape letters as in the encoder: B batch, S sequence, N = B * S tokens, D hidden,
H heads, F feed-forward.
"""

import math
from collections.abc import Callable

import tensorflow as tf

from electra_tf.model.kernels import fused

Drop = Callable[[tf.Tensor], tf.Tensor]
"""Dropout at one site: maps a float tensor to one of the same shape."""


def split(
    projected_N3D: tf.Tensor, bias_3D: tf.Tensor, batch_length: tf.Tensor, *, heads: int
) -> list[tf.Tensor]:
    """Adds the bias and returns query, key and value [B, H, S, K].

    Args:
        projected_N3D: the three products side by side.
        bias_3D: float32.
        batch_length: int32, B and S.
        heads: H.
    """
    biased_N3D = add_bias(projected_N3D, bias_3D)
    width = projected_N3D.shape[-1] // 3 // heads
    shape = tf.concat([batch_length, [3, heads, width]], axis=0)
    biased_BS3HK = tf.reshape(biased_N3D, shape)
    return tf.unstack(tf.transpose(biased_BS3HK, (2, 0, 3, 1, 4)), num=3)


def add_bias(values_ND: tf.Tensor, bias_D: tf.Tensor) -> tf.Tensor:
    """Adds the bias in float32; the result has the type of the values."""
    return tf.cast(tf.cast(values_ND, "float32") + bias_D, values_ND.dtype)


def apply_dropout(values: tf.Tensor, *, drop: Drop) -> tf.Tensor:
    """Returns the values after dropout."""
    return drop(values)


def probabilities(
    scores_BHSS: tf.Tensor, bias_B1XS: tf.Tensor, scale: float
) -> tf.Tensor:
    """Returns the softmax of scaled scores plus bias, in float32.

    Bfloat16 has too few bits (8) for the probabilities of 512 tokens.
    """
    return tf.nn.softmax(tf.cast(scores_BHSS, "float32") * scale + bias_B1XS)


def _attend(
    scores_BHSS: tf.Tensor,
    bias_B1XS: tf.Tensor,
    *,
    drop: Drop,
    scale: float,
) -> tuple[tf.Tensor, list[tf.Tensor]]:
    kind = scores_BHSS.dtype
    probabilities_BHSS = probabilities(scores_BHSS, bias_B1XS, scale)
    dropped_BHSS = tf.cast(drop(probabilities_BHSS), kind)
    return dropped_BHSS, [tf.cast(probabilities_BHSS, kind)]


def _attend_gradient(
    probabilities_BHSS: tf.Tensor, upstream_BHSS: tf.Tensor, *, drop: Drop, scale: float
) -> list[tf.Tensor | None]:
    kind = upstream_BHSS.dtype
    probabilities_BHSS = tf.cast(probabilities_BHSS, "float32")
    weighted_BHSS = drop(tf.cast(upstream_BHSS, "float32")) * probabilities_BHSS
    mean_BHS1 = tf.reduce_sum(weighted_BHSS, axis=-1, keepdims=True)
    scores_BHSS = (weighted_BHSS - mean_BHS1 * probabilities_BHSS) * scale
    return [tf.cast(scores_BHSS, kind), None]


attend = fused.WithGradient(_attend, _attend_gradient, inputs=())
"""Returns attention probabilities after dropout, in the type of the scores.

The arguments are scores [B, H, S, S] and float32 biases [B, 1, 1 or S, S]; the biases
get no gradient.
"""


def _add_and_norm(
    hidden_ND: tf.Tensor,
    update_ND: tf.Tensor,
    bias_D: tf.Tensor,
    gamma_D: tf.Tensor,
    beta_D: tf.Tensor,
    *,
    drop: Drop,
    epsilon: float,
) -> tuple[tf.Tensor, list[tf.Tensor]]:
    kind = hidden_ND.dtype
    update_ND = drop(tf.cast(update_ND, "float32") + bias_D)
    sum_ND = tf.cast(hidden_ND, "float32") + update_ND
    centred_ND = sum_ND - tf.reduce_mean(sum_ND, axis=-1, keepdims=True)
    variance_N1 = tf.reduce_mean(tf.square(centred_ND), axis=-1, keepdims=True)
    inverse_N1 = tf.math.rsqrt(variance_N1 + epsilon)
    normed_ND = centred_ND * inverse_N1
    result_ND = tf.cast(normed_ND * gamma_D + beta_D, kind)
    return result_ND, [tf.cast(normed_ND, kind), inverse_N1]


def _add_and_norm_gradient(
    gamma_D: tf.Tensor,
    normed_ND: tf.Tensor,
    inverse_N1: tf.Tensor,
    upstream_ND: tf.Tensor,
    *,
    drop: Drop,
    epsilon: float,
) -> list[tf.Tensor]:
    del epsilon  # It is part of the inverse.
    kind = upstream_ND.dtype
    upstream_ND = tf.cast(upstream_ND, "float32")
    normed_ND = tf.cast(normed_ND, "float32")
    scaled_ND = upstream_ND * gamma_D
    mean_N1 = tf.reduce_mean(scaled_ND, axis=-1, keepdims=True)
    slope_N1 = tf.reduce_mean(scaled_ND * normed_ND, axis=-1, keepdims=True)
    hidden_ND = inverse_N1 * (scaled_ND - mean_N1 - normed_ND * slope_N1)
    update_ND = drop(hidden_ND)
    return [
        tf.cast(hidden_ND, kind),
        tf.cast(update_ND, kind),
        tf.reduce_sum(update_ND, axis=0),
        tf.reduce_sum(upstream_ND * normed_ND, axis=0),
        tf.reduce_sum(upstream_ND, axis=0),
    ]


add_and_norm = fused.WithGradient(_add_and_norm, _add_and_norm_gradient, inputs=(3,))
"""Returns the layer norm of hidden states + dropout(update + bias); float32 inside.

The arguments are hidden states and update [N, D], the bias of the update and scales and
offsets of the norm, all [D].
"""


def _gelu(values_NF: tf.Tensor, bias_F: tf.Tensor) -> tuple[tf.Tensor, list]:
    biased_NF = tf.cast(values_NF, "float32") + bias_F
    return tf.cast(biased_NF * _normal_cdf(biased_NF), values_NF.dtype), []


def _gelu_gradient(
    values_NF: tf.Tensor, bias_F: tf.Tensor, upstream_NF: tf.Tensor
) -> list[tf.Tensor]:
    biased_NF = tf.cast(values_NF, "float32") + bias_F
    density_NF = tf.exp(-0.5 * tf.square(biased_NF)) * (2.0 * math.pi) ** -0.5
    slope_NF = _normal_cdf(biased_NF) + biased_NF * density_NF
    gradient_NF = tf.cast(upstream_NF, "float32") * slope_NF
    return [tf.cast(gradient_NF, values_NF.dtype), tf.reduce_sum(gradient_NF, axis=0)]


gelu = fused.WithGradient(_gelu, _gelu_gradient, inputs=(0, 1))
"""Returns the exact (erf) GELU of values [N, F] plus biases [F]; float32 inside.

The tanh approximation differs by up to 5e-4.
"""


def _normal_cdf(values: tf.Tensor) -> tf.Tensor:
    # A product: on a CPU, the division in tf.nn.gelu costs more than all the rest.
    return 0.5 * (1.0 + tf.math.erf(values * 0.5**0.5))
