"""Layers that are computed again in the backward pass."""

import re

import numpy as np
import pytest
import tensorflow as tf

from electra_tf.config import ModelConfig, Precision
from electra_tf.model.dropout import Dropout
from electra_tf.model.electra import Electra
from electra_tf.model.kernels import random_bits

IDS_BS = tf.random.stateless_uniform((4, 16), (0, 1), 5, 50, "int32")
MASK_BS = tf.cast(tf.sequence_mask([16, 16, 9, 4], 16), "int32")
LAYERS = 2


def gradients_of(
    rematerialize: bool, jit_compile: bool, precision: Precision = Precision.FLOAT32
):
    """Returns a function that computes a discriminator's gradients."""
    config = ModelConfig(
        hidden_size=32,
        num_layers=LAYERS,
        num_heads=2,
        intermediate_size=64,
        embedding_size=16,
        initializer_range=0.2,
        rematerialize=rematerialize,
    )
    model = Electra(config, 50, precision)
    variables = [x.value for x in model.discriminator.trainable_variables]

    @tf.function(jit_compile=jit_compile)
    def gradients() -> list[tf.Tensor]:
        dropout = Dropout(0.3, random_bits.seed(3, 4))
        with tf.GradientTape() as tape:
            output = model.discriminator(
                IDS_BS, MASK_BS, tf.zeros_like(IDS_BS), dropout=dropout
            )
            # Dropout of the head's side, too: its site comes after the layers'.
            loss = tf.reduce_sum(dropout(drop_squares, output.logits_BS))
        return [tf.convert_to_tensor(x) for x in tape.gradient(loss, variables)]

    return gradients


def drop_squares(logits_BS: tf.Tensor, *, drop) -> tf.Tensor:
    return drop(tf.square(logits_BS))


@pytest.mark.parametrize(
    ("jit_compile", "precision", "tolerance"),
    [
        # Sums of 64 terms in float32.
        (False, Precision.FLOAT32, 1e-5),
        (True, Precision.FLOAT32, 1e-5),
        # 8 bits, of the largest value.
        (False, Precision.MIXED_BFLOAT16, 2**-7),
    ],
)
def test_gradients_and_dropout_are_those_of_layers_that_are_kept(
    jit_compile, precision, tolerance
):
    kept, again = (
        [x.numpy() for x in gradients_of(rematerialize, jit_compile, precision)()]
        for rematerialize in (False, True)
    )
    assert max(np.abs(x).max() for x in kept) > 1.0
    for x, y in zip(kept, again, strict=True):
        # Key biases have a gradient of rounding noise.
        largest = max(1.0, np.abs(x).max())
        np.testing.assert_allclose(x, y, rtol=tolerance, atol=tolerance * largest)


def test_the_compiler_does_not_merge_the_second_computation_with_the_first():
    def products(rematerialize: bool) -> int:
        function = gradients_of(rematerialize, jit_compile=True)
        program = function.experimental_get_compiler_ir()(stage="optimized_hlo")
        return len(re.findall(r" dot\(", program))

    # Query-key-value, scores, context and its projection, feed-forward in and out.
    assert products(True) - products(False) == 6 * LAYERS


def test_inference_keeps_the_attention_probabilities():
    config = ModelConfig(
        hidden_size=32, num_layers=2, num_heads=2, intermediate_size=64
    )
    config.rematerialize = True
    model = Electra(config, 50)
    output = model.discriminator(
        IDS_BS, MASK_BS, tf.zeros_like(IDS_BS), dropout=Dropout(0.0, None)
    )
    assert len(output.encoder.attention_BHSS) == 2
