"""Learning rate, temperature and slope over a run, and their readings."""

import dataclasses
import json

import numpy as np
import pytest
import tensorflow as tf

from electra_tf.choices import Schedule
from electra_tf.config import Config, MaskingConfig
from electra_tf.interop import export
from electra_tf.model import masking
from electra_tf.model.electra import Electra
from electra_tf.pretraining import loop, schedules, step, trained
from electra_tf.pretraining.workdir import Workdir
from tests import small


def test_a_warm_up_of_no_step_or_one_is_that_long():
    for warmup_steps, steps, rates in (
        (0, (0, 5), (0.1, 0.05)),
        (1, (0, 1), (0, 0.09)),
    ):
        schedule = schedules.WarmupAndDecay(0.1, 10, warmup_steps)
        found = [float(schedule(tf.constant(step))) for step in steps]
        assert found == pytest.approx(rates)


def test_a_rate_stays_at_its_peak_until_the_decay():
    config = Config(learning_rate=0.1, num_train_steps=100, warmup_steps=10)
    config.schedule, config.decay_fraction = Schedule.WSD, 0.2
    rate = schedules.learning_rate(config)
    found = [float(rate(tf.constant(step))) for step in (0, 5, 10, 80, 90, 99, 100)]
    assert found == pytest.approx([0, 0.05, 0.1, 0.1, 0.05, 0.005, 0])
    config.decay_fraction = 1.0
    linear = schedules.learning_rate(Config(learning_rate=0.1, num_train_steps=100))
    whole = schedules.learning_rate(dataclasses.replace(config, warmup_steps=10_000))
    steps = tf.range(101)
    np.testing.assert_array_equal(whole(steps), linear(steps))


def test_a_temperature_goes_to_its_end_in_a_straight_line():
    masking = MaskingConfig(temperature=2.0, final_temperature=1.0)
    config = Config(masking=masking, num_train_steps=100)
    found = [float(schedules.temperature(config, tf.constant(t))) for t in (0, 25, 100)]
    assert found == [2.0, 1.75, 1.0]
    assert schedules.held_out_temperature(config) == 1.0
    still = Config(masking=MaskingConfig(temperature=1.5))
    assert schedules.temperature(still, tf.constant(7)) == 1.5
    assert schedules.held_out_temperature(still) == 1.5


def test_a_slope_is_gone_after_its_part_of_the_run():
    config = Config(
        attention_slope=0.5, attention_slope_fraction=0.5, num_train_steps=100
    )
    steps = (0, 25, 50, 99)
    found = [float(schedules.attention_slope(config, tf.constant(t))) for t in steps]
    assert found == [0.5, 0.25, 0.0, 0.0]
    assert schedules.attention_slope(Config(), tf.constant(7)) == 0.0


def test_readings_have_the_temperature_and_the_slope(tmp_path, caplog):
    config = small.config(
        small.write(tmp_path / "data"),
        num_train_steps=20,
        gradient_accumulation_steps=2,
        attention_slope=0.5,
        attention_slope_fraction=1.0,
        steps_per_loop=10,
        log_every=10,
        eval_every=20,
    )
    config.masking = MaskingConfig(
        temperature=2.0, final_temperature=1.0, whole_words=True
    )
    config.model.disentangled_embeddings = True
    workdir = Workdir(str(tmp_path / "run"))
    loop.train(config, workdir, tf.distribute.get_strategy())
    with open(workdir.metrics) as file:
        lines = [json.loads(line) for line in file]
    readings = [line for line in lines if line["split"] == "train"]
    slopes = [line["optimizer/attention_slope"] for line in readings]
    assert slopes == pytest.approx([0.275, 0.025])
    temperatures = [line["generator/temperature"] for line in readings]
    assert temperatures == pytest.approx([1.55, 1.05])
    assert all(line["loss/total"] < 100 for line in lines)
    for which, is_warned_of in (("20", False), ("10", True)):
        export.export(workdir.path, str(tmp_path / which), ["huggingface"], which)
        assert ("attention_slope that is still 0.25" in caplog.text) is is_warned_of


def test_the_discriminator_has_a_rate_of_its_own(tmp_path):
    moved, data = {}, small.write(tmp_path / "data")
    for rate in (1.0, 1e-9):
        config = small.config(data, num_train_steps=10)
        config.discriminator_rate = rate
        workdir = Workdir(str(tmp_path / f"run {rate}"))
        loop.train(config, workdir, tf.distribute.get_strategy())
        run = trained.load(workdir)
        fresh = Electra(config.model, len(run.vocabulary), seed=config.seed)
        for network in ("generator", "discriminator"):
            (path,) = [
                p
                for p in run.model.paths(network)
                if "layer_0/attention/query/kernel" in p
            ]
            ours, first = run.model.values(network)[path], fresh.values(network)[path]
            moved[rate, network] = float(np.abs(ours - first).max())
        for ours, first in zip(
            run.model.embeddings.variables, fresh.embeddings.variables, strict=True
        ):
            change = float(np.abs(ours.numpy() - first.numpy()).max())
            moved[rate, ours.path.rsplit("/", 1)[-1]] = change
    assert moved[1.0, "discriminator"] > 1e-5 > moved[1e-9, "discriminator"]
    assert moved[1e-9, "generator"] > 1e-5
    # What both networks share has the rate of the generator.
    for name in ("word_embeddings", "position_embeddings", "gamma", "beta"):
        assert moved[1e-9, name] > 1e-5, name


def test_what_moves_reaches_the_networks_and_the_samples(tmp_path, monkeypatch):
    """Checks the arguments of the networks in training steps and in evaluation."""
    seen: dict[str, list] = {"slopes": [], "temperatures": [], "continues": []}

    def spied_forward(*args, forward=step.forward):
        seen["slopes"].append(args[6] if len(args) > 6 else 0.0)
        return forward(*args)

    def spied_sample(*args, sample=masking.sample):
        seen["temperatures"].append(args[3])
        return sample(*args)

    def spied_mask(*args, mask=masking.mask):
        seen["continues"].append((args[2].whole_words, args[5] is not None))
        return mask(*args)

    monkeypatch.setattr(step, "forward", spied_forward)
    monkeypatch.setattr(masking, "sample", spied_sample)
    monkeypatch.setattr(masking, "mask", spied_mask)
    config = small.config(small.write(tmp_path / "data"), num_train_steps=10)
    config.attention_slope = 0.5
    config.masking = MaskingConfig(
        temperature=2.0, final_temperature=1.0, whole_words=True
    )
    loop.train(config, Workdir(str(tmp_path / "run")), tf.distribute.get_strategy())
    assert tf.is_tensor(seen["slopes"][0]) and seen["slopes"][-1] == 0.0
    assert tf.is_tensor(seen["temperatures"][0]) and seen["temperatures"][-1] == 1.0
    assert seen["continues"] and all(seen["continues"][0])
