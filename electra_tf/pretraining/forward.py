"""The forward pass of a training or evaluation step through both networks.

Shape letters: B batch, S sequence, M masked slots.
"""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from electra_tf.batch import Batch
from electra_tf.model import masking
from electra_tf.model.dropout import Dropout
from electra_tf.model.electra import Electra
from electra_tf.model.masking import CorruptedBatch, MaskedBatch
from electra_tf.pretraining import losses
from electra_tf.pretraining.losses import WeightedSum

Sampler = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
"""Logits [B, M, V] and original ids [B, M] → sampled ids [B, M]."""


class Forward(NamedTuple):
    """Both networks' results on one batch."""

    predicted_ids_BM: tf.Tensor
    """The generator's most probable pieces."""
    sampled_ids_BM: tf.Tensor
    """The pieces drawn from the generator's distribution."""
    corrupted: CorruptedBatch
    """The discriminator's input."""
    discriminator_logits_BS: tf.Tensor
    """Float32; above 0: predicted to be replaced."""
    masked_lm_loss: WeightedSum
    discriminator_loss: WeightedSum


def forward(
    model: Electra,
    batch: Batch,
    masked: MaskedBatch,
    sampler: Sampler,
    generator_dropout: Dropout,
    discriminator_dropout: Dropout,
    attention_slope: float | tf.Tensor = 0.0,
) -> Forward:
    """Runs the generator, samples, runs the discriminator, and computes both losses.

    No gradient flows from the discriminator into the generator except through the
    shared embeddings: samples are integers.
    """
    generator_logits_BMV = model.generator(
        masked.input_ids_BS,
        batch.input_mask_BS,
        batch.segment_ids_BS,
        masked.positions_BM,
        dropout=generator_dropout,
        attention_slope=attention_slope,
    ).logits_BMV
    sampled_ids_BM = sampler(generator_logits_BMV, masked.original_ids_BM)
    corrupted = masking.corrupt(batch, masked, sampled_ids_BM)
    logits_BS = model.discriminator(
        corrupted.input_ids_BS,
        batch.input_mask_BS,
        batch.segment_ids_BS,
        dropout=discriminator_dropout,
        attention_slope=attention_slope,
    ).logits_BS
    return Forward(
        tf.argmax(generator_logits_BMV, axis=-1, output_type="int32"),
        sampled_ids_BM,
        corrupted,
        logits_BS,
        losses.masked_lm_loss(
            generator_logits_BMV, masked.original_ids_BM, masked.weights_BM
        ),
        losses.discriminator_loss(logits_BS, corrupted.labels_BS, batch.input_mask_BS),
    )
