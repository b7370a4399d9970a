"""Disentangled embeddings, and positions that start as sines and cosines."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from electra_tf.config import PositionInitializer
from electra_tf.interop import huggingface, huggingface_tokenizer, initial_weights
from electra_tf.model.dropout import inference
from electra_tf.model.electra import OWN_EMBEDDINGS, Electra
from electra_tf.model.initialization import sinusoids
from electra_tf.text.vocabulary import TextRules
from tests.interop import models

DISENTANGLED = dataclasses.replace(models.CONFIG, disentangled_embeddings=True)
WORDS = len(models.VOCABULARY)


def discriminate(model: Electra) -> tf.Tensor:
    return model.discriminator(*models.batch(), dropout=inference()).logits_BS


@pytest.fixture
def trained() -> Electra:
    """A model in which training has changed every weight."""
    model = Electra(DISENTANGLED, WORDS, seed=1)
    for index, variable in enumerate(model.variables):
        noise = tf.random.stateless_normal(variable.shape, (0, index), stddev=0.1)
        variable.assign_add(noise)
    return model


def test_both_ways_to_share_start_from_the_same_numbers():
    plain = Electra(models.CONFIG, WORDS, seed=1)
    np.testing.assert_array_equal(
        discriminate(Electra(DISENTANGLED, WORDS, seed=1)), discriminate(plain)
    )


def test_the_discriminator_leaves_the_generators_embeddings_alone(trained):
    variables = {v.path: v.value for v in trained.trainable_variables}
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(discriminate(trained))
    gradients = tape.gradient(loss, variables)
    shared = [path for path in variables if path.startswith("electra/embeddings/")]
    own = [path for path in variables if OWN_EMBEDDINGS in path]
    assert len(shared) == len(own) == 5
    assert all(gradients[path] is None for path in shared)
    assert all(np.any(tf.convert_to_tensor(gradients[path])) for path in own)


@pytest.mark.parametrize("network", ["discriminator", "generator"])
def test_an_export_is_a_plain_network_with_the_same_numbers(trained, network, tmp_path):
    directory = str(tmp_path)
    huggingface.write(directory, trained, network, 0)
    huggingface_tokenizer.write(
        directory, models.VOCABULARY, TextRules(), models.LENGTH
    )
    plain = Electra(models.CONFIG, WORDS, seed=2)
    initial_weights.give(plain, directory, models.VOCABULARY, TextRules())
    # Rows are added before the sum of a token's rows, not after: another rounding.
    np.testing.assert_allclose(
        logits(plain, network), logits(trained, network), atol=1e-5
    )
    # Conversely, a model that starts from a plain network has its logits.
    again = Electra(DISENTANGLED, WORDS, seed=3)
    report = initial_weights.give(again, directory, models.VOCABULARY, TextRules())
    assert "started fresh: discriminator's own embeddings" in report
    np.testing.assert_allclose(
        logits(again, network), logits(trained, network), atol=1e-5
    )


def logits(model: Electra, network: str) -> tf.Tensor:
    if network == "discriminator":
        return discriminate(model)
    positions = tf.constant([[1, 2], [1, 2]])
    output = model.generator(*models.batch(), positions, dropout=inference())
    return output.logits_BMV


def test_a_shift_of_sinusoids_is_one_linear_map():
    table = sinusoids(64, 16)
    assert table.dtype == np.float32
    np.testing.assert_allclose(np.mean(table**2), 1.0, atol=1e-5)
    step, *_ = np.linalg.lstsq(table[:-3], table[3:], rcond=None)
    np.testing.assert_allclose(table[:-3] @ step, table[3:], atol=1e-4)


def test_sinusoids_are_the_papers():
    table, root = sinusoids(8, 6), 2.0**0.5
    np.testing.assert_allclose(table[5, 0], root * np.sin(5.0), rtol=1e-5)
    np.testing.assert_allclose(table[5, 1], root * np.sin(5 / 10_000 ** (1 / 3)))
    np.testing.assert_allclose(table[5, 5], root * np.cos(5 / 10_000 ** (2 / 3)))
    assert table.shape == (8, 6)


def test_positions_may_start_as_sinusoids():
    config = dataclasses.replace(
        models.CONFIG, position_initializer=PositionInitializer.SINUSOIDAL
    )
    model, plain = Electra(config, WORDS), Electra(models.CONFIG, WORDS)
    table = sinusoids(config.max_position_embeddings, config.embedding_size)
    np.testing.assert_allclose(
        model.embeddings.position.value, config.initializer_range * table
    )
    np.testing.assert_array_equal(
        model.embeddings.word.value, plain.embeddings.word.value
    )
