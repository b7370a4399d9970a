"""Softmax by groups against TensorFlow's softmax of whole rows."""

import numpy as np
import pytest
import tensorflow as tf

from electra_tf.model.kernels import grouped_softmax, random_bits
from electra_tf.model.kernels.grouped_softmax import GROUP_SIZE


@pytest.mark.parametrize("vocabulary", [20, GROUP_SIZE, 3 * GROUP_SIZE + 1, 1000])
def test_the_normaliser_is_that_of_the_whole_row(vocabulary):
    logits = 30 * tf.random.stateless_normal((2, 3, vocabulary), (0, 1))
    ours = grouped_softmax.log_sum_exp(logits)
    # Float32 at values near 100.
    np.testing.assert_allclose(ours, tf.reduce_logsumexp(logits, -1), rtol=1e-6)


@pytest.mark.parametrize("vocabulary", [20, 2 * GROUP_SIZE + 5])
def test_draws_are_as_frequent_as_their_probabilities(vocabulary):
    draws = 200_000
    logits = 2 * tf.random.stateless_normal((vocabulary,), (1, 2))
    logits_BMV = tf.broadcast_to(logits, (10, draws // 10, vocabulary))
    drawn = grouped_softmax.draw(logits_BMV, random_bits.seed(3, 4))
    counts = np.bincount(np.ravel(drawn), minlength=vocabulary)
    expected = draws * tf.nn.softmax(logits).numpy()
    frequent = expected > 5
    squares = (counts - expected)[frequent] ** 2 / expected[frequent]
    # Chi-squared with about `degrees` of freedom: five standard deviations.
    degrees = np.count_nonzero(frequent)
    assert squares.sum() < degrees + 5 * (2 * degrees) ** 0.5
    assert counts.size == vocabulary


def test_what_has_no_probability_is_never_drawn_at_the_end_of_the_vocabulary():
    vocabulary = 2 * GROUP_SIZE + 3
    logits = np.full((1, 5000, vocabulary), -1000.0, np.float32)
    logits[..., -2] = logits[..., 7] = 0.0
    drawn = grouped_softmax.draw(tf.constant(logits), random_bits.seed(0, 0))
    assert set(np.ravel(drawn)) == {7, vocabulary - 2}


@pytest.mark.parametrize("value", [-np.inf, np.nan])
def test_what_is_drawn_is_a_piece_though_no_logit_is_a_number(value):
    logits = tf.fill((3, 5, GROUP_SIZE + 20), np.float32(value))
    for vocabulary in (20, GROUP_SIZE + 20):
        drawn = grouped_softmax.draw(logits[:, :, :vocabulary], random_bits.seed(3))
        assert np.all((drawn.numpy() >= 0) & (drawn.numpy() < vocabulary))
