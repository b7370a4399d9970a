"""SavedModels of task models answer what the run they are from predicted."""

import functools
import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from electra_tf.config import Precision
from electra_tf.finetuning import plan, seeds
from electra_tf.finetuning.config import FinetuneConfig
from electra_tf.finetuning.splits import LabelledFiles
from electra_tf.finetuning.task import Columns
from electra_tf.finetuning.tasks import TASKS
from electra_tf.interop import encoders
from tests.interop import models

WORDS = ("el", "la", "niño", "niña", "años", "año", "ano", "tiene", "rojo", "corre")
PAIRS = Columns(("one", "two", "label"), "one", "two")
TEXTS = Columns(("sentence", "label"))


@pytest.fixture(scope="module")
def text(tmp_path_factory) -> pathlib.Path:
    """Random words with random labels: some texts are longer than the model."""
    directory = tmp_path_factory.mktemp("text")
    rng = np.random.default_rng(0)

    def some(most: int) -> str:
        return " ".join(rng.choice(WORDS, rng.integers(1, most)).tolist())

    pairs = [f"{some(12)}\t{some(12)}\t{i % 7}" for i in range(30)]
    (directory / "pairs.tsv").write_text("\n".join(pairs))
    texts = [f"{some(16)}\t{'xyz'[i % 3]}" for i in range(30)]
    (directory / "texts.tsv").write_text("\n".join(texts))
    numbers = [f"{some(9)}\t{i / 30}" for i in range(30)]
    (directory / "numbers.tsv").write_text("\n".join(numbers))
    tagged = "\n\n".join(
        "\n".join(f"{word} {len(word)}" for word in some(9).split()) for _ in range(30)
    )
    (directory / "words.txt").write_text(tagged)
    articles = []
    for index in range(30):
        context = some(30)
        word = str(rng.choice(context.split()))
        answers = [{"text": word, "answer_start": context.find(word)}]
        qa = {
            "id": str(index),
            "question": some(4),
            "answers": answers * (index % 10 > 0),
        }
        articles.append({"paragraphs": [{"context": context, "qas": [qa]}]})
    (directory / "questions.json").write_text(json.dumps({"data": articles}))
    answered = [
        article for article in articles if article["paragraphs"][0]["qas"][0]["answers"]
    ]
    (directory / "answered.json").write_text(json.dumps({"data": answered}))
    return directory


@pytest.fixture(scope="module")
def tune(tmp_path_factory, network, text):
    """Fine-tunes random weights a little; returns the run's directory."""

    @functools.cache
    def run(task: str, columns: Columns, name: str) -> pathlib.Path:
        output = tmp_path_factory.mktemp("run")
        config = FinetuneConfig(
            learning_rate=3e-3,
            num_epochs=1,
            batch_size=8,
            max_seq_length=models.LENGTH,
            max_question_tokens=3,
            max_answer_tokens=3,
            precision=Precision.FLOAT32,
        )
        path = str(text / name)
        files = LabelledFiles([path], [path], [path])
        found = encoders.find(network)
        plans = plan.make(TASKS[task](columns), config, found, files)
        strategy = tf.distribute.get_strategy()
        seeds.run(plans, str(output), [0], strategy, ["saved_model"])
        return output / "seed-0"

    return run


def predictions(run: pathlib.Path) -> list[tuple[list, object]]:
    lines = (run / "predictions.jsonl").read_text().splitlines()
    found = [json.loads(line) for line in lines]
    return [(o["example"], o["prediction"]) for o in found if o["split"] == "test"]


def load(run: pathlib.Path):
    return tf.saved_model.load(str(run / "saved_model"))


def test_labels_of_texts(tune):
    run = tune("classification", TEXTS, "texts.tsv")
    examples, predicted = zip(*predictions(run), strict=True)
    model = load(run)
    found = model.label(tf.constant([one[0] for one in examples]))
    assert [label.decode() for label in found["label"].numpy()] == list(predicted)
    np.testing.assert_allclose(
        tf.reduce_sum(found["probabilities"], axis=1), 1.0, atol=1e-5
    )
    assert found["labels"].numpy().tolist() == [b"x", b"y", b"z"]
    lengths = [len(one[0].split()) + one[0].count("rojo") for one in examples]
    assert found["truncated"].numpy().tolist() == [n > 10 for n in lengths]


def test_numbers_of_pairs(tune):
    run = tune("regression", PAIRS, "pairs.tsv")
    examples, predicted = zip(*predictions(run), strict=True)
    texts = [tf.constant([one[i] for one in examples]) for i in (0, 1)]
    model = load(run)
    found = model.label(*texts)
    # Numbers below 1 in float32, on batches of other sizes.
    np.testing.assert_allclose(found["value"], predicted, atol=1e-5)
    assert len(set(np.round(predicted, 4))) > 10
    assert {True, False} == set(found["truncated"].numpy().tolist())
    assert model.label(*2 * [tf.constant([], tf.string)])["value"].shape == (0,)


def test_numbers(tune):
    run = tune("regression", TEXTS, "numbers.tsv")
    examples, predicted = zip(*predictions(run), strict=True)
    model = load(run)
    found = model.label(tf.constant([one[0] for one in examples]))
    np.testing.assert_allclose(found["value"], predicted, atol=1e-5)


def test_labels_of_words(tune):
    run = tune("tagging", Columns(), "words.txt")
    examples, predicted = zip(*predictions(run), strict=True)
    model = load(run)
    found = model.label(tf.constant([" ".join(one[0]) for one in examples]))
    several = 0
    rows = zip(examples, predicted, found["words"], found["labels"], strict=True)
    for row, (example, tags, words, labels) in enumerate(rows):
        number = len(example[0])
        assert words.numpy()[:number].tolist() == [w.encode() for w in example[0]]
        if not found["truncated"][row]:
            assert [tag.decode() for tag in labels.numpy()[:number]] == tags
            several += number
        assert not any(labels.numpy()[number:])
    assert several > 60
    # Punctuation at a word's ends is a word.
    found = model.label(tf.constant(["(El niño), tiene 3.", ""]))
    words = [word.decode() for word in found["words"][0].numpy()]
    assert words == ["(", "El", "niño", "),", "tiene", "3", "."]
    assert found["labels"].shape == (2, 7) and not any(found["labels"][1].numpy())
    found = model.label(tf.constant(["alli\u0301, Ana\u00a0tiene ⚽\ufe0fel"]))
    words = [word.decode() for word in found["words"][0].numpy()]
    assert words == ["alli\u0301", ",", "Ana", "tiene", "⚽\ufe0f", "el"]
    found = model.label_words(tf.constant(["(El niño), tiene 3."]))
    assert found["words"][0].numpy().tolist() == "(El niño), tiene 3.".encode().split()


@pytest.mark.parametrize("name", ["questions.json", "answered.json"])
def test_answers(tune, name):
    run = tune("qa", Columns(), name)
    examples, predicted = zip(*predictions(run), strict=True)
    contexts, questions = ([one[i] for one in examples] for i in (2, 3))
    model = load(run)
    found = model.answer(tf.constant(questions), tf.constant(contexts))
    answers = [answer.decode() for answer in found["answer"].numpy()]
    assert answers == list(predicted)
    assert ("" in answers) is (name == "questions.json")
    assert len(set(answers)) > 1
    assert max(len(answer.split()) for answer in answers) <= 3
    # One by one as together: windows and padding of the others change nothing.
    for question, context, answer in list(zip(questions, contexts, answers))[:5]:
        alone = model.answer(tf.constant([question]), tf.constant([context]))
        assert alone["answer"].numpy()[0].decode() == answer
    # As it was written, and nowhere where there is nothing.
    found = model.answer(tf.constant(["el", "el"]), tf.constant(["El NIÑO tiene", ""]))
    start, end = int(found["start"][0]), int(found["end"][0])
    assert found["answer"].numpy()[0].decode() == "El NIÑO tiene"[start:end]
    assert found["answer"].numpy()[1] == b""
    assert model.answer(*2 * [tf.constant([], tf.string)])["answer"].shape == (0,)


def test_a_saved_model_needs_no_code_of_ours(tune):
    run = tune("classification", TEXTS, "texts.tsv")
    code = (
        "import tensorflow as tf, tensorflow_text, sys\n"
        f"model = tf.saved_model.load({str(run / 'saved_model')!r})\n"
        "out = model.signatures['serving_default'](text=tf.constant(['el niño']))\n"
        "print(out['label'].numpy()[0].decode(), 'electra_tf' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd="/",
        check=True,
    )
    label, ours = done.stdout.split()
    assert label in "xyz" and ours == "False"
