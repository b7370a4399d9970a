"""Compilation of elementwise work into few passes over memory.

Between two matrix products, an encoder reads and writes its hidden states a dozen times
if every operation runs separately; on a CPU that costs more than the products. An
expression wrapped by `differentiable` is compiled to one pass, and so is its gradient.
"""

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

compiled = functools.partial(tf.function, jit_compile=True, autograph=False)
"""Decorator that compiles a function which needs no gradient."""


@dataclasses.dataclass(frozen=True)
class WithGradient:
    """An expression with a written-out gradient, where that saves passes over memory.

    Calling it returns the result alone.
    """

    forward: Callable[..., tuple[Any, Sequence[tf.Tensor]]]
    """Maps tensors, by position, and Python constants, by name, to the result and the
    intermediate values that the gradient needs."""
    gradient: Callable[..., Sequence[tf.Tensor | None]]
    """Maps the tensors in `inputs`, the intermediate values and the gradient of the
    result to the gradients of all tensors, None where none is needed."""
    inputs: Sequence[int] | None
    """Indices of the tensors that the gradient needs; the others are not kept in
    memory. None: all."""

    def __call__(self, *tensors: tf.Tensor, **constants: Any) -> Any:
        """Returns the result alone."""
        return self.forward(*tensors, **constants)[0]


def differentiable(expression: Callable[..., Any]) -> Callable[..., Any]:
    """Compiles an expression and its gradient with XLA, as two functions.

    Where the whole step is compiled (`jit_compile`, a TPU), the expression becomes part
    of it. An automatic gradient computes the expression again from its tensors, which
    saves the memory of intermediate values.

    Args:
        expression: maps tensors, by position, and Python constants, by name, to a
            tensor or a list of tensors, without side effects; differentiable in its
            floating-point tensors.
    """
    parts = expression
    if not isinstance(parts, WithGradient):
        parts = _with_automatic_gradient(expression)
    forward, gradient = compiled(parts.forward), compiled(parts.gradient)

    def call(*arguments: tf.Tensor, **constants: Any) -> Any:
        @tf.custom_gradient
        def with_gradient(*tensors):
            result, kept = forward(*tensors, **constants)
            needed = tensors
            if parts.inputs is not None:
                needed = [tensors[index] for index in parts.inputs]

            def backward(*upstream: tf.Tensor) -> Sequence[tf.Tensor | None]:
                structured = tf.nest.pack_sequence_as(result, upstream)
                return gradient(*needed, *kept, structured, **constants)

            return result, backward

        return with_gradient(*map(tf.convert_to_tensor, arguments))

    return call


def _with_automatic_gradient(expression: Callable[..., Any]) -> WithGradient:
    """Returns the expression with TensorFlow's gradient for all of its tensors."""

    def forward(*tensors: tf.Tensor, **constants: Any) -> tuple[Any, list]:
        return expression(*tensors, **constants), []

    def gradient(*arguments: Any, **constants: Any) -> Sequence[tf.Tensor | None]:
        *tensors, upstream = arguments
        sources = [tensor for tensor in tensors if tensor.dtype.is_floating]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(sources)
            result = expression(*tensors, **constants)
        gradients = iter(tape.gradient(result, sources, upstream))
        return [next(gradients) if x.dtype.is_floating else None for x in tensors]

    return WithGradient(forward, gradient, inputs=None)
