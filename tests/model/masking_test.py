"""Properties of masking, sampling and corruption; drawing as in the reference."""

import numpy as np
import pytest
import tensorflow as tf

from electra_tf.batch import Batch, SpecialIds
from electra_tf.config import MaskingConfig
from electra_tf.model import masking
from electra_tf.model.kernels import random_bits
from tests.golden import make_golden

# Not in the places that BERT has them: ids come from the vocabulary.
SPECIAL = SpecialIds(pad=7, unk=1, cls=12, sep=9, mask=30)
VOCABULARY = 200
LENGTH, SLOTS = 128, 19


def batch(lengths: list[int], seed: int = 0) -> Batch:
    """Makes texts of these lengths, with [UNK] and a literal [MASK] in them."""
    rng = np.random.default_rng(seed)
    ids_BS = rng.integers(31, VOCABULARY, (len(lengths), LENGTH)).astype("int32")
    mask_BS = np.arange(LENGTH) < np.array(lengths)[:, None]
    ids_BS[:, 1], ids_BS[:, 2] = SPECIAL.unk, SPECIAL.mask
    ids_BS[:, 0] = SPECIAL.cls
    for row, length in enumerate(lengths):
        if length:
            ids_BS[row, length - 1] = SPECIAL.sep
    ids_BS[~mask_BS] = SPECIAL.pad
    mask_BS = tf.constant(mask_BS.astype("int32"))
    return Batch(tf.constant(ids_BS), mask_BS, tf.zeros_like(mask_BS))


def masked(examples: Batch, seed: int = 0, **config) -> masking.MaskedBatch:
    return masking.mask(
        examples, random_bits.seed(seed, 5), MaskingConfig(**config), SLOTS, SPECIAL
    )


LENGTHS = [128, 100, 64, 33, 20, 10, 5, 4, 3, 128]


def test_the_number_of_masked_tokens_is_exact():
    result = masked(batch(LENGTHS))
    # Half to even: round(4.5) is 4 and round(1.5) is 2.
    expected = [max(1, min(SLOTS, round(np.float32(n) * 0.15))) for n in LENGTHS]
    np.testing.assert_array_equal(tf.reduce_sum(result.weights_BM, axis=1), expected)
    for row, n in enumerate(expected):
        positions = result.positions_BM[row][:n].numpy()
        assert len(set(positions.tolist())) == n


def test_whole_words_are_masked_whole_except_the_last():
    continues_V = np.arange(VOCABULARY) % 3 == 0  # No special piece among them.
    continues_V[[SPECIAL.mask, SPECIAL.sep, SPECIAL.cls]] = False
    examples = batch(LENGTHS)
    plain = masked(examples)
    result = masking.mask(
        examples,
        random_bits.seed(0, 5),
        MaskingConfig(whole_words=True),
        SLOTS,
        SPECIAL,
        continues_V,
    )
    # As many as of pieces.
    np.testing.assert_array_equal(result.weights_BM, plain.weights_BM)
    several = 0
    for row, ids in enumerate(examples.input_ids_BS.numpy()):
        n = int(tf.reduce_sum(result.weights_BM[row]))
        chosen = set(result.positions_BM[row][:n].numpy().tolist())
        assert len(chosen) == n
        word = np.cumsum(~continues_V[ids])
        candidates = (np.arange(LENGTH) < LENGTHS[row]) & ~np.isin(
            ids, [SPECIAL.cls, SPECIAL.sep, SPECIAL.mask]
        )
        words = [
            set(np.flatnonzero((word == number) & candidates).tolist())
            for number in sorted({word[place] for place in chosen})
        ]
        several += sum(len(pieces) > 1 for pieces in words)
        cut = [pieces for pieces in words if not pieces <= chosen]
        assert len(cut) <= 1
    assert several > 10


def test_the_count_is_the_recorded_one_of_the_reference():
    arrays = make_golden.load("a")
    lengths = arrays["helper/mask_lengths"]
    weights_BM = masking.slot_weights(
        tf.sequence_mask(lengths, LENGTH, dtype="int32"), 0.15, SLOTS
    )
    np.testing.assert_array_equal(
        tf.reduce_sum(weights_BM, axis=1), arrays["helper/mask_counts"]
    )


def test_special_tokens_and_padding_are_never_chosen():
    examples = batch(LENGTHS)
    for seed in range(50):
        result = masked(examples, seed)
        chosen = tf.boolean_mask(result.original_ids_BM, result.weights_BM > 0)
        forbidden = {SPECIAL.pad, SPECIAL.cls, SPECIAL.sep, SPECIAL.mask}
        assert not forbidden & set(chosen.numpy().tolist())


def test_unk_may_be_chosen():
    examples = batch(LENGTHS)
    chosen = [masked(examples, seed).original_ids_BM.numpy() for seed in range(20)]
    assert SPECIAL.unk in np.concatenate(chosen)


def test_unmasking_restores_the_input():
    examples = batch(LENGTHS)
    result = masked(examples)
    restored_BS = masking.replace(
        result.input_ids_BS,
        result.positions_BM,
        result.original_ids_BM,
        result.weights_BM,
    )
    np.testing.assert_array_equal(restored_BS, examples.input_ids_BS)
    changed = result.input_ids_BS != examples.input_ids_BS
    np.testing.assert_array_equal(result.input_ids_BS[changed], SPECIAL.mask)


def test_unused_slots_change_nothing_whatever_they_hold():
    examples = batch(LENGTHS)
    result = masked(examples)
    junk_BM = tf.where(result.weights_BM > 0, result.original_ids_BM, 199)
    corrupted = masking.corrupt(examples, result, junk_BM)
    np.testing.assert_array_equal(corrupted.input_ids_BS, examples.input_ids_BS)
    assert int(tf.reduce_sum(corrupted.labels_BS)) == 0


def test_the_same_seed_gives_the_same_masks_and_another_gives_others():
    examples = batch(LENGTHS)
    first, second, other = masked(examples, 1), masked(examples, 1), masked(examples, 2)
    for x, y in zip(first, second, strict=True):
        np.testing.assert_array_equal(x, y)
    assert np.any(first.positions_BM != other.positions_BM)


def test_an_empty_example_has_no_slot():
    result = masked(batch([0, 128]))
    assert float(tf.reduce_sum(result.weights_BM[0])) == 0.0
    assert float(tf.reduce_sum(result.weights_BM[1])) == 19.0
    lengths = tf.sequence_mask([0, 1, 128], LENGTH, dtype="int32")
    weights_BM = masking.slot_weights(lengths, 0.15, SLOTS)
    assert tf.reduce_sum(weights_BM, axis=1).numpy().tolist() == [0.0, 1.0, 19.0]


def test_slots_beyond_the_candidates_are_unused_and_hold_zeros():
    # [CLS] [SEP] has no candidate, though it is due a slot; the third text has one.
    examples = batch([2, 128, 3])
    result = masked(examples)
    assert tf.reduce_sum(result.weights_BM, axis=1).numpy().tolist() == [0, 19, 1]
    unused_BM = result.weights_BM.numpy() == 0
    assert not result.positions_BM.numpy()[unused_BM].any()
    assert not result.original_ids_BM.numpy()[unused_BM].any()
    np.testing.assert_array_equal(result.input_ids_BS[0], examples.input_ids_BS[0])


def test_rates_over_25600_tokens():
    examples = batch([LENGTH] * 200)
    result = masked(examples)
    # 19 of 128, exactly: 0.15 x 128 = 19.2.
    assert float(tf.reduce_sum(result.weights_BM)) == 200 * 19
    hidden = tf.reduce_sum(tf.cast(result.input_ids_BS == SPECIAL.mask, "float32"))
    hidden = float(hidden) - 200  # One [MASK] is written in each text.
    # 3,800 draws of 0.85 have a standard deviation of 0.0058.
    assert hidden / (200 * 19) == pytest.approx(0.85, abs=0.02)
    positions = np.asarray(result.positions_BM).ravel()
    counts = np.bincount(positions, minlength=LENGTH)
    assert counts[[0, 2, 127]].sum() == 0
    # 3,800 over 125 candidates: 30.4 each, standard deviation 5.1.
    assert counts[3:127].max() < 60
    assert counts[3:127].min() > 9


def test_whether_a_token_stays_is_independent_of_which_are_chosen():
    """Every position is a slot: one draw for both choices would make them equal."""
    examples = batch([LENGTH] * 50)
    config = MaskingConfig(mask_prob=1.0)
    seed = random_bits.seed(0, 5)
    result = masking.mask(examples, seed, config, LENGTH, SPECIAL)
    positions_BM = result.positions_BM.numpy()
    used_BM = result.weights_BM.numpy() > 0
    hidden_BM = tf.gather(result.input_ids_BS, positions_BM, batch_dims=1)
    stays_BM = hidden_BM.numpy() != SPECIAL.mask
    # The places that were chosen first are those with the highest numbers.
    early_BS = np.zeros_like(used_BM)
    np.put_along_axis(early_BS, positions_BM[:, : int(0.15 * LENGTH)], True, axis=1)
    candidates_BS = np.zeros_like(used_BM)
    np.put_along_axis(candidates_BS, np.where(used_BM, positions_BM, 0), True, axis=1)
    both = used_BM & candidates_BS
    assert np.count_nonzero(both) > 50 * 120
    # Of 6,000 independent pairs the correlation's deviation is 0.013.
    assert abs(np.corrcoef(stays_BM[both], early_BS[both])[0, 1]) < 0.06


def test_the_reference_mode_leaves_17_70_distinct_of_19():
    examples = batch([LENGTH] * 2000)
    result = masked(examples, with_replacement=True)
    positions = np.asarray(result.positions_BM)
    distinct = np.mean([len(set(row)) for row in positions.tolist()])
    # 19 draws from 125 candidates, here with one written [MASK] less: 17.68.
    assert distinct == pytest.approx(17.70, abs=0.1)
    exact = masked(examples)
    assert all(len(set(row)) == 19 for row in exact.positions_BM.numpy().tolist())


def test_samples_follow_the_temperature_scaled_distribution():
    logits = tf.math.log([0.7, 0.2, 0.1])
    logits_BMV = tf.tile(logits[None, None], (100, 200, 1))
    ids_BM = tf.zeros((100, 200), "int32")
    for temperature in (1.0, 2.0):
        seed = random_bits.seed(3, 4)
        # 1 is the default.
        given = [temperature] if temperature != 1.0 else []
        sampled_BM = masking.sample(logits_BMV, ids_BM, seed, *given)
        shares = np.bincount(np.asarray(sampled_BM).ravel(), minlength=3) / 20_000
        # 20,000 draws: a standard deviation of at most 0.0035.
        expected = tf.nn.softmax(logits / temperature)
        np.testing.assert_allclose(shares, expected, atol=0.015)


def test_disallow_correct_never_samples_the_original():
    logits_BMV = tf.zeros((20, SLOTS, 5))
    ids_BM = tf.fill((20, SLOTS), 3)
    sampled_BM = masking.sample(
        logits_BMV, ids_BM, random_bits.seed(3, 4), disallow_correct=True
    )
    assert not np.any(sampled_BM == 3)


def test_a_correct_guess_counts_as_original():
    examples = batch(LENGTHS)
    result = masked(examples)
    corrupted = masking.corrupt(examples, result, result.original_ids_BM)
    np.testing.assert_array_equal(corrupted.input_ids_BS, examples.input_ids_BS)
    assert int(tf.reduce_sum(corrupted.labels_BS)) == 0
