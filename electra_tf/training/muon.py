"""Muon: the update of a matrix is its momentum with all singular values made alike.

Source: Jordan et al., "Muon: An optimizer for hidden layers in neural networks" (2024),
five Newton-Schulz iterations on Nesterov momentum; Liu et al., "Muon is Scalable for
LLM Training" (2025), section 2.2: an update of the size of Adam's, so that learning
rate and weight decay mean the same. As `keras.optimizers.Muon`; differences: weight
decay is added to the update, and clipping bounds the global norm, as for Adam here.
The iterations run in bfloat16, as published, where the layers do.
"""

from collections.abc import Sequence

import tensorflow as tf

from electra_tf.model.kernels import fused

MOMENTUM = 0.95
COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Coefficients of the quintic that brings singular values to about 1 (0.7 to 1.2)."""
ITERATIONS = 5
UPDATE_RMS = 0.2
"""Root mean square of an update's elements / learning rate, about that of Adam's."""


def is_for(path: str) -> bool:
    """Whether a variable is a kernel of an encoder's layers, which Muon is for."""
    return "/encoder/layer_" in path and path.endswith("/kernel")


def update(
    variables: Sequence[tf.Tensor],
    momenta: Sequence[tf.Tensor],
    gradients: Sequence[tf.Tensor],
    scale: tf.Tensor,
    rates: Sequence[tf.Tensor],
    finite: tf.Tensor,
    weight_decay: float,
    dtype: str,
) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
    """Computes new values of matrices and of their momenta.

    Args:
        variables: float32 matrices.
        momenta: of the same shapes; 0 before the first step.
        gradients: of the same shapes, not clipped yet.
        scale: factor of the gradients that clips them.
        rates: learning rates.
        finite: whether the gradients are; else everything stays as it is.
        weight_decay: decay per step / learning rate.
        dtype: of the iterations.
    """
    new_momenta, directions = _momenta(momenta, gradients, scale)
    groups: dict[tuple[int, ...], list[int]] = {}
    for index, direction in enumerate(directions):
        groups.setdefault(tuple(direction.shape), []).append(index)
    for indices in groups.values():  # One product for all matrices of a shape.
        stack = tf.stack([directions[index] for index in indices])
        stack = orthogonalized(stack, dtype)
        for index, matrix in zip(indices, tf.unstack(stack), strict=True):
            directions[index] = matrix
    return _applied(
        variables,
        momenta,
        new_momenta,
        directions,
        rates,
        finite,
        weight_decay=weight_decay,
    )


def orthogonalized(matrices_NRC: tf.Tensor, dtype: str = "float32") -> tf.Tensor:
    """Brings the singular values of matrices with R <= C to about 1.

    A value s of the matrix divided by its norm goes through five times
    a s + b s^3 + c s^5.

    Args:
        matrices_NRC: float32.
        dtype: of the iterations.
    """
    a, b, c = (tf.constant(coefficient, dtype) for coefficient in COEFFICIENTS)
    squares_N11 = tf.reduce_sum(tf.square(matrices_NRC), axis=(1, 2), keepdims=True)
    x_NRC = tf.cast(matrices_NRC / (tf.sqrt(squares_N11) + 1e-7), dtype)
    for _ in range(ITERATIONS):
        gram_NRR = tf.matmul(x_NRC, x_NRC, transpose_b=True)
        x_NRC = a * x_NRC + tf.matmul(
            b * gram_NRR + c * tf.matmul(gram_NRR, gram_NRR), x_NRC
        )
    return tf.cast(x_NRC, "float32")


@fused.compiled
def _momenta(momenta, gradients, scale):
    """New momenta, and Nesterov's look ahead of them, transposed where R > C."""
    changed, ahead = [], []
    for momentum, gradient in zip(momenta, gradients, strict=True):
        clipped = scale * gradient
        new = MOMENTUM * momentum + clipped
        nesterov = clipped + MOMENTUM * new
        rows, columns = new.shape
        changed.append(new)
        ahead.append(tf.transpose(nesterov) if rows > columns else nesterov)
    return changed, ahead


@fused.compiled
def _applied(
    variables, momenta, new_momenta, directions, rates, finite, *, weight_decay
):
    """New variables and momenta, in one pass; the old ones where not finite."""
    changed: tuple[list, list] = ([], [])
    columns = (variables, momenta, new_momenta, directions, rates)
    for variable, old, new, direction, rate in zip(*columns, strict=True):
        rows, columns_ = variable.shape
        if rows > columns_:
            direction = tf.transpose(direction)
        size = UPDATE_RMS * max(rows, columns_) ** 0.5
        change = size * direction + weight_decay * variable
        changed[0].append(tf.where(finite, variable - rate * change, variable))
        changed[1].append(tf.where(finite, new, old))
    return changed
