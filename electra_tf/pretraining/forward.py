"""Both networks on a batch: what is sampled, judged and lost.

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
    sampled_ids_BM: tf.Tensor
    corrupted: CorruptedBatch
    discriminator_logits_BS: tf.Tensor
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
    """Generator, samples, discriminator, losses.

    No gradient flows from the discriminator into the generator except through the
    shared embeddings: samples are integers.
    """
    logits_BMV = model.generator(
        masked.input_ids_BS,
        batch.input_mask_BS,
        batch.segment_ids_BS,
        masked.positions_BM,
        dropout=generator_dropout,
        attention_slope=attention_slope,
    ).logits_BMV
    sampled_ids_BM = sampler(logits_BMV, masked.original_ids_BM)
    corrupted = masking.corrupt(batch, masked, sampled_ids_BM)
    judged_BS = model.discriminator(
        corrupted.input_ids_BS,
        batch.input_mask_BS,
        batch.segment_ids_BS,
        dropout=discriminator_dropout,
        attention_slope=attention_slope,
    ).logits_BS
    return Forward(
        tf.argmax(logits_BMV, axis=-1, output_type="int32"),
        sampled_ids_BM,
        corrupted,
        judged_BS,
        losses.masked_lm_loss(logits_BMV, masked.original_ids_BM, masked.weights_BM),
        losses.discriminator_loss(judged_BS, corrupted.labels_BS, batch.input_mask_BS),
    )
