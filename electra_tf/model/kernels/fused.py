"""Elementwise work in few passes over memory.

Between two matrix products, an encoder reads and writes its hidden states a dozen times
if every operation is run by itself; on a CPU that costs more than the products. An
expression wrapped by `fused` is compiled to one pass, and so is its gradient.
"""

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

compiled = functools.partial(tf.function, jit_compile=True, autograph=False)
"""Decorator: an expression without a gradient, in one pass."""


@dataclasses.dataclass(frozen=True)
class WithGradient:
    """An expression whose gradient is written out, where that saves passes.

    Called like a function, it returns its result alone.
    """

    forward: Callable[..., tuple[Any, Sequence[tf.Tensor]]]
    """Of tensors, by position, and Python constants, by name: the result, and what was
    computed on the way that the gradient needs."""
    gradient: Callable[..., Sequence[tf.Tensor | None]]
    """Of the tensors in `inputs`, what `forward` kept, and the gradient of the result:
    the gradients of all tensors, None where none is needed."""
    inputs: Sequence[int] | None
    """Which tensors the gradient needs; the others don't stay in memory. None: all."""

    def __call__(self, *tensors: tf.Tensor, **constants: Any) -> Any:
        """The result alone."""
        return self.forward(*tensors, **constants)[0]


def fused(expression: Callable[..., Any]) -> Callable[..., Any]:
    """Compiles an expression and its gradient, each by itself, with XLA.

    Where the whole step is compiled (`jit_compile`, a TPU), the expression becomes part
    of it. A gradient that is not written out computes the expression again from its
    tensors, rather than keep what lies inside it: this is rematerialisation, too.

    Args:
        expression: of tensors, by position, and of Python constants, by name; a tensor
            or a list of them. Without side effects; differentiable in its
            floating-point tensors.
    """
    parts = expression
    if not isinstance(parts, WithGradient):
        parts = _differentiated(expression)
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


def _differentiated(expression: Callable[..., Any]) -> WithGradient:
    """The expression with the gradient that TensorFlow finds, of all its tensors."""

    def forward(*tensors: tf.Tensor, **constants: Any) -> tuple[Any, list]:
        return expression(*tensors, **constants), []

    def gradient(*arguments: Any, **constants: Any) -> Sequence[tf.Tensor | None]:
        *tensors, upstream = arguments
        sources = [tensor for tensor in tensors if tensor.dtype.is_floating]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(sources)
            result = expression(*tensors, **constants)
        found = iter(tape.gradient(result, sources, upstream))
        return [next(found) if x.dtype.is_floating else None for x in tensors]

    return WithGradient(forward, gradient, inputs=None)
