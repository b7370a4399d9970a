"""Files become examples with labels, and answers predictions."""

import json
import pathlib

import numpy as np
import pytest

from electra_tf.finetuning import features
from electra_tf.finetuning.config import FinetuneConfig
from electra_tf.finetuning.task import Columns
from electra_tf.finetuning.tasks import TASKS
from electra_tf.text.tokenizer import Tokenizer
from electra_tf.text.vocabulary import TextRules
from tests.interop.models import VOCABULARY

QA = {
    "context": "el niño",
    "qas": [
        {"id": "1", "question": "la", "answers": [{"text": "el", "answer_start": 0}]}
    ],
}
FEATURIZER = features.Featurizer(
    Tokenizer(VOCABULARY, TextRules()),
    VOCABULARY.special_ids,
    FinetuneConfig(max_seq_length=16),
)


@pytest.fixture
def write(tmp_path: pathlib.Path):
    def write(name: str, content: str) -> str:
        (tmp_path / name).write_text(content)
        return str(tmp_path / name)

    return write


def learnt(task, path: str):
    """The training examples of a file."""
    examples = task.read(path, "train")
    task.learn(examples, path)
    return task.trainable(examples)


def test_classes_are_those_of_the_training_file(write, caplog):
    task = TASKS["classification"](Columns())
    train = write("train.tsv", "sentence\tlabel\nel niño\tno\nla niña\tyes\n")
    examples = learnt(task, train)
    assert task.labels == ("no", "yes") and task.outputs == 2
    assert task.encode(examples, FEATURIZER).features.targets.tolist() == [0, 1]
    path = write("test.tsv", "sentence\tlabel\nel\tmaybe\nla\tno\n")
    test = task.read(path, "test")
    task.check(test, path, examples)
    assert "test.tsv has 1 labels that no training example has (maybe)" in caplog.text
    split = task.encode(test, FEATURIZER)
    assert split.features.targets.tolist() == [-1, 0]
    predicted = task.predictions(split, np.array([[0.1, 0.2], [2.0, 1.0]]))
    assert predicted == ["yes", "no"]
    assert task.scores(test, predicted)["accuracy"] == 0.5
    assert "| maybe | 0 | 0 | 1 |" in task.confusion(test, predicted)


@pytest.mark.parametrize("columns", [Columns(), Columns(second_text_column="other")])
def test_texts_without_a_token_are_counted(write, caplog, columns):
    rows = "sentence\tother\tlabel\nel\tla\tno\n\u200b\tla\tyes\n"
    task = TASKS["classification"](columns)
    examples = learnt(task, write("train.tsv", rows))
    task.encode(examples[:1], FEATURIZER)
    assert "without any token" not in caplog.text
    task.encode(examples, FEATURIZER)
    assert "1 of 2 examples have a text without any token" in caplog.text


def test_pairs_are_named_columns(write):
    task = TASKS["classification"](Columns((), "a", "b", "same"))
    path = write("f.tsv", "a\tb\tsame\nel\tla\t0\nniño\tniña\t1\n")
    split = task.encode(learnt(task, path), FEATURIZER)
    assert split.examples[1] == ("niño", "niña", "1")
    assert split.features.segments_NS.sum(axis=1).tolist() == [2, 2]


def test_numbers_are_targets(write):
    task = TASKS["regression"](Columns((), "a", "b", "score"))
    path = write("f.tsv", "a\tb\tscore\nel\tla\t0.5\nniño\tniña\t4\n")
    examples = learnt(task, path)
    split = task.encode(examples, FEATURIZER)
    assert split.features.targets.tolist() == [0.5, 4.0]
    assert split.features.targets.dtype == np.float32
    predicted = task.predictions(split, np.array([[1.0], [2.0]]))
    assert predicted == [1.0, 2.0]
    assert task.scores(examples, predicted)["pearson"] == pytest.approx(1.0)
    assert task.outputs == 1 and task.confusion(examples, predicted) == ""


def test_tags_are_read_off_at_the_first_piece(write):
    task = TASKS["ner"](Columns())
    path = write("f.txt", "el DA O\nrojo NC B-LOC\n\nla DA O\n")
    examples = learnt(task, path)
    assert task.labels == ("B-LOC", "O")
    split = task.encode(examples, FEATURIZER)
    logits = np.zeros((*split.features.ids_NS.shape, 2))
    logits[..., 1] = 1.0
    logits[0, 2, 0] = 2.0  # The first piece of «rojo»; the second doesn't count.
    predicted = task.predictions(split, logits)
    assert predicted == [["O", "B-LOC"], ["O"]]
    assert task.scores(examples, predicted)["entity_f1"] == 1.0


@pytest.mark.parametrize(
    ("task", "name", "content", "message"),
    [
        ("ner", "f.txt", "el DA\nla NC\n", "'DA' is neither O nor .* --task=tagging"),
        ("tagging", "f.txt", "el DA\nla DA\n", "has the label DA alone"),
        ("classification", "f.tsv", "sentence\tlabel\nel\t1\n", "the label 1 alone"),
        ("classification", "f.tsv", "text\tlabel\nel\t1\n", "no column 'sentence'"),
        ("classification", "f.tsv", "sentence\tlabel\n \t1\n", "nothing in column"),
        ("regression", "f.tsv", "sentence\tlabel\nel\tx\n", "'x' of 'el' is no number"),
        ("regression", "f.tsv", "sentence\tlabel\nel\tnan\n", "'nan' .* is no number"),
    ],
)
def test_files_of_another_kind_are_refused(write, task, name, content, message):
    with pytest.raises(ValueError, match=message):
        learnt(TASKS[task](Columns()), write(name, content))


def test_a_column_can_say_which_split_a_row_is_of(write):
    rows = "sentence\tlabel\tSplit\nel\ta\ttrain\nla\tb\ttrain\nniño\ta\tdev\n"
    path = write("f.tsv", rows)
    task = TASKS["classification"](Columns(split_column="Split"))
    assert [one.first for one in task.read(path, "train")] == ["el", "la"]
    assert [one.first for one in task.read(path, "dev")] == ["niño"]
    with pytest.raises(ValueError, match="has no row with Split=test"):
        task.read(path, "test")
    names = ("train", "train", "dev")
    task = TASKS["classification"](Columns(split_column="Split", split_names=names))
    assert [one.first for one in task.read(path, "test")] == ["niño"]
    with pytest.raises(ValueError, match="--split_names=a must be three"):
        Columns(split_names=("a",))


def test_tables_may_be_quoted_and_have_placeholders(write):
    path = write("f.tsv", 'a\tb\tlabel\n"el ""la"""\tniño\t0\nNS\tla\t1\nel\tNS\t1\n')
    columns = Columns((), "a", "b", quoted=True, placeholder="NS")
    (example,) = TASKS["classification"](columns).read(path, "train")
    assert example == ('el "la"', "niño", "0")


@pytest.mark.parametrize("name", TASKS)
def test_any_score_of_a_task_can_choose_the_epoch(write, name):
    files = {
        "ner": "el B-X\nla O\n",
        "tagging": "el N\nla V\n",
        "classification": "sentence\tlabel\nel\t1\nla\t2\n",
        "regression": "sentence\tlabel\nel\t1\nla\t2\n",
        "qa": json.dumps({"data": [{"paragraphs": [QA]}]}),
    }
    task = TASKS[name](Columns())
    examples = learnt(task, write("f", files[name]))
    split = task.encode(examples, FEATURIZER)
    sizes = (len(split.features.ids_NS),) if task.head == "text" else ()
    sizes = sizes or split.features.ids_NS.shape
    logits = np.random.default_rng(0).normal(size=(*sizes, task.outputs))
    scores = task.scores(examples, task.predictions(split, logits))
    assert set(task.metrics) == set(scores) and task.metric == task.metrics[0]
    assert TASKS[name](Columns(), task.metrics[-1]).metric == task.metrics[-1]
    with pytest.raises(ValueError, match=f"--metric=bleu: .* {task.metrics[0]}"):
        TASKS[name](Columns(), "bleu")
