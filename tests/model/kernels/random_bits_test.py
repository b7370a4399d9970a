"""Independence of random numbers of different uses, and their stability."""

import itertools

import numpy as np

from electra_tf.model.kernels import random_bits
from electra_tf.model.kernels.random_bits import for_part, for_site, neighbour


def test_uses_of_steps_that_follow_each_other_share_no_numbers():
    """Covers masks, samples and dropout of two networks, and steps of fine-tuning."""
    chosen = []
    for kind, step in itertools.product((0, 1), (7, 8)):
        of_step = for_site(random_bits.seed(3, kind), step)
        for seed in (of_step, *(for_site(of_step, site) for site in range(4))):
            chosen += [neighbour(seed, number) for number in range(100)]
    words = {tuple(seed.numpy()[:2].tolist()) for seed in chosen}
    assert len(words) == len(chosen) == 2 * 2 * 5 * 100
    # Both words are hashed: no site shows in them.
    firsts = {seed.numpy()[0] for seed in chosen[::100]}
    seconds = {seed.numpy()[1] for seed in chosen[::100]}
    assert len(firsts) == len(seconds) == 2 * 2 * 5
    assert min(abs(int(second)) for second in seconds) > 1000


def test_the_numbers_of_neighbours_are_not_correlated():
    seed = for_site(random_bits.seed(3), 7)
    rows = [random_bits.uniform([64, 128], neighbour(seed, n)) for n in range(20)]
    rows += [random_bits.uniform([64, 128], for_site(seed, n)) for n in range(4)]
    table = np.corrcoef([row.numpy().ravel() for row in rows])
    # Of 8,192 pairs of independent numbers the deviation is 0.011.
    assert np.abs(table - np.eye(24)).max() < 0.05


def test_parts_of_a_batch_continue_each_other():
    seed = for_site(random_bits.seed(3), 7)
    whole = random_bits.words([8, 16], seed).numpy()
    parts = [random_bits.words([4, 16], for_part(seed, n)).numpy() for n in (0, 1)]
    np.testing.assert_array_equal(whole, np.concatenate(parts))


def test_seeds_stay_what_they_are():
    """Recorded, so that a run resumed with a later version draws the same numbers."""
    assert random_bits.seed(5).numpy().tolist() == [5, 0, 0]
    derived = for_site(random_bits.seed(3, 1, 2), 7)
    assert derived.numpy().tolist() == [-1186492363, -48908957, 2]
    assert neighbour(derived, 4).numpy().tolist() == [-1186492363, -48908953, 2]
