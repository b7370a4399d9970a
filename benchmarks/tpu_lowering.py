"""Lowers a TensorFlow function to StableHLO that a TPU accepts.

The lowering is the CPU's, which is XLA's own up to here: what depends on the chip comes
later, in libtpu's compiler. What a TPU has no use for is refused before that.
"""

import re
from collections.abc import Callable

import tensorflow as tf

from electra_tf.batch import Batch, SpecialIds
from electra_tf.config import Config
from electra_tf.model.electra import Electra
from electra_tf.pretraining import optimizer as optimizers
from electra_tf.pretraining.metric_sums import Accumulator
from electra_tf.pretraining.step import Step

_REFUSED = {
    r"tensor<[^>]*\?": (
        "a shape that is known only at run time",
        "give every tensor a static shape (no boolean_mask, where or unique)",
    ),
    r"\bf64\b": ("float64", "compute in float32"),
    r"stablehlo\.(?:infeed|outfeed|send|recv)\b|custom_call @\S*[cC]all[bB]ack": (
        "a call of the host",
        "leave it outside the step (no py_function, numpy_function or print)",
    ),
}
"""Patterns in the program, with what they mean and the cure."""


def replica_step(config: Config, vocabulary_size: int) -> Callable[..., tf.Tensor]:
    """Builds `train_replica` of a fresh model, as pretrain.py does.

    Args:
        config: validated.
        vocabulary_size: number of pieces.

    Returns:
        A function of input ids, mask and segment ids (int32 [B, S]) that takes one
        optimizer step and returns the gradient norm.
    """
    model = Electra(config.model, vocabulary_size, config.precision, config.seed)
    steps = Step(
        model,
        optimizers.create(config, model.trainable_variables),
        Accumulator(),
        config,
        SpecialIds(pad=0, unk=1, cls=2, sep=3, mask=4),
        tf.distribute.get_strategy(),
    )
    return lambda *batch: steps.train_replica(Batch(*batch))


def lower(function: Callable[..., tf.Tensor], *inputs: tf.TensorSpec) -> str:
    """Returns the program of a function as text.

    Variables become its first arguments and its results; their updates in place are
    kept as aliases.

    Raises:
        ValueError: an operation, a shape or a type that a TPU does not take.
    """
    compiled = tf.function(function, jit_compile=True, autograph=False)
    try:
        program = compiled.experimental_get_compiler_ir(*inputs)(stage="stablehlo")
    except ValueError as error:
        raise ValueError(
            f"XLA has no program for this function ({_one_line(error)}): use "
            "operations that XLA knows, and static shapes."
        ) from error
    program = _plain(program)
    for pattern, (problem, cure) in _REFUSED.items():
        found = re.search(pattern, program)
        if found:
            line = program[program.rfind("\n", 0, found.start()) + 1 : found.end()]
            raise ValueError(
                f"The program has {problem}, which a TPU does not take: {cure}. "
                f"It is in: {line.strip()[-200:]}"
            )
    return program


def _plain(program: str) -> str:
    """Removes debugging locations and converts the program to plain StableHLO.

    TensorFlow wraps each updated variable in `mhlo.copy`. An identity is enough: the
    arguments and results of a program are different buffers anyway.
    """
    program = re.sub(r"(?m)^#loc.*\n", "", program)
    program = re.sub(r" loc\((?:\"[^\"]*\"|[^()\"]|\([^()]*\))*\)", "", program)
    return re.sub(
        r"mhlo\.copy (%[\w#]+) (?:\{[^}]*\} )?: (tensor<[^>]*>)",
        r"stablehlo.reshape \1 : (\2) -> \2",
        program,
    )


def _one_line(error: Exception) -> str:
    """The sentence of an error that names the operation."""
    text = str(error).split("The op is created at")[0]
    return " ".join(text.split())[:300]
