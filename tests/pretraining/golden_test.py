"""Optimizer, schedule and whole steps against recorded values of the reference."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from electra_tf.config import Config, JitCompile
from electra_tf.interop.tf1 import variable_path
from electra_tf.model import masking
from electra_tf.pretraining import optimizer as optimizers
from electra_tf.pretraining import schedules
from electra_tf.pretraining.metric_sums import Accumulator
from electra_tf.pretraining.step import Step
from tests.golden import cases


class NamedVariable:
    """A variable with the reference's name."""

    def __init__(self, path: str, value: np.ndarray) -> None:
        self.value = tf.Variable(value)
        self.shape = self.value.shape
        self.path = path


@pytest.fixture(scope="module")
def arrays() -> dict[str, np.ndarray]:
    return cases.make_golden.load("a")


@pytest.fixture
def config() -> Config:
    return Config(learning_rate=5e-4, warmup_steps=5, num_train_steps=20)


def test_learning_rate_decays_during_the_warm_up_too(arrays, config):
    ours = [schedules.learning_rate(config)(tf.constant(t)) for t in range(23)]
    # Recorded in float32: 1e-6 of the peak.
    np.testing.assert_allclose(ours, arrays["opt/lr_at_step"], rtol=1e-6, atol=5e-10)
    assert float(ours[0]) == 0.0


def test_the_decayed_variables_are_those_of_the_reference(arrays):
    paths = {variable.path for variable in cases.load("a").model.trainable_variables}
    decayed = {path for path in paths if optimizers.is_decayed(path)}
    assert decayed == {variable_path(name) for name in arrays["weight_decay_names"]}
    others = {variable_path(name) for name in arrays["no_weight_decay_names"]}
    assert paths - decayed == others


def test_eight_optimizer_steps(arrays, config):
    prefix = "opt/param_0/"
    names = [name[len(prefix) :] for name in arrays if name.startswith(prefix)]
    variables = [NamedVariable(name, arrays[prefix + name]) for name in names]
    optimizer = optimizers.create(config, variables)
    for t in range(8):
        norm = optimizer.apply(
            [tf.constant(arrays[f"opt/grad_{t}/{name}"]) for name in names]
        )
        np.testing.assert_allclose(norm, arrays["opt/global_norm"][t], rtol=1e-6)
        for variable in variables:
            key = f"_{t + 1}/{variable.path}"
            slots = {
                "opt/param": variable.value,
                "opt/adam_m": optimizer.first_moments[variable.path],
                "opt/adam_v": optimizer.second_moments[variable.path],
            }
            for slot, ours in slots.items():
                np.testing.assert_allclose(
                    ours, arrays[slot + key], rtol=1e-5, atol=1e-6, err_msg=slot + key
                )
    assert int(optimizer.iterations) == 8


@pytest.mark.parametrize("jit_compile", [JitCompile.OFF, JitCompile.ON])
def test_five_whole_steps(monkeypatch, jit_compile):
    case = cases.load("a")
    case.config.jit_compile = jit_compile
    optimizer = optimizers.create(case.config, case.model.trainable_variables)
    # The masks of the recording, as the samples, are fixed.
    monkeypatch.setattr(masking, "mask", lambda *_: case.masked)
    steps = Step(
        case.model,
        optimizer,
        accumulator := Accumulator(),
        case.config,
        cases.SPECIAL_IDS,
        tf.distribute.get_strategy(),
        sampler=lambda logits_BMV, original_ids_BM: case.sampled_ids_BM,
    )
    iterator = iter(tf.data.Dataset.from_tensors(case.batch).repeat())
    for t in range(5):
        report = steps.train(iterator, tf.constant(1))
        counts = accumulator.take()
        total = counts.masked_lm_loss / counts.slots
        total += 50 * counts.discriminator_loss / counts.tokens
        # 50 times a loss that float32 knows to 3e-6, in a total of 38.
        np.testing.assert_allclose(total, case.arrays["train/total_loss"][t], rtol=4e-6)
        np.testing.assert_allclose(
            report.gradient_norm, case.arrays["train/grad_global_norm"][t], rtol=1e-5
        )
    theirs = cases.by_path(case.arrays, "train/after_5/")
    for variable in case.model.trainable_variables:
        # A key bias has a gradient of rounding noise, which Adam scales up to the rate.
        tolerance = 2e-3 if variable.path.endswith("key/bias") else 1e-5
        np.testing.assert_allclose(
            variable.value,
            theirs[variable.path],
            rtol=0,
            atol=tolerance,
            err_msg=variable.path,
        )


def test_a_non_finite_gradient_changes_nothing_and_is_counted(config):
    variable = keras.Variable(tf.ones((3,)), name="kernel")
    optimizer = optimizers.create(config, [variable])
    for _ in range(3):
        optimizer.apply([tf.fill((3,), 1.0)])

    def state() -> list[np.ndarray]:
        moments = (optimizer.first_moments, optimizer.second_moments)
        slots = [slot for part in moments for slot in part.values()]
        return [x.numpy() for x in (variable.value, *slots)]

    before = state()
    optimizer.apply([tf.constant([1.0, np.nan, 1.0])])
    optimizer.apply([tf.constant([1.0, np.inf, 1.0])])
    for x, y in zip(before, state(), strict=True):
        np.testing.assert_array_equal(x, y)
    assert int(optimizer.skipped) == int(optimizer.skipped_in_a_row) == 2
    optimizer.apply([tf.fill((3,), 1.0)])
    assert int(optimizer.skipped) == 2
    assert int(optimizer.skipped_in_a_row) == 0
    assert int(optimizer.iterations) == 6
