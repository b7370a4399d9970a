"""An encoder is known by its weights, wherever it lies."""

import dataclasses
import json
import pathlib
import shutil

import pytest

from electra_tf.finetuning import plan, source
from electra_tf.finetuning.config import FinetuneConfig
from electra_tf.finetuning.registry import TASKS
from electra_tf.finetuning.splits import Files
from electra_tf.finetuning.tasks import Columns
from electra_tf.model.electra import Electra
from electra_tf.training.checkpoints import Checkpoints
from tests import small
from tests.interop import models


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run with two checkpoints, the second of other weights."""
    workdir = models.trained_run(tmp_path_factory.mktemp("run"))
    model = Electra(workdir.config().model, len(small.vocabulary()), seed=3)
    Checkpoints(workdir.checkpoints, model, keep=2).save(20)
    return workdir


def test_checkpoints_of_a_run_are_other_encoders(run, tmp_path):
    first, second = (source.find(run.path, step) for step in ("10", "latest"))
    assert (first.checkpoint, second.checkpoint) == ("10", "20")
    assert first.weights != second.weights
    shutil.copytree(run.path, tmp_path / "moved")
    assert source.find(str(tmp_path / "moved"), "10").weights == first.weights
    with pytest.raises(ValueError, match="has no checkpoint '15'"):
        source.find(run.path, "15")


def test_a_damaged_checkpoint_is_told_with_the_others(run, tmp_path):
    shutil.copytree(run.path, tmp_path / "run")
    (tmp_path / "run/checkpoints/step-20.index").write_bytes(b"damaged")
    with pytest.raises(
        ValueError, match=r"step 20 .* another by --checkpoint \(10, 20"
    ):
        source.find(str(tmp_path / "run"))
    for path in (tmp_path / "run/checkpoints").glob("step-*"):
        path.unlink()
    with pytest.raises(ValueError, match="has no checkpoint yet: the first one is"):
        source.find(str(tmp_path / "run"))


def test_an_export_has_no_checkpoints(network):
    with pytest.raises(ValueError, match="--checkpoint=10 is of a working directory"):
        source.find(network, "10")


def test_untrained_positions_are_warned_of(run, network, tmp_path, caplog):
    assert source.find(run.path, "10").trained_length == small.LENGTH
    # Of another version, that counted none.
    assert source.find(run.path, "20").trained_length == small.LENGTH
    shutil.copytree(network, tmp_path / "network")
    vocabulary = tmp_path / "network/vocab.txt"
    pieces = vocabulary.read_text()
    vocabulary.write_text(f"{pieces}more\n")
    with pytest.raises(ValueError, match="says vocab_size=20, and vocab.txt beside it"):
        source.find(str(tmp_path / "network"))
    vocabulary.write_text(pieces)
    path = tmp_path / "network/tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"model_max_length": 8}))
    found = source.find(str(tmp_path / "network"))
    assert (source.find(network).trained_length, found.trained_length) == (12, 8)
    words = pathlib.Path(tmp_path / "f.x")
    words.write_text("el N\nla V\n\n" + "el N\n" * 7)
    config = FinetuneConfig(max_seq_length=12, doc_stride=4)
    for length, number in ((8, 0), (12, 1)):
        caplog.clear()
        config = dataclasses.replace(config, max_seq_length=length)
        task, files = TASKS["tagging"](Columns()), Files([str(words)], [str(words)])
        plan.make(task, config, found, files)
        assert caplog.text.count("was trained on examples of 8: later") == number
