"""Peak speed of the devices of a run: configured, published or measured."""

import pytest
import tensorflow as tf

from electra_tf.config import Config
from electra_tf.training import peak as peaks


def test_a_configured_peak_counts_every_replica(two_replicas):
    config = Config(peak_teraflops=2.0)
    assert peaks.of(config, two_replicas).flops_per_second == 4e12
    one = tf.distribute.get_strategy()
    assert peaks.of(config, one).flops_per_second == 2e12


@pytest.mark.parametrize(
    ("name", "teraflops"),
    [
        ("NVIDIA L4", 121.0),
        ("NVIDIA A100-SXM4-80GB", 312.0),
        ("Tesla T4", 65.0),
        ("v5litepod-8", 197.0),
        ("NVIDIA L40S", 0.0),
        ("NVIDIA RTX A1000", 0.0),
    ],
)
def test_a_peak_is_that_of_the_very_chip(monkeypatch, name, teraflops):
    monkeypatch.setattr(peaks, "_accelerator", lambda: name)
    peak = peaks.of(Config(), tf.distribute.get_strategy())
    assert peak.flops_per_second == teraflops * 1e12


def test_virtual_replicas_share_the_measured_peak_of_one_machine(
    two_replicas, monkeypatch
):
    monkeypatch.setattr(peaks, "measured", lambda precision: 3e11)
    for strategy in (two_replicas, tf.distribute.get_strategy()):
        assert peaks.of(Config(), strategy).flops_per_second == 3e11
