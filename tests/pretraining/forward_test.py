"""Both networks in one forward pass: what the discriminator reads and trains."""

import numpy as np
import pytest
import tensorflow as tf

from electra_tf.batch import Batch
from electra_tf.config import ModelConfig
from electra_tf.model.dropout import inference
from electra_tf.model.electra import Electra
from electra_tf.model.masking import MaskedBatch
from electra_tf.pretraining.forward import forward

CONFIG = ModelConfig(
    hidden_size=32,
    num_layers=1,
    num_heads=2,
    intermediate_size=64,
    embedding_size=16,
    generator_fraction=0.5,
    max_position_embeddings=8,
)
BATCH = Batch(
    tf.constant([[2, 5, 6, 7, 3, 0]]),
    tf.constant([[1, 1, 1, 1, 1, 0]]),
    tf.zeros((1, 6), "int32"),
)
MASKED = MaskedBatch(
    tf.constant([[2, 4, 6, 4, 3, 0]]),
    tf.constant([[1, 3]]),
    tf.constant([[5, 7]]),
    tf.ones((1, 2)),
)


@pytest.fixture(scope="module")
def model() -> Electra:
    return Electra(CONFIG, vocabulary_size=10, seed=1)


def test_the_discriminator_reads_the_samples(model):
    samples_BM = tf.constant([[5, 9]])
    result = forward(
        model, BATCH, MASKED, lambda *_: samples_BM, inference(), inference()
    )
    assert result.corrupted.input_ids_BS.numpy().tolist() == [[2, 5, 6, 9, 3, 0]]
    assert result.corrupted.labels_BS.numpy().tolist() == [[0, 0, 0, 1, 0, 0]]
    expected = model.discriminator(
        result.corrupted.input_ids_BS,
        BATCH.input_mask_BS,
        BATCH.segment_ids_BS,
        dropout=inference(),
    )
    np.testing.assert_array_equal(result.discriminator_logits_BS, expected.logits_BS)


def test_the_discriminator_loss_trains_the_generator_through_the_embeddings_alone(
    model,
):
    def sample(logits_BMV: tf.Tensor, _) -> tf.Tensor:
        return tf.argmax(logits_BMV, axis=-1, output_type="int32")

    with tf.GradientTape() as tape:
        result = forward(model, BATCH, MASKED, sample, inference(), inference())
        loss = result.discriminator_loss.total
    variables = {v.path: v.value for v in model.trainable_variables}
    gradients = tape.gradient(loss, variables)
    for path, gradient in gradients.items():
        assert (gradient is None) == path.startswith("electra/generator/"), path
