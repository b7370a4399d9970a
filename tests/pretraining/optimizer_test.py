"""Multipliers, clipping and skipped updates, which the golden steps do not cover."""

import numpy as np
import pytest
import tensorflow as tf

from electra_tf.config import Config
from electra_tf.pretraining import optimizer as optimizers
from electra_tf.pretraining import schedules
from electra_tf.pretraining.optimizer import AdamWeightDecay
from tests.pretraining.golden_test import NamedVariable


@pytest.fixture
def config() -> Config:
    return Config(learning_rate=0.1, warmup_steps=0, num_train_steps=10)


def test_a_multiplier_scales_the_change_and_no_moment(config):
    start = np.array([1.0, -2.0], "float32")
    names = ("whole/kernel", "part/kernel", "part/bias")
    variables = [NamedVariable(name, start) for name in names]
    optimizer = AdamWeightDecay(
        variables,
        schedules.learning_rate(config),
        weight_decay=0.01,
        gradient_clip_norm=1.0,
        multipliers={names[0]: 1.0, names[1]: 0.25, names[2]: 0.25},
    )
    gradient = np.array([0.3, 0.1], "float32")
    optimizer.apply([tf.constant(gradient)] * 3)
    # No bias correction: the moments after one step are a tenth and a thousandth.
    change = 0.1 * gradient / (np.sqrt(0.001 * gradient**2) + 1e-6)
    for variable, rate, decay in zip(
        variables, (0.1, 0.025, 0.025), (0.01, 0.01, 0.0), strict=True
    ):
        np.testing.assert_allclose(
            variable.value, start - rate * (change + decay * start), rtol=1e-5
        )
        for moments, value in (
            (optimizer.first_moments, 0.1 * gradient),
            (optimizer.second_moments, 0.001 * gradient**2),
        ):
            np.testing.assert_allclose(moments[variable.path], value, rtol=1e-4)


def test_without_multipliers_every_variable_has_the_whole_rate(config):
    changes = []
    for multipliers in (None, {"kernel": 1.0}):
        variable = NamedVariable("kernel", np.array([1.0, -2.0], "float32"))
        optimizer = AdamWeightDecay(
            [variable], schedules.learning_rate(config), 0.01, 1.0, multipliers
        )
        optimizer.apply([tf.constant([0.3, 0.1])])
        changes.append(variable.value.numpy())
    np.testing.assert_array_equal(*changes)


@pytest.mark.parametrize(("norm", "applied"), [(0.5, 0.5), (1.0, 1.0), (4.0, 1.0)])
def test_a_gradient_is_shortened_to_the_norm_and_never_lengthened(
    config, norm, applied
):
    variable = NamedVariable("kernel", np.zeros(2, "float32"))
    optimizer = optimizers.create(config, [variable])
    returned = optimizer.apply([tf.constant([0.6 * norm, 0.8 * norm])])
    assert float(returned) == pytest.approx(norm)
    first_moment = optimizer.first_moments["kernel"].numpy()
    np.testing.assert_allclose(
        first_moment, [0.06 * applied, 0.08 * applied], rtol=1e-5
    )


def test_the_longest_row_of_skipped_updates_is_reported_once(config):
    variable = NamedVariable("kernel", np.ones(1, "float32"))
    optimizer = optimizers.create(config, [variable])
    for gradient in (np.nan, np.inf, 1.0, np.nan):
        optimizer.apply([tf.constant([gradient], "float32")])
    assert int(optimizer.skipped) == 3
    assert optimizer.take_longest_skipped_row() == 2
    # The current row of skipped updates continues.
    assert int(optimizer.skipped_in_a_row) == 1
    optimizer.apply([tf.constant([np.nan])])
    assert optimizer.take_longest_skipped_row() == 2
    optimizer.apply([tf.constant([1.0])])
    assert optimizer.take_longest_skipped_row() == 0
    assert int(optimizer.iterations) == 6
