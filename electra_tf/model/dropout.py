"""Dropout inside fused expressions, with its random numbers as an argument."""

import functools
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from electra_tf.model.kernels import fused, random_bits


class Dropout:
    """Dropout of one forward pass, with its own random numbers at each site.

    Sites are numbered in the order of their calls, so the mask of a site is a function
    of (seed, site) alone and nothing reads a global generator: a resumed run draws the
    numbers that the uninterrupted one would have drawn. A difference from the
    reference: the bits are a hash (`random_bits`), not Philox, at a fifth of the cost.

    Args:
        rate: share of values set to 0; the others are scaled by 1 / (1 - rate).
        seed: a seed of `random_bits`, different for every step and network; None in
            inference, where nothing is dropped and nothing is compiled.
    """

    def __init__(self, rate: float, seed: tf.Tensor | None) -> None:
        self._rate = rate
        self._seed = seed
        self._sites = 0

    @property
    def is_training(self) -> bool:
        """Whether this is a training pass, which has dropout and a gradient."""
        return self._seed is not None

    def plain(
        self, expression: Callable[..., Any], *tensors: tf.Tensor, **constants: int
    ) -> Any:
        """Computes an expression without dropout; compiled in training."""
        if self._seed is None:
            return expression(*tensors, **constants)
        return _compiled(expression)(*tensors, **constants)

    def __call__(
        self,
        expression: Callable[..., tf.Tensor],
        *tensors: tf.Tensor,
        **constants: float,
    ) -> tf.Tensor:
        """Computes an expression with dropout, at the next site.

        Args:
            expression: takes `tensors`, a function `drop` (from float tensor to tensor
                of the same shape) and Python constants; without side effects.
            tensors: arguments of the expression, by position.
            constants: arguments of the expression, by name.
        """
        if self._seed is None:
            return expression(*tensors, drop=lambda values: values, **constants)
        self._sites += 1
        seed = random_bits.neighbour(self._seed, self._sites)
        return _with_dropout(expression)(*tensors, seed, rate=self._rate, **constants)


# One compiled function per expression and process.
_compiled = functools.cache(fused.differentiable)


@functools.cache
def _with_dropout(expression: Callable[..., tf.Tensor]) -> Callable[..., tf.Tensor]:
    """Compiles the expression as a function with a seed as its last tensor."""
    if not isinstance(expression, fused.WithGradient):

        def with_seed(*arguments: tf.Tensor, rate: float, **constants) -> tf.Tensor:
            *tensors, seed = arguments
            return expression(*tensors, drop=_dropper(seed, rate), **constants)

        return fused.differentiable(with_seed)

    def forward(*arguments: tf.Tensor, rate: float, **constants) -> tuple:
        *tensors, seed = arguments
        drop = _dropper(seed, rate)
        return expression.forward(*tensors, drop=drop, **constants)

    def gradient(seed: tf.Tensor, *arguments: Any, rate: float, **constants) -> list:
        drop = _dropper(seed, rate)
        return [*expression.gradient(*arguments, drop=drop, **constants), None]

    assert expression.inputs is not None
    return fused.differentiable(
        fused.WithGradient(forward, gradient, inputs=(-1, *expression.inputs))
    )


def _dropper(seed: tf.Tensor, rate: float) -> Callable[[tf.Tensor], tf.Tensor]:
    """Returns the dropout of one site; it is linear, so it is its own gradient."""
    return lambda values: _drop(values, seed, rate)


def _drop(values: tf.Tensor, seed: tf.Tensor, rate: float) -> tf.Tensor:
    if rate == 0.0:
        return values
    words = random_bits.words(tf.shape(values), seed)
    keep = words >= tf.constant(round(rate * 2**32), "uint32")
    return tf.where(keep, values * (1.0 / (1.0 - rate)), 0.0)


def inference() -> Dropout:
    """Returns the dropout of inference, which drops nothing."""
    return Dropout(0.0, None)
