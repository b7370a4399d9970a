"""Which tokens are masked, what replaces them, and which of them count as replaced.

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
    """A batch as the generator sees it; a slot of weight 0 is unused."""

    input_ids_BS: tf.Tensor
    """int32, most of the chosen tokens replaced by [MASK]."""
    positions_BM: tf.Tensor
    """int32; 0 where unused."""
    original_ids_BM: tf.Tensor
    """int32, the tokens to be recovered; 0 where unused."""
    weights_BM: tf.Tensor
    """float32, 1 where used, else 0."""


class CorruptedBatch(NamedTuple):
    """A batch as the discriminator sees it."""

    input_ids_BS: tf.Tensor
    """int32, the generator's samples in the chosen places."""
    labels_BS: tf.Tensor
    """int32, 1 where the token differs from the original."""


def slot_weights(
    input_mask_BS: tf.Tensor, mask_prob: float, max_predictions: int
) -> tf.Tensor:
    """Float32 [B, M]: 1 for the slots an example of its length fills, else 0.

    n = max(1, min(max_predictions, round(mask_prob * real tokens))), rounding half to
    even as the reference does; an example of padding alone has none.
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
    """Chooses the tokens to recover and hides them.

    Candidates are real tokens other than [CLS], [SEP] and [MASK]; [UNK] may be chosen.
    Of the chosen, `mask_token_prob` become [MASK] and the others stay.

    Args:
        batch: the original tokens.
        seed: as of `random_bits`; the choice is a function of it.
        config: probabilities, and the way to draw.
        max_predictions: M.
        special_ids: from the vocabulary.
        continues_V: bool, whether a piece continues a word; for whole words.
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
        # The order of independent uniform numbers is that of Gumbel noise on equal
        # logits.
        noise_BS = random_bits.uniform(tf.shape(ids_BS), draw_seed)
        if config.whole_words:
            noise_BS = _noise_of_words(noise_BS, tf.gather(continues_V, ids_BS))
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
    """Draws int32 [B, M] tokens from softmax(logits / temperature), by Gumbel noise."""
    logits_BMV = tf.stop_gradient(logits_BMV)
    if tf.is_tensor(temperature) or temperature != 1.0:
        logits_BMV /= temperature
    if disallow_correct:
        logits_BMV -= 1000.0 * tf.one_hot(original_ids_BM, logits_BMV.shape[-1])
    return grouped_softmax.draw(logits_BMV, seed)


def corrupt(
    batch: Batch, masked: MaskedBatch, sampled_ids_BM: tf.Tensor
) -> CorruptedBatch:
    """Puts the samples into the original text.

    A token that the generator guessed correctly is labelled original.
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
    """Writes `updates_BM` at the slots of weight 1.

    Positions are distinct unless they were drawn with replacement: then, as in the
    reference's `scatter_update`, a position takes the floor of the mean of its updates.
    One-hot sums instead of a scatter: exact, and what a TPU does well.
    """
    used_BM = tf.cast(weights_BM, "int32")
    one_hot_BMS = tf.one_hot(positions_BM, ids_BS.shape[1], dtype="int32")
    one_hot_BMS *= used_BM[:, :, None]
    count_BS = tf.reduce_sum(one_hot_BMS, axis=1)
    total_BS = tf.reduce_sum(one_hot_BMS * updates_BM[:, :, None], axis=1)
    return tf.where(count_BS > 0, total_BS // tf.maximum(count_BS, 1), ids_BS)


def _noise_of_words(noise_BS: tf.Tensor, continues_BS: tf.Tensor) -> tf.Tensor:
    """One number for all pieces of a word.

    Of equal numbers `top_k` takes the first, so a word's pieces are chosen in a row.
    """
    word_BS = tf.cumsum(tf.cast(~continues_BS, "int32"), axis=1) - 1
    return tf.gather(noise_BS, tf.maximum(word_BS, 0), batch_dims=1)


def _draw_with_replacement(
    candidates_BS: tf.Tensor, slots: int, seed: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Independent uniform positions [B, M], as the reference draws them."""
    batch, length = tf.unstack(tf.shape(candidates_BS))
    noise_BMS = random_bits.uniform(tf.stack([batch, slots, length]), seed)
    positions_BM = tf.argmax(
        tf.where(candidates_BS[:, None, :], noise_BMS, -1.0),
        axis=-1,
        output_type="int32",
    )
    return positions_BM, tf.gather(candidates_BS, positions_BM, batch_dims=1)
