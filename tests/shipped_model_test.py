"""The Spanish model in models/: loaded, fine-tuned and small enough for the project."""

import pathlib

import pytest

import electra_tf
from tests import commands

MODEL = pathlib.Path(__file__).parents[1] / "models/electra-es"

PAIRS = (
    ("La reina de España murió en Madrid.", "La reina de España murió en madre."),
    ("El artículo 3 de la ley dice lo siguiente.", "El artículo 3 de la luna dice lo."),
    ("Los soldados entraron en la ciudad.", "Los soldados entraron en la comer."),
    ("No quiero hablar de eso ahora.", "No quiero hablar de eso casa."),
)
"""Sentences, and the same with a word that does not belong there."""


@pytest.fixture(scope="module")
def model():
    return electra_tf.load(MODEL)


def test_the_wrong_sentence_is_more_suspect_than_the_right_one(model):
    right = model.detect([pair[0] for pair in PAIRS])
    wrong = model.detect([pair[1] for pair in PAIRS])
    for good, bad in zip(right, wrong, strict=True):
        assert bad.maximum > good.maximum, bad.words


def test_capitals_and_accents_are_kept(model):
    (detection,) = model.detect(["Ana comió en León."])
    assert detection.normalized == "Ana comió en León."
    assert model.embed(["Ana"]).shape == (1, 256)


def test_it_is_small_and_its_card_says_where_it_comes_from():
    files = {path.name: path.stat().st_size for path in MODEL.iterdir()}
    assert sum(files.values()) < 16e6
    card = (MODEL / "README.md").read_text()
    for heading in ("## How to use it", "## Training data", "## Limits", "## Licence"):
        assert heading in card
    assert "/tmp/" not in card


@pytest.mark.slow
def test_the_demo_and_fine_tuning_take_it(tmp_path):
    shown = commands.run("demo", f"--model={MODEL}", "--text=Vive en Madrid.")
    assert shown.returncode == 0 and "Madrid" in shown.stdout, shown.stderr
    sentence = "Ana B-PER\nvive O\nen O\nMadrid B-LOC\n. O\n\n"
    (tmp_path / "train.txt").write_text(sentence * 40)
    done = commands.run(
        "finetune",
        f"--model={MODEL}",
        "--task=ner",
        f"--train={tmp_path}/train.txt",
        f"--dev={tmp_path}/train.txt",
        f"--output={tmp_path}/ner",
        "--formats=huggingface",
        "--config.max_seq_length=16",
        "--config.num_epochs=30",
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "entity_f1                    1.0000" in done.stdout
