"""Expressions whose gradient is written out, against TensorFlow's gradient."""

import numpy as np
import pytest
import tensorflow as tf

from electra_tf.model.dropout import Dropout
from electra_tf.model.kernels import expressions, random_bits
from electra_tf.model.kernels.fused import WithGradient


def normal(*shape: int) -> tf.Tensor:
    return tf.random.stateless_normal(shape, (len(shape), shape[-1]))


CASES = {
    "attend": (
        expressions.attend,
        [normal(2, 3, 5, 5), tf.constant([[[[0.0, 0, 0, 0, -1e4]]]] * 2)],
        {"scale": 0.5},
        [0],
    ),
    "add_and_norm": (
        expressions.add_and_norm,
        [normal(7, 6), normal(7, 6), normal(6), 1.0 + normal(6), normal(6)],
        {"epsilon": 1e-12},
        [0, 1, 2, 3, 4],
    ),
    "gelu": (expressions.gelu, [3 * normal(9, 4), normal(4)], {}, [0, 1]),
}


@pytest.mark.parametrize("name", CASES)
def test_a_written_out_gradient_is_the_derivative(name):
    expression, tensors, constants, differentiable = CASES[name]
    seed = random_bits.seed(1, 2)

    def derivative(compute) -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            result = compute()
            upstream = tf.reshape(tf.range(tf.size(result)), result.shape)
            loss = tf.reduce_sum(result * tf.sin(tf.cast(upstream, "float32")))
        gradients = tape.gradient(loss, tensors)
        return [gradients[index] for index in differentiable]

    def by_itself() -> tf.Tensor:
        if name == "gelu":
            return Dropout(0.3, seed).plain(expression, *tensors, **constants)
        return Dropout(0.3, seed)(expression, *tensors, **constants)

    def by_tensorflow() -> tf.Tensor:
        def same(*arguments, **named):  # Not a WithGradient: TensorFlow's gradient.
            return expression.forward(*arguments, **named)[0]

        if name == "gelu":
            return same(*tensors)
        return Dropout(0.3, seed)(same, *tensors, **constants)

    assert isinstance(expression, WithGradient)
    # Outside of XLA the error function is rounded otherwise.
    np.testing.assert_allclose(by_itself(), by_tensorflow(), rtol=1e-5, atol=1e-6)
    for ours, theirs in zip(
        derivative(by_itself), derivative(by_tensorflow), strict=True
    ):
        # Sums of up to fifty float32 terms of size 1.
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=2e-6)
