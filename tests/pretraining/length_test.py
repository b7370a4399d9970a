"""Runs that are at a short length first: resume, data, readings, positions."""

import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from electra_tf.batch import Batch
from electra_tf.config import Config, DataConfig
from electra_tf.pretraining import checkpoint_evaluation, loop, throughput, trained
from electra_tf.pretraining.run import Run, check
from electra_tf.pretraining.step import Step
from electra_tf.pretraining.workdir import Workdir
from electra_tf.shards import pipeline
from electra_tf.shards.manifest import Manifest
from electra_tf.training.checkpoints import Checkpoints
from tests import small

SHORT = 8


class Stopped(Exception):
    """A run was stopped at a checkpoint."""


def config(data: str, fraction: float = 0.5, **overrides) -> Config:
    """20 steps, of which this share is at length 8 and the others at 16."""
    lengths = DataConfig(
        directory=data,
        max_seq_length=small.LENGTH,
        short_seq_length=SHORT,
        short_steps_fraction=fraction,
        global_batch_size=8,
        shuffle_buffer=32,
    )
    return small.config(data, **({"data": lengths} | overrides))


def train(config: Config, path: pathlib.Path, strategy=None, stop_at: int = 0):
    """Trains, or trains until a checkpoint, and returns the working directory."""
    workdir, saved = Workdir(str(path)), Checkpoints.save

    def save_then_stop(self, step):
        saved(self, step)
        if step == stop_at:
            raise Stopped

    strategy = strategy or tf.distribute.get_strategy()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Checkpoints, "save", save_then_stop)
        if stop_at:
            with pytest.raises(Stopped):
                loop.train(config, workdir, strategy)
        else:
            loop.train(config, workdir, strategy)
    return workdir


def readings(workdir: Workdir) -> list[dict]:
    lines = pathlib.Path(workdir.metrics).read_text().splitlines()
    return [json.loads(line) for line in lines]


def without_clock(reading: dict) -> dict:
    return {k: v for k, v in reading.items() if not k.startswith("throughput")}


def assert_same(ours: Workdir, theirs: Workdir) -> None:
    run, other = trained.load(ours), trained.load(theirs)
    assert run.step == other.step
    for left, right in zip(run.model.variables, other.model.variables, strict=True):
        np.testing.assert_array_equal(left.numpy(), right.numpy(), err_msg=left.path)
    assert run.position_counts.tolist() == other.position_counts.tolist()
    for left, right in zip(readings(ours), readings(theirs), strict=True):
        assert without_clock(left) == without_clock(right)


def test_a_resume_in_either_part_and_between_them_changes_nothing(data, tmp_path):
    run = config(data, checkpoint_every=5)
    whole = train(run, tmp_path / "whole")
    for stop_at in (5, 10, 15):
        train(run, tmp_path / "parts", stop_at=stop_at)
    assert_same(train(run, tmp_path / "parts"), whole)


@pytest.mark.long
def test_a_resume_on_two_replicas_changes_nothing(data, tmp_path, two_replicas):
    # 12 steps are short: the change is inside a loop of 5, and has a checkpoint.
    run = config(data, fraction=0.6, eval_every=0)
    whole = train(run, tmp_path / "whole", two_replicas)
    train(run, tmp_path / "parts", two_replicas, stop_at=12)
    assert_same(train(run, tmp_path / "parts", two_replicas), whole)


@pytest.mark.parametrize("replicas", [1, pytest.param(2, marks=pytest.mark.long)])
def test_positions_are_counted_exactly(data, tmp_path, replicas, two_replicas):
    strategy = two_replicas if replicas == 2 else None
    workdir = train(config(data, eval_every=0), tmp_path / "run", strategy)
    manifest, counts = Manifest.load(data), np.zeros(small.LENGTH, int)
    for length, first, steps in ((SHORT, 0, 10), (small.LENGTH, 5, 10)):
        ds = pipeline.train_dataset(manifest, data, 8, 32, 3, first, length=length)
        for batch in ds.take(steps):
            counts[:length] += batch.input_mask_BS.numpy().sum(axis=0)
    assert trained.load(workdir).position_counts.tolist() == counts.tolist()
    assert counts[0] > counts[SHORT] > 0


def test_a_step_is_traced_once_per_length(data, tmp_path, monkeypatch):
    made, init = [], Step.__init__

    def remember(self, *args, **kwargs):
        init(self, *args, **kwargs)
        made.append(self)

    monkeypatch.setattr(Step, "__init__", remember)
    train(config(data), tmp_path / "run")
    (steps,) = made
    assert steps.train.experimental_get_tracing_count() == 2
    assert steps.evaluate.experimental_get_tracing_count() == 2


def test_readings_never_mix_lengths_and_rates_are_those_of_each(
    data, tmp_path, monkeypatch
):
    read = throughput.Meter.read
    meters = []

    def remember(self):
        meters.append(self)
        return read(self)

    monkeypatch.setattr(throughput.Meter, "read", remember)
    run = config(data, fraction=0.6, steps_per_loop=1, peak_teraflops=1e-3)
    workdir = train(run, tmp_path / "run")
    ours = [line for line in readings(workdir) if line["split"] == "train"]
    assert [line["step"] for line in ours] == [5, 10, 12, 15, 20]
    assert [line["data/seq_length"] for line in ours] == [8, 8, 8, 16, 16]
    assert len(set(map(id, meters))) == 2
    for line in ours:
        length = line["data/seq_length"]
        tokens = line["throughput/tokens_per_second"]
        examples = line["throughput/examples_per_second"]
        assert tokens / examples == pytest.approx(length)
        flops = throughput.flops_per_token(run, len(small.vocabulary()), length)
        used = line["throughput/model_flops_utilization"]
        assert used == pytest.approx(tokens * flops / 1e9)


def test_held_out_text_is_the_same_at_both_lengths(data, tmp_path):
    run = config(data)
    workdir = train(run, tmp_path / "run", stop_at=10)
    (short,) = (line for line in readings(workdir) if line["split"] == "eval")
    assert (short["step"], short["data/seq_length"]) == (10, SHORT)
    strategy = tf.distribute.get_strategy()
    report = checkpoint_evaluation.evaluate(workdir, "", "valid", 0, strategy)
    for tag in ("loss/generator", "discriminator/auc", "data/seq_length"):
        assert report[tag] == pytest.approx(short[tag], rel=1e-6)
    train(run, tmp_path / "run")
    last = readings(workdir)[-1]
    assert (last["step"], last["data/seq_length"]) == (20, small.LENGTH)


def test_another_schedule_is_another_run(data, tmp_path):
    """But what the steps so far did not depend on may still change."""
    train(config(data, eval_every=0), tmp_path / "run", stop_at=10)
    with pytest.raises(ValueError, match=r"short_steps_fraction: 0.4 now, 0.5 then"):
        train(config(data, fraction=0.4, eval_every=0), tmp_path / "run")
    later = config(data, fraction=0.6, eval_every=0)
    assert_same(train(later, tmp_path / "run"), train(later, tmp_path / "whole"))


def test_work_left_is_counted_at_the_length_of_each_step(data):
    run, pieces = config(data), len(small.vocabulary())
    short, long = (
        8 * length * throughput.flops_per_token(run, pieces, length)
        for length in (SHORT, small.LENGTH)
    )
    for step, expected in ((0, 10 * short + 10 * long), (7, 3 * short + 10 * long)):
        assert throughput.flops_left(run, pieces, step) == pytest.approx(expected)
    assert throughput.flops_left(run, pieces, 15) == pytest.approx(5 * long)
    assert throughput.flops_left(run, pieces, 20) == 0


def test_a_batch_of_padding_alone_is_no_error(data, tmp_path):
    strategy = tf.distribute.get_strategy()
    workdir = Workdir(str(tmp_path / "run"))
    run = Run(check(config(data), workdir, strategy), workdir, strategy)
    empty = tf.zeros((8, small.LENGTH), "int32")
    batches = iter(tf.data.Dataset.from_tensors(Batch(empty, empty, empty)))
    assert run.steps.train(batches, tf.constant(1)).gradient_norm.numpy() == 0.0
    assert int(run.optimizer.iterations) == 1 and int(run.optimizer.skipped) == 0
