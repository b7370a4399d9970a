"""Elementwise work in few passes over memory.

Between two matrix products, an encoder reads and writes its hidden states a dozen times
if every operation is run by itself; on a CPU that costs more than the products. An
expression wrapped by `fused` is compiled to one pass, and so is its gradient, which
computes the expression again rather than keep what lies inside it.
"""

import functools
from collections.abc import Callable
from typing import Any

import tensorflow as tf

compiled = functools.partial(tf.function, jit_compile=True, autograph=False)
"""Decorator: an expression without a gradient, in one pass."""


def fused(expression: Callable[..., Any]) -> Callable[..., Any]:
    """Compiles an expression and its gradient, each by itself, with XLA.

    Where the whole step is compiled (`jit_compile`, a TPU), the expression becomes part
    of it. The gradient keeps the arguments alone: this is rematerialisation, too.

    Args:
        expression: of tensors, by position, and of Python constants, by name; a tensor
            or a list of them. Without side effects; differentiable in its
            floating-point arguments.
    """
    forward = compiled(expression)

    @compiled
    def backward(tensors: list[tf.Tensor], upstream: Any, **constants):
        sources = [tensor for tensor in tensors if tensor.dtype.is_floating]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(sources)
            result = expression(*tensors, **constants)
        return tape.gradient(result, sources, upstream)

    @functools.wraps(expression)
    def call(*arguments, **constants) -> Any:
        @tf.custom_gradient
        def with_gradient(*tensors):
            def gradient(*upstream: tf.Tensor) -> list[tf.Tensor | None]:
                structured = tf.nest.pack_sequence_as(result, upstream)
                found = iter(backward(list(tensors), structured, **constants))
                return [next(found) if x.dtype.is_floating else None for x in tensors]

            result = forward(*tensors, **constants)
            return result, gradient

        return with_gradient(*map(tf.convert_to_tensor, arguments))

    return call
