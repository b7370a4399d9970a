"""Runs end with their best epoch, go on where they were stopped, and can learn."""

import dataclasses
import json
import os
import pathlib
import signal

import numpy as np
import pytest
import tensorflow as tf

from electra_tf.config import Precision
from electra_tf.finetuning import batches, loop, plan, seeds
from electra_tf.finetuning.config import FinetuneConfig
from electra_tf.finetuning.loop import Stopped
from electra_tf.finetuning.run import FinetuneRun
from electra_tf.finetuning.splits import LabelledFiles
from electra_tf.finetuning.task import Columns
from electra_tf.finetuning.tasks import TASKS
from electra_tf.interop import encoders
from electra_tf.pretraining.workdir import Workdir
from electra_tf.training import precision, readings
from tests.interop import models

CONFIG = FinetuneConfig(
    learning_rate=1e-3,
    num_epochs=4,
    batch_size=8,
    max_seq_length=models.LENGTH,
    precision=Precision.FLOAT32,
)


def planned(network, files, task="classification", config=CONFIG, **options):
    suffix = {"tagging": " words", "qa": " questions"}.get(task, "")
    paths = LabelledFiles(
        *([files[name + suffix]] for name in ("train", "dev", "test"))
    )
    found = encoders.find(network)
    return plan.make(TASKS[task](Columns()), config, found, paths, **options)


def weights(output: pathlib.Path) -> dict[str, np.ndarray]:
    """Weights of the last checkpoint of seed 0."""
    (index,) = sorted((output / "seed-0/checkpoints").glob("step-*.index"))[-1:]
    reader = tf.train.load_checkpoint(str(index).removesuffix(".index"))
    names = [name for name in reader.get_variable_to_shape_map() if "weights" in name]
    return {name: reader.get_tensor(name) for name in names}


@pytest.mark.parametrize("task", ["classification", "tagging", "qa"])
def test_what_can_be_learnt_is_learnt(network, files, tmp_path, task, monkeypatch):
    monkeypatch.setattr(batches, "LENGTH_MULTIPLE", 2)  # Of sentences of 5 to 8.
    config = dataclasses.replace(CONFIG, dropout=0.0, num_epochs=30)
    work = planned(network, files, task, config)
    summary = seeds.run(
        work, str(tmp_path), [1], tf.distribute.get_strategy(), ["huggingface"]
    )
    one = work[""]
    assert summary["scores"]["test"][one.task.metric]["mean"] > 0.9
    assert summary["seeds"] == [1] and summary["runs"][0]["epoch"] in range(1, 31)
    assert json.loads((tmp_path / "results.json").read_text())["task"]
    lines = (tmp_path / "seed-1/predictions.jsonl").read_text().splitlines()
    answers = [json.loads(line) for line in lines]
    assert [one["split"] for one in answers] == ["dev"] * 32 + ["test"] * 20
    assert list((tmp_path / "seed-1/eval").glob("events*"))
    assert (tmp_path / "seed-1/huggingface/model.safetensors").exists()
    assert not (tmp_path / "seed-1/saved_model").exists()
    table = seeds.table(summary)
    assert "1 seed," in table and one.task.metric in table


def killing(step: int):
    """Writes a training reading, and asks for the end at a step."""
    write = readings.Writer.scalars

    def scalars(writer, taken, values):
        write(writer, taken, values)
        if taken == step and "loss" in values:
            os.kill(os.getpid(), signal.SIGTERM)

    return scalars


def test_a_run_that_was_stopped_ends_with_the_weights_of_one_that_was_not(
    network, files, tmp_path, monkeypatch
):
    monkeypatch.setattr(loop, "STEPS_PER_LOOP", 5)
    work, strategy = planned(network, files), tf.distribute.get_strategy()
    whole = seeds.run(work, str(tmp_path / "whole"), [0], strategy)
    stopped = tmp_path / "stopped"
    for step in (12, 29):  # At the end of an epoch of twelve, and within one.
        with monkeypatch.context() as patch:
            patch.setattr(readings.Writer, "scalars", killing(step))
            with pytest.raises(Stopped, match="SIGTERM"):
                seeds.run(work, str(stopped), [0], strategy)
        assert not (stopped / "results.json").exists()
    summary = seeds.run(work, str(stopped), [0], strategy)
    ours, theirs = weights(stopped), weights(tmp_path / "whole")
    assert ours.keys() == theirs.keys() and len(ours) > 30
    for name, value in ours.items():
        np.testing.assert_array_equal(value, theirs[name], err_msg=name)
    assert summary["scores"] == whole["scores"]
    # The time is that of all parts: it never goes back.
    times = [one["seconds"] for one in Workdir(f"{stopped}/seed-0").readings("train")]
    assert times == sorted(times) and summary["seconds"] > times[-1]
    # What has ended is read, not run again.
    monkeypatch.setattr(FinetuneRun, "_build", lambda run: pytest.fail("it ran again"))
    again = seeds.run(work, str(stopped), [0], strategy)
    assert again["runs"] == summary["runs"]


def test_a_kill_within_an_epoch_costs_what_was_not_saved(
    network, files, tmp_path, monkeypatch
):
    monkeypatch.setattr(loop, "STEPS_PER_LOOP", 5)
    monkeypatch.setattr(loop, "SAVE_SECONDS", 0.0)
    config = dataclasses.replace(CONFIG, num_epochs=2)
    work = planned(network, files, config=config)
    strategy = tf.distribute.get_strategy()
    whole = seeds.run(work, str(tmp_path / "whole"), [0], strategy)
    write = readings.Writer.scalars

    def scalars(writer, taken, values):
        write(writer, taken, values)
        if taken == 22:
            raise InterruptedError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(readings.Writer, "scalars", scalars)
        with pytest.raises(InterruptedError, match="killed"):
            seeds.run(work, str(tmp_path / "killed"), [0], strategy)
    assert list((tmp_path / "killed/seed-0/checkpoints").glob("step-17.index"))
    summary = seeds.run(work, str(tmp_path / "killed"), [0], strategy)
    assert summary["scores"] == whole["scores"]
    ours, theirs = weights(tmp_path / "killed"), weights(tmp_path / "whole")
    for name, value in ours.items():
        np.testing.assert_array_equal(value, theirs[name], err_msg=name)
    rates = Workdir(f"{tmp_path}/killed/seed-0").readings("train")
    assert [one["step"] for one in rates] == [5, 10, 12, 17, 22, 24]
    assert all(one["gradient_norm"] > 0 for one in rates)
    # Of the last update, 1 / 24 of the peak.
    assert rates[-1]["learning_rate"] == pytest.approx(1e-3 / 24)


def test_an_epoch_is_saved_before_its_table_is_made(
    network, files, tmp_path, monkeypatch
):
    work, strategy = planned(network, files), tf.distribute.get_strategy()

    def confusion(*_):
        raise MemoryError("of a table")

    with monkeypatch.context() as patch:
        patch.setattr(type(work[""].task), "confusion", confusion)
        with pytest.raises(MemoryError, match="of a table"):
            seeds.run(work, str(tmp_path), [0], strategy)
    checkpoints = tmp_path / "seed-0/checkpoints"
    assert (checkpoints / "step-12.index").exists()
    assert json.loads((checkpoints / "best.json").read_text())["step"] == 12
    readings = Workdir(f"{tmp_path}/seed-0").readings("eval")
    assert [one["step"] for one in readings] == [12]


def test_several_workers_are_refused(network, files, tmp_path, monkeypatch):
    monkeypatch.setattr(seeds, "hosts", lambda _: 2)
    with pytest.raises(ValueError, match="TF_CONFIG names 2 workers"):
        seeds.run(
            planned(network, files), str(tmp_path), [0], tf.distribute.get_strategy()
        )


def test_two_replicas_learn_what_one_does(
    network, files, tmp_path, two_replicas, monkeypatch
):
    monkeypatch.setattr(batches, "LENGTH_MULTIPLE", 2)  # Of sentences of 5 to 8.
    config = dataclasses.replace(CONFIG, dropout=0.0, num_epochs=2)
    work = planned(network, files, config=config)
    seeds.run(work, str(tmp_path / "one"), [0], tf.distribute.get_strategy())
    seeds.run(work, str(tmp_path / "two"), [0], two_replicas)
    ours, theirs = weights(tmp_path / "one"), weights(tmp_path / "two")
    for name, value in ours.items():
        # Sums in another order, over 24 steps of Adam.
        np.testing.assert_allclose(value, theirs[name], atol=2e-4, err_msg=name)


def test_lower_layers_move_less(network, files, tmp_path):
    config = dataclasses.replace(CONFIG, num_epochs=1, layerwise_decay=1e-6)
    work = planned(network, files, config=config)
    seeds.run(work, str(tmp_path), [0], tf.distribute.get_strategy())
    electra = encoders.build(encoders.find(network), Precision.FLOAT32, None)
    before = {variable.path: variable.numpy() for variable in electra.variables}
    top, seen = f"layer_{electra.config.num_layers - 1}/", 0
    for name, value in weights(tmp_path).items():
        path = name.removeprefix("weights/").partition("/.")[0].replace(".S", "/")
        # A bias of the keys changes nothing, and has no gradient.
        if path in before and not path.endswith("key/bias"):
            seen += 1
            is_moved = bool(np.abs(value - before[path]).max() > 1e-4)
            assert is_moved is (top in path), path
    assert seen > 20


def test_an_output_of_another_plan_is_refused(network, files, tmp_path):
    strategy = tf.distribute.get_strategy()
    config = dataclasses.replace(CONFIG, num_epochs=1)
    seeds.run(planned(network, files, config=config), str(tmp_path), [0], strategy)
    other = dataclasses.replace(config, learning_rate=1e-4)
    with pytest.raises(ValueError, match="holds a run with another config"):
        seeds.run(planned(network, files, config=other), str(tmp_path), [0], strategy)
    with pytest.raises(ValueError, match="another encoder.weights: .*, not random"):
        work = planned(network, files, config=config, from_random=True)
        seeds.run(work, str(tmp_path), [0], strategy)
    with pytest.raises(
        ValueError, match="examples.test: .*, not None .it started with"
    ):
        work = plan.make(
            TASKS["classification"](Columns()),
            config,
            encoders.find(network),
            LabelledFiles([files["train"]], [files["dev"]]),
        )
        seeds.run(work, str(tmp_path), [0], strategy)
    # Other text of the same size.
    content = pathlib.Path(files["test"]).read_text()
    test = tmp_path / "other.tsv"
    test.write_text(content.replace("niño", "niña"))
    with pytest.raises(ValueError, match="holds a run with another examples.test"):
        work = planned(network, {**files, "test": str(test)}, config=config)
        seeds.run(work, str(tmp_path), [0], strategy)


def test_overwrite_replaces_a_run_of_another_plan_and_goes_on_with_the_same(
    network, files, tmp_path
):
    strategy = tf.distribute.get_strategy()

    def run(rate: float) -> float:
        config = dataclasses.replace(CONFIG, num_epochs=1, learning_rate=rate)
        work = planned(network, files, config=config)
        seeds.run(work, str(tmp_path), [0], strategy, overwrite=True)
        notes = json.loads((tmp_path / "seed-0/config.json").read_text())
        return notes["config"]["learning_rate"]

    assert run(1e-3) == 1e-3
    result = tmp_path / "seed-0/result.json"
    first = result.stat().st_mtime_ns
    assert run(1e-3) == 1e-3
    assert result.stat().st_mtime_ns == first
    assert run(1e-4) == 1e-4
    (tmp_path / "seed-0/notes.txt").write_text("mine")
    with pytest.raises(ValueError, match=r"did not make \(notes\.txt\)"):
        run(1e-5)
    assert run(1e-4) == 1e-4


def test_a_run_that_is_gone_on_with_elsewhere_keeps_its_precision(
    network, files, tmp_path, monkeypatch
):
    config = dataclasses.replace(CONFIG, precision=Precision.AUTO)
    work, built = planned(network, files, config=config), []

    def build(found, precision, seed):
        built.append(precision)
        raise KeyboardInterrupt

    monkeypatch.setattr(encoders, "build", build)
    for has_bfloat16 in (False, True):
        monkeypatch.setattr(precision, "cpu_has_bfloat16", lambda has=has_bfloat16: has)
        with pytest.raises(KeyboardInterrupt):
            seeds.run(work, str(tmp_path), [0], tf.distribute.get_strategy())
    assert built == [Precision.FLOAT32] * 2


def test_a_training_that_diverges_ends_with_an_error(network, files, tmp_path):
    config = dataclasses.replace(CONFIG, learning_rate=1e30, warmup_fraction=0.0)
    work = planned(network, files, config=config)
    with pytest.raises(FloatingPointError, match="lower config.learning_rate=1e"):
        seeds.run(work, str(tmp_path), [0], tf.distribute.get_strategy())
    assert not (tmp_path / "results.json").exists()


def test_a_batch_that_does_not_divide_is_refused(
    network, files, tmp_path, two_replicas
):
    work = planned(network, files, config=dataclasses.replace(CONFIG, batch_size=7))
    with pytest.raises(ValueError, match="batch_size=7 is not divisible by 2"):
        seeds.run(work, str(tmp_path / "out"), [0], two_replicas)


@pytest.mark.parametrize("texts", [[], ["a"], ["1", "1"], ["-1"], ["0", "2147483648"]])
def test_seeds_that_are_none_are_refused(texts):
    with pytest.raises(ValueError, match="--seeds="):
        seeds.parse(texts)
