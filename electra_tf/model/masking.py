"""Masking of tokens, sampling of replacements, and labels of the discriminator.

Shape letters: B batch, S sequence, M masked slots, V vocabulary.

Differences from the reference (google-research/electra, pretrain/pretrain_helpers.py):
positions are drawn without replacement, so that the number of masked tokens is exact;
`masking.with_replacement` draws them the reference's way, duplicates and all.
"""

from typing import NamedTuple

import tensorflow as tf

from electra_tf.batch import Batch, SpecialIds
from electra_tf.config import MaskingConfig
from electra_tf.model.kernels import grouped_softmax, random_bits


class MaskedBatch(NamedTuple):
    """The generator's input and targets; a slot with weight 0 is unused."""

    input_ids_BS: tf.Tensor
    """Int32, with [MASK] in the place of most chosen tokens."""
    positions_BM: tf.Tensor
    """Int32, places of the chosen tokens; 0 in unused slots."""
    original_ids_BM: tf.Tensor
    """Int32, the chosen tokens, which the generator predicts; 0 in unused slots."""
    weights_BM: tf.Tensor
    """Float32, 1 in used slots, else 0."""


class CorruptedBatch(NamedTuple):
    """The discriminator's input and targets."""

    input_ids_BS: tf.Tensor
    """Int32, with the generator's samples in the place of the chosen tokens."""
    labels_BS: tf.Tensor
    """Int32, 1 where the token differs from the original."""


def slot_weights(
    input_mask_BS: tf.Tensor, mask_prob: float, max_predictions: int
) -> tf.Tensor:
    """Returns 1 for the slots that an example of its length uses, else 0.

    An example uses max(1, min(max_predictions, round(mask_prob * real tokens))) slots,
    rounded half to even as in the reference, or none if it is padding alone. The result
    is float32 [B, M].
    """
    tokens_B = tf.reduce_sum(tf.cast(input_mask_BS, "float32"), axis=1)
    slots_B = tf.clip_by_value(
        tf.round(tokens_B * mask_prob), 1.0, float(max_predictions)
    )
    slots_B = tf.where(tokens_B > 0, slots_B, 0.0)
    return tf.cast(
        tf.range(max_predictions, dtype="float32") < slots_B[:, None], "float32"
    )


def mask(
    batch: Batch,
    seed: tf.Tensor,
    config: MaskingConfig,
    max_predictions: int,
    special_ids: SpecialIds,
    continues_V: tf.Tensor | None = None,
) -> MaskedBatch:
    """Chooses tokens for the generator to predict, and masks them.

    Candidates are real tokens other than [CLS], [SEP] and [MASK]; [UNK] may be chosen.
    A share of `mask_token_prob` of the chosen become [MASK] and the others stay.

    Args:
        batch: the original tokens.
        seed: a seed of `random_bits`; the choice is a function of it.
        config: probabilities, and the way to draw.
        max_predictions: M.
        special_ids: from the vocabulary.
        continues_V: bool, whether a piece continues a word; needed for whole words.
    """
    ids_BS = batch.input_ids_BS
    special_BS = tf.reduce_any(
        [ids_BS == i for i in (special_ids.cls, special_ids.sep, special_ids.mask)], 0
    )
    candidates_BS = (batch.input_mask_BS > 0) & ~special_BS
    draw_seed = random_bits.neighbour(seed, 1)
    if config.with_replacement:
        positions_BM, is_candidate_BM = _draw_with_replacement(
            candidates_BS, max_predictions, draw_seed
        )
    else:
        # Independent uniform numbers have the order of Gumbel noise on equal logits.
        noise_BS = random_bits.uniform(tf.shape(ids_BS), draw_seed)
        if config.whole_words:
            noise_BS = _noise_per_word(noise_BS, tf.gather(continues_V, ids_BS))
        top_BM, positions_BM = tf.math.top_k(
            tf.where(candidates_BS, noise_BS, -1.0), max_predictions
        )
        is_candidate_BM = top_BM >= 0.0

    weights_BM = slot_weights(batch.input_mask_BS, config.mask_prob, max_predictions)
    # An example with fewer candidates than slots leaves the rest unused.
    weights_BM *= tf.cast(is_candidate_BM, "float32")
    used_BM = tf.cast(weights_BM, "int32")
    positions_BM *= used_BM
    original_ids_BM = tf.gather(ids_BS, positions_BM, batch_dims=1) * used_BM

    noise_BM = random_bits.uniform(
        tf.shape(positions_BM), random_bits.neighbour(seed, 2)
    )
    hidden_BM = tf.cast(noise_BM < config.mask_token_prob, "float32") * weights_BM
    mask_ids_BM = tf.fill(tf.shape(positions_BM), special_ids.mask)
    return MaskedBatch(
        replace(ids_BS, positions_BM, mask_ids_BM, hidden_BM),
        positions_BM,
        original_ids_BM,
        weights_BM,
    )


def sample(
    logits_BMV: tf.Tensor,
    original_ids_BM: tf.Tensor,
    seed: tf.Tensor,
    temperature: float | tf.Tensor = 1.0,
    disallow_correct: bool = False,
) -> tf.Tensor:
    """Draws tokens from softmax(logits / temperature), int32 [B, M]."""
    logits_BMV = tf.stop_gradient(logits_BMV)
    if tf.is_tensor(temperature) or temperature != 1.0:
        logits_BMV /= temperature
    if disallow_correct:
        logits_BMV -= 1000.0 * tf.one_hot(original_ids_BM, logits_BMV.shape[-1])
    return grouped_softmax.draw(logits_BMV, seed)


def corrupt(
    batch: Batch, masked: MaskedBatch, sampled_ids_BM: tf.Tensor
) -> CorruptedBatch:
    """Puts samples in the place of the chosen tokens, and labels all tokens.

    A sample that equals the original token is labelled original.
    """
    corrupted_BS = replace(
        batch.input_ids_BS, masked.positions_BM, sampled_ids_BM, masked.weights_BM
    )
    labels_BS = tf.cast(corrupted_BS != batch.input_ids_BS, "int32")
    return CorruptedBatch(corrupted_BS, labels_BS)


def replace(
    ids_BS: tf.Tensor,
    positions_BM: tf.Tensor,
    updates_BM: tf.Tensor,
    weights_BM: tf.Tensor,
) -> tf.Tensor:
    """Returns ids with `updates_BM` written at the positions of slots with weight 1.

    Positions are distinct unless they were drawn with replacement: then, as in the
    reference's `scatter_update`, a position gets the floor of the mean of its updates.
    One-hot sums instead of a scatter are exact and fast on a TPU.
    """
    used_BM = tf.cast(weights_BM, "int32")
    one_hot_BMS = tf.one_hot(positions_BM, ids_BS.shape[1], dtype="int32")
    one_hot_BMS *= used_BM[:, :, None]
    count_BS = tf.reduce_sum(one_hot_BMS, axis=1)
    total_BS = tf.reduce_sum(one_hot_BMS * updates_BM[:, :, None], axis=1)
    return tf.where(count_BS > 0, total_BS // tf.maximum(count_BS, 1), ids_BS)


def _noise_per_word(noise_BS: tf.Tensor, continues_BS: tf.Tensor) -> tf.Tensor:
    """Returns the same number for all pieces of a word.

    Among equal numbers `top_k` takes the first ones, so a word's pieces are chosen from
    left to right.
    """
    word_BS = tf.cumsum(tf.cast(~continues_BS, "int32"), axis=1) - 1
    return tf.gather(noise_BS, tf.maximum(word_BS, 0), batch_dims=1)


def _draw_with_replacement(
    candidates_BS: tf.Tensor, slots: int, seed: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Draws positions independently, as the reference does; int32 and bool [B, M]."""
    batch, length = tf.unstack(tf.shape(candidates_BS))
    noise_BMS = random_bits.uniform(tf.stack([batch, slots, length]), seed)
    positions_BM = tf.argmax(
        tf.where(candidates_BS[:, None, :], noise_BMS, -1.0),
        axis=-1,
        output_type="int32",
    )
    return positions_BM, tf.gather(candidates_BS, positions_BM, batch_dims=1)
