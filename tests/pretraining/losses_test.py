"""Both losses and the written-out gradient against TensorFlow's."""

import numpy as np
import tensorflow as tf

from electra_tf.pretraining import losses


def test_the_masked_lm_loss_and_its_gradient_are_those_of_the_cross_entropy():
    rng = np.random.default_rng(0)
    # More than one group of pieces, and an incomplete one.
    logits_BMV = tf.constant(rng.normal(size=(2, 3, 150)), "float32")
    ids_BM = tf.constant([[0, 149, 127], [128, 5, 0]])
    weights_BM = tf.constant([[1.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(logits_BMV)
        ours = losses.masked_lm_loss(logits_BMV, ids_BM, weights_BM)
        loss_BM = tf.nn.sparse_softmax_cross_entropy_with_logits(ids_BM, logits_BMV)
        theirs = tf.reduce_sum(loss_BM * weights_BM)
    np.testing.assert_allclose(ours.total, theirs, rtol=1e-6)
    assert float(ours.weight) == 3.0
    # Float32: probabilities below 0.1.
    np.testing.assert_allclose(
        tape.gradient(ours.total, logits_BMV),
        tape.gradient(theirs, logits_BMV),
        atol=1e-7,
    )


def test_the_discriminator_loss_is_over_real_tokens():
    logits_BS = tf.constant([[2.0, -1.0, 9.0]])
    loss = losses.discriminator_loss(
        logits_BS, tf.constant([[1, 0, 0]]), tf.constant([[1, 1, 0]])
    )
    expected = np.log1p(np.exp(-2.0)) + np.log1p(np.exp(-1.0))
    np.testing.assert_allclose(loss.total, expected, rtol=1e-6)
    assert float(loss.weight) == 2.0
