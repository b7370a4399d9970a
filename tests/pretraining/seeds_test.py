"""Every use of random numbers in a step has its own seed."""

from collections.abc import Iterator

import numpy as np
import pytest
import tensorflow as tf

from electra_tf.model import masking
from electra_tf.model.kernels import random_bits
from electra_tf.pretraining import step as step_module
from electra_tf.pretraining.run import Run, check
from electra_tf.pretraining.workdir import Workdir
from tests import small

# tf.data runs its own functions as graphs, and says so.
pytestmark = pytest.mark.filterwarnings("ignore:Even though the")

Seed = tuple[int, int, int]


class Recorder:
    """Record of the seeds that two training steps and an evaluation derive and use."""

    def __init__(self) -> None:
        self.derived: dict[str, list[Seed]] = {"training": [], "evaluation": []}
        """Seeds that `for_site` has returned."""
        self.drawn: dict[str, list[Seed]] = {"training": [], "evaluation": []}
        """Seeds of masks and forward passes; the gradient draws dropout again."""
        self.phase = "training"
        self.is_drawing = False

    def spy(self, patch: pytest.MonkeyPatch) -> None:
        """Replaces the functions that draw by ones that record the seed first."""
        for_site, words = random_bits.for_site, random_bits.words

        def derived(*args):
            seed = for_site(*args)
            self.derived[self.phase].append(tuple(seed.numpy().tolist()))
            return seed

        def drawn(shape, seed):
            if self.is_drawing:
                self.drawn[self.phase].append(tuple(seed.numpy().tolist()))
            return words(shape, seed)

        def drawing(function):
            def wrapper(*args):
                self.is_drawing = True
                result = function(*args)
                self.is_drawing = False
                return result

            return wrapper

        patch.setattr(random_bits, "words", drawn)
        patch.setattr(random_bits, "for_site", derived)
        patch.setattr(masking, "mask", drawing(masking.mask))
        patch.setattr(step_module, "forward", drawing(step_module.forward))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> Iterator[Recorder]:
    path = tmp_path_factory.mktemp("seeds")
    config = small.config(
        small.write(path / "data"), gradient_accumulation_steps=2, seed=3
    )
    workdir, strategy = Workdir(str(path / "run")), tf.distribute.get_strategy()
    recorder = Recorder()
    tf.config.run_functions_eagerly(True)
    try:
        with pytest.MonkeyPatch.context() as patch:
            recorder.spy(patch)
            run = Run(check(config, workdir, strategy), workdir, strategy)
            phase = config.phase(1)
            run.steps.train(run.batches(phase), tf.constant(2))
            recorder.phase = "evaluation"
            run.evaluator(phase).sums()
    finally:
        tf.config.run_functions_eagerly(False)
    yield recorder


def test_no_two_draws_have_one_seed(recorded):
    draws = recorded.drawn["training"] + recorded.drawn["evaluation"]
    assert len(set(draws)) == len(draws)
    # Two steps of two parts: the choice of places and what stays, the group and the
    # piece of a sample, and dropout at seven sites of two networks.
    assert len(recorded.drawn["training"]) == 2 * 2 * (2 + 2 + 2 * 7)
    # Six batches of four of 24 held-out examples, without dropout.
    assert len(recorded.drawn["evaluation"]) == 6 * (2 + 2)


def test_parts_of_a_batch_have_one_seed_but_for_their_number(recorded):
    draws, uses = recorded.drawn["training"], 2 + 2 + 2 * 7
    masks_of_step, rest = 2 * 2, 2 * (uses - 2)
    for first in (0, 2 * uses):
        masks = draws[first : first + masks_of_step]
        forward = draws[first + masks_of_step :][:rest]
        for both in (masks, forward):
            words = [seed[:2] for seed in both]
            half = len(words) // 2
            assert words[:half] == words[half:]
            assert {seed[2] for seed in both[:half]} == {0}
            assert {seed[2] for seed in both[half:]} == {1}


def test_evaluation_derives_no_seed_that_training_derives(recorded):
    training = {seed[:2] for seed in recorded.derived["training"]}
    evaluation = {seed[:2] for seed in recorded.derived["evaluation"]}
    # Of the step, and of four uses in it; of masks and samples.
    assert len(training) == 2 * 5
    assert len(evaluation) == 2
    assert not training & evaluation


def test_held_out_batches_have_one_seed_but_for_their_number(recorded):
    draws = recorded.drawn["evaluation"]
    assert [seed[2] for seed in draws] == np.repeat(range(6), 4).tolist()
    words = [seed[:2] for seed in draws]
    assert words == 6 * words[:4]
