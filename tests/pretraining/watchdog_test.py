"""Each known way to fail is named once, with the field to change; health is not."""

import logging

import pytest

from electra_tf.config import Config
from electra_tf.pretraining.watchdog import PATIENCE, Watchdog

HEALTHY = {
    "discriminator/recall": 0.3,
    "discriminator/auc": 0.9,
    "discriminator/replaced_rate": 0.1,
    "generator/sampled_accuracy": 0.3,
    "loss/total": 10.0,
    "data/seq_length": 128,
    "throughput/input_wait_fraction": 0.01,
}


@pytest.fixture
def warnings(monkeypatch):
    """What was warned of."""
    said = []
    monkeypatch.setattr(
        "electra_tf.pretraining.watchdog.logging.warning",
        lambda message, *arguments: said.append(message % arguments),
    )
    return said


def look(watchdog: Watchdog, readings: int, first: int = 20_000, **values) -> None:
    for index in range(readings):
        changed = {key.replace("__", "/"): value for key, value in values.items()}
        watchdog.look(first + index, HEALTHY | changed)


def test_a_healthy_run_is_not_warned_of(warnings):
    look(Watchdog(Config()), 50)
    assert not warnings


@pytest.mark.parametrize(
    "values, field",
    [
        ({"discriminator__recall": 0.0}, "config.discriminator_rate=1"),
        ({"discriminator__auc": 0.5}, "config.attention_slope=0"),
        ({"generator__sampled_accuracy": 0.8}, "config.model.generator_fraction=0.25"),
        ({"throughput__input_wait_fraction": 0.4}, "config.data.directory"),
    ],
)
def test_each_failure_is_named_once(warnings, values, field):
    watchdog = Watchdog(Config())
    look(watchdog, 2, **values)
    assert not warnings
    look(watchdog, 5 * PATIENCE, **values)
    assert len(warnings) == 1
    assert field in warnings[0]


def test_a_silent_discriminator_is_expected_during_the_warm_up(warnings):
    look(
        Watchdog(Config(warmup_steps=10_000)), 50, first=100, discriminator__recall=0.0
    )
    assert not warnings


def test_readings_must_follow_one_another(warnings):
    watchdog = Watchdog(Config())
    for _ in range(5):
        look(watchdog, PATIENCE - 1, discriminator__recall=0.0)
        look(watchdog, 1)
    assert not warnings


def test_a_jump_of_the_loss_is_named_at_once_but_not_another_length(warnings):
    watchdog = Watchdog(Config())
    look(watchdog, PATIENCE)
    look(watchdog, PATIENCE, loss__total=20.0, data__seq_length=512)
    assert not warnings
    look(watchdog, 1, loss__total=31.0, data__seq_length=512)
    assert len(warnings) == 1 and "The loss is 31.000 at step 20000" in warnings[0]


def test_a_warning_reaches_the_log(caplog):
    with caplog.at_level(logging.WARNING, logger="absl"):
        look(Watchdog(Config()), PATIENCE, discriminator__recall=0.0)
    assert "recall 0.0000" in caplog.text
