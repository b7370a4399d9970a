"""Plans warn of untrained positions, and know the run that a directory holds."""

import dataclasses
import json
import pathlib
import re
import shutil

import pytest

from electra_tf import files
from electra_tf.finetuning import plan
from electra_tf.finetuning.config import FinetuneConfig
from electra_tf.finetuning.splits import LabelledFiles
from electra_tf.finetuning.task import Columns
from electra_tf.finetuning.tasks import TASKS, TextExample
from electra_tf.interop import encoders
from electra_tf.labelled.squad import Answer, Question
from electra_tf.labelled.tokens import Sentence


def test_untrained_positions_are_warned_of(network, tmp_path, caplog):
    shutil.copytree(network, tmp_path / "network")
    path = tmp_path / "network/tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"model_max_length": 8}))
    found = encoders.find(str(tmp_path / "network"))
    words = pathlib.Path(tmp_path / "f.x")
    words.write_text("el N\nla V\n\n" + "el N\n" * 7)
    config = FinetuneConfig(max_seq_length=12, doc_stride=4)
    for length, number in ((8, 0), (12, 1)):
        caplog.clear()
        config = dataclasses.replace(config, max_seq_length=length)
        task, files = (
            TASKS["tagging"](Columns()),
            LabelledFiles([str(words)], [str(words)]),
        )
        plan.make(task, config, found, files)
        assert caplog.text.count("was trained on examples of 8: later") == number


PLANNED = {
    "examples": {"train": "90 a", "dev": "10 b"},
    "config": plan._plain(dataclasses.asdict(FinetuneConfig())),
}


def test_a_run_of_an_older_version_is_told_why_its_parts_are_others(tmp_path):
    path = str(tmp_path / "config.json")
    older = {name: PLANNED["config"][name] for name in ("num_epochs", "batch_size")}
    parts = {"train": "90 c", "dev": "10 d"}
    files.write_json(path, {"examples": parts, "config": older})
    assert re.search(
        "another examples.dev: 10 d, not 10 b .* older version",
        plan.difference(path, PLANNED),
    )
    # With a dev file of its own nothing has changed.
    files.write_json(path, PLANNED | {"config": older})
    assert not plan.difference(path, PLANNED)
    # In a run of this version they are other files.
    files.write_json(path, PLANNED | {"examples": parts})
    assert plan.difference(path, PLANNED).endswith("or --overwrite.")


@pytest.mark.parametrize(
    ("example", "digest"),
    [
        (TextExample("el", "la", "1"), "6e733f2591d9"),
        (Sentence(("el", "la"), ("A", "B")), "910b2bb280f6"),
        (Question("1", "a", "el niño", "la", (Answer("el", 0),)), "cc3c6252cc47"),
    ],
)
def test_digests_of_examples_stay_those_of_runs_made_before(example, digest):
    assert plan._digest([example]) == digest
