"""A run in every format, whole or not at all, with a card of what was measured."""

import json
import os
import pathlib
import subprocess
import sys

import keras_nlp
import numpy as np
import pytest
import safetensors.numpy
import tensorflow as tf

from electra_tf import directories
from electra_tf.interop import export, huggingface, model_card
from electra_tf.pretraining import loop, trained
from electra_tf.pretraining.workdir import Workdir
from electra_tf.shards.manifest import Manifest
from electra_tf.training.checkpoints import Checkpoints
from tests import small
from tests.interop import models


@pytest.fixture(scope="module")
def workdir(tmp_path_factory) -> Workdir:
    return models.trained_run(tmp_path_factory.mktemp("trained"))


@pytest.fixture(scope="module")
def exported(workdir, tmp_path_factory) -> pathlib.Path:
    directory = tmp_path_factory.mktemp("exported") / "export"
    written = export.export(workdir.path, str(directory), list(export.FORMATS))
    assert written == [str(directory / name) for name in export.FORMATS]
    return directory


def test_every_format_holds_the_run_s_weights(workdir, exported):
    model = trained.load(workdir).model
    for network in huggingface.ARCHITECTURES:
        path = exported / "huggingface" / network / "model.safetensors"
        theirs = safetensors.numpy.load_file(path)
        ours = huggingface.tensors(model, network)
        assert ours.keys() == theirs.keys()
        for name, value in ours.items():
            np.testing.assert_array_equal(value, theirs[name], err_msg=name)
    backbone = keras_nlp.models.ElectraBackbone.from_preset(str(exported / "keras"))
    np.testing.assert_array_equal(
        backbone.token_embedding.embeddings.numpy(),
        ours["electra.embeddings.word_embeddings.weight"],
    )
    served = tf.saved_model.load(str(exported / "saved_model"))
    answer = served.signatures["detect"](text=tf.constant(["w1 w1 w1"]))
    assert answer["length"].numpy().tolist() == [5]


CARDS = ["saved_model", "keras", "huggingface/discriminator", "huggingface/generator"]


@pytest.mark.parametrize("place", CARDS)
def test_every_export_has_a_card_of_the_run(workdir, exported, place):
    text = (exported / place / "README.md").read_text()
    assert text.startswith("---\n")
    assert "steps | 10 of 10" in text
    manifest = workdir.manifest()
    assert f"{manifest.tokens('train'):,}" in text
    assert manifest.fingerprint in text
    line = next(x for x in text.splitlines() if x.startswith("discriminator/trivial"))
    lines = pathlib.Path(workdir.metrics).read_text().splitlines()
    readings = [json.loads(line) for line in lines]
    last = [reading for reading in readings if reading["split"] == "eval"][-1]
    assert float(line.split()[1]) == round(last["discriminator/trivial_accuracy"], 4)


@pytest.mark.parametrize("place", ["saved_model", "keras"])
def test_the_lines_on_a_card_run(exported, place):
    text = (exported / place / "README.md").read_text()
    code = text.split("```python\n")[1].split("```")[0]
    subprocess.run([sys.executable, "-c", code], cwd=exported, check=True)


def test_a_model_trained_on_every_position_is_exported_without_a_warning(
    workdir, tmp_path, caplog
):
    export.export(workdir.path, str(tmp_path / "out"), ["huggingface"])
    assert "Positions" not in caplog.text
    card = (tmp_path / "out/huggingface/discriminator/README.md").read_text()
    assert "never: none" in card
    assert "never trained" not in card


@pytest.mark.parametrize("formats", [["saved_model"], ["huggingface"]])
def test_positions_that_were_never_trained_are_warned_of(tmp_path, caplog, formats):
    config = small.config(small.write(tmp_path / "data"), num_train_steps=5)
    config.model.max_position_embeddings = 24
    run = Workdir(str(tmp_path / "run"))
    loop.train(config, run, tf.distribute.get_strategy())
    export.export(run.path, str(tmp_path / "out"), formats)
    warning = "Positions 16-23 of 24 were never trained in this run"
    records = [record for record in caplog.records if warning in record.getMessage()]
    assert [record.levelname for record in records] == ["WARNING"]
    cards = list((tmp_path / "out").rglob("README.md"))
    assert cards
    for path in cards:
        text = path.read_text()
        assert f"- {warning}" in text
        assert "keep texts within 16 tokens" in text
        assert "16-23: 0 tokens; never: 16-23" in text


def test_a_run_that_is_stopped_before_its_long_examples_says_so(tmp_path, monkeypatch):
    config = small.config(small.write(tmp_path / "data"), num_train_steps=10)
    config.data.short_seq_length = 8
    config.data.short_steps_fraction = 0.5
    config.eval_every = 5
    run, saved = Workdir(str(tmp_path / "run")), Checkpoints.save

    def save_then_stop(self, step):
        saved(self, step)
        raise KeyboardInterrupt

    monkeypatch.setattr(Checkpoints, "save", save_then_stop)
    with pytest.raises(KeyboardInterrupt):
        loop.train(config, run, tf.distribute.get_strategy())
    reading = model_card.held_out(run, 5)
    text = model_card.card("discriminator", "", trained.load(run), reading)
    assert "Positions 8-15 of 16 were never trained" in text
    assert "the export takes 16 tokens" in text
    assert "8 examples of 8 tokens up to step 4, then 16 tokens" in text
    assert "held-out examples, cut to 8 tokens" in text


def test_a_checkpoint_without_counts_is_exported_and_says_nothing_of_them(workdir):
    run = trained.load(workdir)._replace(position_counts=None)
    text = model_card.card("discriminator", "", run, None)
    assert "tokens by position | not counted" in text
    assert "never trained" not in text


def test_a_card_has_no_metrics_where_none_were_measured(workdir):
    text = model_card.card("discriminator", "", trained.load(workdir), None)
    assert "Not measured" in text
    assert "discriminator/auc" not in text


def test_metrics_are_those_at_or_before_the_step_that_is_exported(tmp_path):
    run = Workdir(str(tmp_path))
    lines = [("eval", 5), ("train", 9), ("eval", 10), ("eval", 15)]
    pathlib.Path(run.metrics).write_text(
        "".join(json.dumps({"split": a, "step": b}) + "\n" for a, b in lines)
    )
    assert model_card.held_out(run, 12) == {"split": "eval", "step": 10}
    assert model_card.held_out(run, 4) is None


def test_parameters_on_the_card_are_the_model_s(workdir):
    run = trained.load(workdir)
    text = model_card.card("discriminator", "", run, None)
    sizes = [
        value.size for value in huggingface.tensors(run.model, "discriminator").values()
    ]
    assert f"{sum(sizes):,} parameters" in text


def test_an_export_is_not_overwritten_and_nothing_else_is_written(workdir, tmp_path):
    (tmp_path / "keras").mkdir()
    with pytest.raises(ValueError, match="keras exists: choose another"):
        export.export(workdir.path, str(tmp_path), ["saved_model", "keras"])
    assert [path.name for path in tmp_path.iterdir()] == ["keras"]


def test_a_former_export_is_replaced_on_demand_and_other_files_never(
    exported, workdir, tmp_path
):
    # All that is written has a known name, or a former export could not be replaced.
    for name in export.FORMATS:
        assert not directories.others(str(exported / name), export.FORMATS[name].files)
    out, formats = str(tmp_path / "out"), ["huggingface", "saved_model"]
    export.export(workdir.path, out, formats)
    card = tmp_path / "out/huggingface/discriminator/README.md"
    whole = card.read_text()
    card.write_text("old")
    export.export(workdir.path, out, formats, overwrite=True)
    assert card.read_text() == whole
    assert sorted(os.listdir(out)) == formats
    notes = tmp_path / "out/saved_model/notes.txt"
    notes.write_text("mine")
    card.write_text("old")
    with pytest.raises(ValueError, match=r"did not make \(notes\.txt\)"):
        export.export(workdir.path, out, formats, overwrite=True)
    assert (notes.read_text(), card.read_text()) == ("mine", "old")


def test_a_failed_export_leaves_nothing(workdir, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise OSError("disk full")

    monkeypatch.setattr(model_card, "write", fail)
    for name in export.FORMATS:
        with pytest.raises(OSError, match="disk full"):
            export.export(workdir.path, str(tmp_path / "out"), [name])
    assert list((tmp_path / "out").iterdir()) == []


def test_unknown_formats_and_directories_are_errors_that_help(tmp_path):
    out = str(tmp_path / "out")
    with pytest.raises(ValueError, match="onnx: known are saved_model, huggingface"):
        export.export(str(tmp_path), out, ["onnx"])
    with pytest.raises(ValueError, match=r"no config.json"):
        export.export(str(tmp_path), out, ["saved_model"])


def test_a_checkpoint_of_another_config_is_an_error_that_helps(workdir, tmp_path):
    other = tmp_path / "other"
    tf.io.gfile.makedirs(str(other))
    for path in pathlib.Path(workdir.path).rglob("*"):
        if path.is_file():
            copy = other / path.relative_to(workdir.path)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    fields = json.loads((other / "config.json").read_text())
    fields["model"]["num_layers"] = 3
    (other / "config.json").write_text(json.dumps(fields))
    with pytest.raises(ValueError, match="does not fit this model"):
        export.export(str(other), str(tmp_path / "out"), ["huggingface"])
    assert not (tmp_path / "out").exists()


def test_a_run_without_a_checkpoint_is_an_error_that_helps(tmp_path):
    data = small.write(tmp_path / "data")
    run = Workdir(str(tmp_path / "run"))
    config = small.config(data)
    manifest = Manifest.load(data)
    run.open(config, manifest, small.vocabulary())
    with pytest.raises(ValueError, match="no checkpoint yet"):
        export.export(run.path, str(tmp_path / "out"), ["huggingface"])
