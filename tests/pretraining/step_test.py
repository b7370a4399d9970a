"""One step: micro-batches, weights of the losses, waiting time, predictions."""

import dataclasses
import time
from collections.abc import Iterator

import numpy as np
import pytest
import tensorflow as tf

from electra_tf.batch import Batch
from electra_tf.config import Config, MaskingConfig, Precision
from electra_tf.pretraining.run import Run, check
from electra_tf.pretraining.workdir import Workdir
from tests import small

# tf.data runs its own functions as graphs, and says so.
pytestmark = pytest.mark.filterwarnings("ignore:Even though the")


@pytest.fixture(autouse=True)
def eager() -> Iterator[None]:
    """Runs eagerly, which is faster than tracing for one or two steps."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def config(data) -> Config:
    # Without warm-up, whose first rate is 0.
    return small.config(data, warmup_steps=0, precision=Precision.FLOAT32)


def run_of(config: Config, tmp_path) -> Run:
    workdir, strategy = Workdir(str(tmp_path / "run")), tf.distribute.get_strategy()
    return Run(check(config, workdir, strategy), workdir, strategy)


def batch() -> Batch:
    """Makes eight examples of lengths from 3 to 16."""
    rng = np.random.default_rng(0)
    special = small.vocabulary().special_ids
    mask_BS = np.arange(16) < np.array([[16], [16], [12], [16], [5], [4], [3], [3]])
    ids_BS = np.where(mask_BS, rng.integers(len(special), 25, mask_BS.shape), 0)
    fields = (ids_BS, mask_BS, mask_BS & (np.arange(16) > 7))
    return Batch(*(tf.constant(values, "int32") for values in fields))


def step_on(run: Run, examples: Batch):
    return run.steps.train(iter(tf.data.Dataset.from_tensors(examples)), tf.constant(1))


def test_two_micro_batches_make_the_step_of_the_whole(config, tmp_path):
    """The second has fewer tokens and slots, and weighs less."""
    whole = run_of(config, tmp_path)
    parts = run_of(dataclasses.replace(config, gradient_accumulation_steps=2), tmp_path)
    norms = [float(step_on(run, batch()).gradient_norm) for run in (whole, parts)]
    assert norms[0] == pytest.approx(norms[1], rel=1e-5)
    for path, moment in whole.optimizer.first_moments.items():
        # Sums in another order.
        np.testing.assert_allclose(
            moment, parts.optimizer.first_moments[path], atol=1e-7, err_msg=path
        )
    counts = [run.accumulator.take() for run in (whole, parts)]
    for name, ours, theirs in zip(counts[0]._fields, *counts, strict=True):
        if name != "histogram":  # A logit at the edge of a bin may change it.
            np.testing.assert_allclose(ours, theirs, rtol=1e-5, err_msg=name)
    assert counts[0].tokens == counts[0].histogram.sum() == 16 * 3 + 12 + 5 + 4 + 3 + 3
    # 15 %, rounded, and one at least.
    assert counts[0].slots == 2 * 3 + 2 + 4
    for run in (whole, parts):
        run.position_counts.settle()
        positions = run.position_counts.total_P.numpy().tolist()
        assert positions == [8, 8, 8, 6, 5] + 7 * [4] + 4 * [3]


def test_the_losses_have_the_weights_of_the_configuration(config, tmp_path):
    """Adam's moments are linear in the gradient: those of a sum are the sum of both."""
    moments = {}
    # Not clipped, for that is not linear.
    config = dataclasses.replace(config, gradient_clip_norm=1e9)
    for weights in ((2.0, 0.0), (0.0, 3.0), (2.0, 3.0), (1.0, 0.0)):
        generator, discriminator = weights
        run = run_of(
            dataclasses.replace(
                config,
                generator_weight=generator,
                discriminator_weight=discriminator,
            ),
            tmp_path,
        )
        step_on(run, batch())
        moments[weights] = {
            path: moment.numpy() for path, moment in run.optimizer.first_moments.items()
        }
    for path, both in moments[2.0, 3.0].items():
        ours, theirs = moments[2.0, 0.0][path], moments[0.0, 3.0][path]
        np.testing.assert_allclose(both, ours + theirs, atol=1e-6, err_msg=path)
        twice = 2 * moments[1.0, 0.0][path]
        np.testing.assert_allclose(ours, twice, atol=1e-6, err_msg=path)
        # Neither loss reaches the other network; what they share hears of both.
        assert ours.any() == ("discriminator" not in path), path
        assert theirs.any() == ("generator" not in path), path


def test_waiting_for_data_is_measured_and_a_step_is_not_waiting(config, tmp_path):
    def batches(pause: float) -> Iterator[Batch]:
        while True:
            time.sleep(pause)
            yield batch()

    run, start = run_of(config, tmp_path), time.monotonic()
    waited = run.steps.train(batches(0.3), tf.constant(2)).input_wait_seconds
    assert 2 * 0.3 <= float(waited) < time.monotonic() - start
    # A step alone takes longer than this, run eagerly.
    waited = run.steps.train(batches(0.0), tf.constant(1)).input_wait_seconds
    assert 0.0 <= float(waited) < 0.1


def test_predictions_are_those_of_an_evaluation(config, tmp_path):
    config.masking = MaskingConfig(temperature=5.0, final_temperature=1.0)
    run = run_of(config, tmp_path)
    masked, result = run.steps.predict(batch())
    run.steps.evaluate(
        iter(tf.data.Dataset.from_tensors(batch())), tf.constant(0), tf.constant(1)
    )
    counts = run.accumulator.take()
    assert counts.masked_lm_loss == pytest.approx(float(result.masked_lm_loss.total))
    assert counts.discriminator_loss == pytest.approx(
        float(result.discriminator_loss.total)
    )
    assert counts.slots == float(tf.reduce_sum(masked.weights_BM))
