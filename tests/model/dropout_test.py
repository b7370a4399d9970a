"""Dropout acts in training, at its sites and nowhere else."""

import numpy as np
import pytest
import tensorflow as tf

from electra_tf.config import ModelConfig
from electra_tf.model.discriminator import DiscriminatorOutput
from electra_tf.model.dropout import Dropout
from electra_tf.model.electra import Electra
from electra_tf.model.kernels import random_bits
from tests.model import naive

RATE, SEED = 0.3, (3, 4, 1)
IDS_BS = np.random.default_rng(0).integers(5, 50, (2, 8))
MASK_BS = np.arange(8) < np.array([[8], [5]])
SEGMENTS_BS = np.arange(8) >= np.array([[4], [3]])


@pytest.fixture(scope="module")
def model() -> Electra:
    """A model whose weights are all large enough to matter."""
    config = ModelConfig(
        hidden_size=32,
        num_layers=3,
        num_heads=2,
        intermediate_size=64,
        embedding_size=16,
        max_position_embeddings=16,
        initializer_range=0.3,
    )
    electra = Electra(config, 50, seed=1)
    for index, variable in enumerate(electra.trainable_variables):
        variable.assign_add(
            tf.random.stateless_normal(variable.shape, (0, index), stddev=0.1)
        )
    return electra


def discriminate(model: Electra, dropout: Dropout) -> DiscriminatorOutput:
    inputs = [tf.constant(values, "int32") for values in (IDS_BS, MASK_BS, SEGMENTS_BS)]
    return model.discriminator(*inputs, dropout=dropout)


def test_hidden_states_in_training_are_those_of_the_equations(model):
    weights = {
        path.removeprefix("electra/").removeprefix("discriminator/"): value
        for path, value in model.values("discriminator").items()
    }
    equations = naive.Discriminator(weights, 3, 2, RATE, SEED)
    expected = equations(IDS_BS, MASK_BS, SEGMENTS_BS.astype(int))
    output = discriminate(model, Dropout(RATE, random_bits.seed(*SEED)))
    found = [output.encoder.input_BSD, *output.encoder.layers_BSD, output.logits_BS]
    # The embeddings, and three sites in each layer.
    assert equations.sites == 1 + 3 * 3
    for name, ours, theirs in zip(
        ("input", "layer 0", "layer 1", "layer 2", "logits"),
        found,
        expected,
        strict=True,
    ):
        # Float32: values of up to 5, at the end of sums of 64 terms. Padding too, of
        # which each token looks at the real ones alone.
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=2e-5, err_msg=name)


def test_the_words_are_hashes_of_their_places():
    """So that a run started with an older version draws the same numbers."""
    for shape, seed in (((3, 5), (0, 0, 0)), ((2, 3, 4), (-7, 2**31 - 1, 3))):
        ours = random_bits.words(tf.constant(shape), random_bits.seed(*seed))
        np.testing.assert_array_equal(ours, naive.words(shape, seed))
        uniform = random_bits.uniform(tf.constant(shape), random_bits.seed(*seed))
        # The upper 24 bits, which float32 holds exactly.
        theirs = (naive.words(shape, seed) >> np.uint32(8)) / 2**24
        np.testing.assert_array_equal(uniform, theirs)


def test_a_rate_of_zero_drops_nothing(model):
    training = discriminate(model, Dropout(0.0, random_bits.seed(*SEED)))
    inference = discriminate(model, Dropout(RATE, None))
    # Compiled expressions round otherwise than TensorFlow's.
    np.testing.assert_allclose(training.logits_BS, inference.logits_BS, atol=1e-5)
