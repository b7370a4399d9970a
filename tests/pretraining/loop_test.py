"""Whole runs on small shards: resume, replicas, learning, bad input."""

import dataclasses
import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from electra_tf.config import Config, JitCompile, MaskingConfig, Precision
from electra_tf.model.electra import Electra
from electra_tf.pretraining import loop
from electra_tf.pretraining.workdir import Workdir
from electra_tf.training.checkpoints import Checkpoints
from tests import small

METRIC_TAGS = {
    "data/seq_length",
    "loss/total",
    "loss/generator",
    "loss/discriminator",
    "generator/masked_accuracy",
    "generator/sampled_accuracy",
    "discriminator/accuracy",
    "discriminator/precision",
    "discriminator/recall",
    "discriminator/f1",
    "discriminator/auc",
    "discriminator/pr_auc",
    "discriminator/replaced_rate",
    "discriminator/trivial_accuracy",
    "discriminator/lift",
}
TRAIN_TAGS = METRIC_TAGS | {
    "optimizer/learning_rate",
    "optimizer/gradient_norm",
    "optimizer/skipped_updates",
    "throughput/examples_per_second",
    "throughput/tokens_per_second",
    "throughput/model_flops_utilization",
    "throughput/input_wait_fraction",
}


def default_strategy() -> tf.distribute.Strategy:
    return tf.distribute.get_strategy()


def weights(config: Config, workdir: Workdir) -> dict[str, np.ndarray]:
    """All weights of the latest checkpoint."""
    model = Electra(config.model, len(small.vocabulary()))
    assert Checkpoints(workdir.checkpoints, model).restore() is not None
    return {variable.path: variable.numpy() for variable in model.variables}


def readings(workdir: Workdir) -> list[dict]:
    """metrics.jsonl without what depends on the clock."""
    lines = pathlib.Path(workdir.metrics).read_text().splitlines()
    return [
        {k: v for k, v in json.loads(line).items() if not k.startswith("throughput")}
        for line in lines
    ]


def interrupted_and_whole(
    data, tmp_path, strategy, **overrides
) -> tuple[Workdir, Workdir, Config]:
    """Trains 10 + 10 steps and 20 steps; stops the first one in between."""
    config = small.config(data, **overrides)
    whole = Workdir(str(tmp_path / "whole"))
    loop.train(config, whole, strategy)

    parts = Workdir(str(tmp_path / "parts"))
    train_to_the_next_checkpoint(config, parts, strategy)
    assert loop.train(config, parts, strategy).step == 20
    return parts, whole, config


def train_to_the_next_checkpoint(config, workdir, strategy) -> None:
    saved = Checkpoints.save

    class Stopped(Exception):
        pass

    def save_then_stop(self, step):
        saved(self, step)
        raise Stopped

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Checkpoints, "save", save_then_stop)
        with pytest.raises(Stopped):
            loop.train(config, workdir, strategy)


def assert_same_run(parts: Workdir, whole: Workdir, config: Config) -> None:
    ours, theirs = weights(config, parts), weights(config, whole)
    assert ours.keys() == theirs.keys()
    fresh = Electra(config.model, len(small.vocabulary()), seed=config.seed)
    for variable in fresh.trainable_variables:  # All of them were trained, and read.
        assert np.any(variable.numpy() != ours[variable.path]), variable.path
    for path, value in ours.items():
        np.testing.assert_array_equal(value, theirs[path], err_msg=path)
    # The readings count losses over the same examples in the same order.
    assert readings(parts) == readings(whole)


@pytest.mark.parametrize(
    "jit_compile",
    [pytest.param(JitCompile.OFF, marks=pytest.mark.long), JitCompile.ON],
)
def test_ten_plus_ten_steps_equal_twenty(data, tmp_path, jit_compile):
    """With all that moves from step to step."""
    assert_same_run(
        *interrupted_and_whole(
            data,
            tmp_path,
            default_strategy(),
            jit_compile=jit_compile,
            attention_slope=0.5,
            attention_slope_fraction=1.0,
            discriminator_rate=0.5,
            masking=MaskingConfig(
                temperature=2.0, final_temperature=1.0, whole_words=True
            ),
        )
    )


@pytest.mark.long
def test_ten_plus_ten_steps_equal_twenty_on_two_replicas(data, tmp_path, two_replicas):
    assert_same_run(*interrupted_and_whole(data, tmp_path, two_replicas))


@pytest.mark.parametrize(
    "jit_compile, with_replacement",
    [
        pytest.param(JitCompile.ON, False, marks=pytest.mark.long),
        (JitCompile.OFF, True),
    ],
)
def test_replicas_and_micro_batches_change_rounding_alone(
    data, tmp_path, two_replicas, jit_compile, with_replacement
):
    config = small.config(
        data,
        num_train_steps=5,
        jit_compile=jit_compile,
        precision=Precision.FLOAT32,
        masking=MaskingConfig(with_replacement=with_replacement),
    )
    accumulated = dataclasses.replace(config, gradient_accumulation_steps=2)
    whole = Workdir(str(tmp_path / "whole"))
    expected = loop.train(config, whole, default_strategy())
    for name, split, strategy in (
        ("replicas", config, two_replicas),
        ("micro_batches", accumulated, default_strategy()),
    ):
        workdir = Workdir(str(tmp_path / name))
        result = loop.train(split, workdir, strategy)
        assert losses(result.evaluation) == pytest.approx(
            losses(expected.evaluation), rel=1e-4
        )
        assert_close(weights(config, workdir), weights(config, whole), 1e-6)


def losses(values: dict[str, float]) -> dict[str, float]:
    """What changes little where weights do; AUC counts in bins."""
    return {tag: value for tag, value in values.items() if tag.startswith("loss/")}


def assert_close(ours: dict, theirs: dict, tolerance: float) -> None:
    for path, value in ours.items():
        if path.endswith("key/bias"):
            continue  # Its true gradient is 0; Adam scales the rounding up.
        np.testing.assert_allclose(
            value, theirs[path], rtol=0, atol=tolerance, err_msg=path
        )


@pytest.mark.long
def test_a_run_moves_to_two_replicas_and_back(data, tmp_path, two_replicas):
    config = small.config(data, num_train_steps=30, precision=Precision.FLOAT32)
    still, moved = Workdir(str(tmp_path / "still")), Workdir(str(tmp_path / "moved"))
    expected = loop.train(config, still, default_strategy())
    train_to_the_next_checkpoint(config, moved, default_strategy())
    in_parts = dataclasses.replace(config, gradient_accumulation_steps=2)
    train_to_the_next_checkpoint(in_parts, moved, two_replicas)
    result = loop.train(config, moved, default_strategy())
    assert losses(result.evaluation) == pytest.approx(
        losses(expected.evaluation), rel=1e-3
    )
    for ours, theirs in zip(readings(moved), readings(still), strict=True):
        assert losses(ours) == pytest.approx(losses(theirs), rel=1e-3)
    assert_close(weights(config, moved), weights(config, still), 1e-4)


def test_another_seed_gives_other_weights(data, tmp_path):
    runs = []
    for seed in (1, 2):
        config = small.config(data, num_train_steps=5, eval_every=0, seed=seed)
        workdir = Workdir(str(tmp_path / str(seed)))
        loop.train(config, workdir, default_strategy())
        runs.append(weights(config, workdir))
    path = "electra/discriminator/head_dense/kernel"
    assert np.abs(runs[0][path] - runs[1][path]).max() > 0.01


def test_bfloat16_trains_close_to_float32(data, tmp_path):
    losses = []
    for precision in (Precision.FLOAT32, Precision.MIXED_BFLOAT16):
        config = small.config(data, num_train_steps=10, precision=precision)
        workdir = Workdir(str(tmp_path / precision.value))
        losses.append(loop.train(config, workdir, default_strategy()).evaluation)
    ours, theirs = (values["loss/generator"] for values in losses)
    # The same masks and data; bfloat16 rounds to 8 bits, at a loss of about 3.
    assert ours != theirs
    assert ours == pytest.approx(theirs, abs=0.1)


@pytest.mark.slow
def test_a_toy_language_is_learnt(data, tmp_path):
    config = small.config(
        data,
        # So that the generator, which learns it too, leaves something to be found.
        masking=MaskingConfig(temperature=5.0),
        learning_rate=3e-3,
        num_train_steps=600,
        steps_per_loop=100,
        log_every=100,
        eval_every=600,
        checkpoint_every=600,
        warmup_steps=50,
    )
    result = loop.train(config, Workdir(str(tmp_path / "run")), default_strategy())
    # 20 words alike would cost log(20) = 3.0 nats.
    assert result.evaluation["loss/generator"] < 2.2
    assert result.evaluation["discriminator/auc"] > 0.85


def test_event_files_and_json_lines_have_every_metric(data, tmp_path):
    workdir = Workdir(str(tmp_path / "run"))
    config = small.config(data, peak_teraflops=0.0)  # It is measured.
    loop.train(config, workdir, default_strategy())
    for split, tags in (("train", TRAIN_TAGS), ("eval", METRIC_TAGS)):
        events = EventAccumulator(workdir.file(split), {"tensors": 0})
        events.Reload()
        found = set(events.Tags()["tensors"])
        assert tags <= found, tags - found
        extra = {"samples/replaced_tokens", "discriminator/pr_curve/pr_curves"}
        assert found - tags == (extra if split == "eval" else set())
        steps = [event.step for event in events.Tensors("loss/total")]
        assert steps == ([10, 20] if split == "eval" else [5, 10, 15, 20])
        lines = [
            json.loads(line)
            for line in pathlib.Path(workdir.metrics).read_text().splitlines()
        ]
        last = [line for line in lines if line["split"] == split][-1]
        assert set(last) == tags | {"step", "split"}
        for tag in tags:
            value = tf.make_ndarray(events.Tensors(tag)[-1].tensor_proto)
            assert value == pytest.approx(last[tag], rel=1e-6)


def test_gradients_that_stay_infinite_stop_the_run(data, tmp_path):
    config = small.config(
        data, learning_rate=1e30, max_skipped_updates=3, eval_every=0, warmup_steps=0
    )
    with pytest.raises(FloatingPointError, match="Lower config.learning_rate"):
        loop.train(config, Workdir(str(tmp_path / "run")), default_strategy())


def test_a_torn_last_line_of_the_readings_does_not_stop_a_resume(data, tmp_path):
    workdir = Workdir(str(tmp_path / "run"))
    config = small.config(data, num_train_steps=5, eval_every=0)
    loop.train(config, workdir, default_strategy())
    path = pathlib.Path(workdir.metrics)
    whole = path.read_text()
    path.write_text(whole + '{"step": 10, "spl')
    loop.train(config, workdir, default_strategy())
    assert path.read_text() == whole


def test_a_start_that_was_killed_is_no_obstacle(data, tmp_path):
    workdir = Workdir(str(tmp_path / "run"))
    (tmp_path / "run").mkdir()
    small.vocabulary().save(workdir.file("vocab.txt"))
    config = small.config(data, num_train_steps=5, eval_every=0)
    assert loop.train(config, workdir, default_strategy()).step == 5
