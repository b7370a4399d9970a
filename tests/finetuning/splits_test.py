"""Every example is in one part, and what belongs together stays together."""

import json
import pathlib

import pytest

from electra_tf.finetuning import splits
from electra_tf.finetuning.registry import TASKS
from electra_tf.finetuning.splits import Files
from electra_tf.finetuning.tasks import Columns

PAIRS = Columns(("first", "second", "label"), "first", "second")


@pytest.fixture
def pairs(tmp_path: pathlib.Path) -> str:
    """30 first texts, each with three others."""
    rows = [f"text {i // 3}\tother {i}\t{'yes' if i % 3 else 'no'}" for i in range(90)]
    path = tmp_path / "pairs.tsv"
    path.write_text("\n".join(rows))
    return str(path)


def test_each_example_is_tested_once_and_groups_are_not_parted(pairs):
    task = TASKS["classification"](PAIRS)
    folds = splits.read(task, Files([pairs]), folds=5)
    assert len(folds) == 5 and task.labels == ("no", "yes")
    tested = sorted(one.second for fold in folds for one in fold["test"])
    assert tested == sorted(f"other {i}" for i in range(90))
    for fold in folds:
        firsts = [
            {one.first for one in fold[name]} for name in ("train", "dev", "test")
        ]
        assert [len(names) for names in firsts] == [18, 6, 6]
        assert not firsts[0] & firsts[1] | firsts[0] & firsts[2] | firsts[1] & firsts[2]
    assert splits.read(task, Files([pairs]), folds=5) == folds


def test_dev_is_small_where_many_examples_share_a_text(tmp_path, caplog):
    rows = [f"text {i}\t{'No.' if i < 60 else i}\t{'ab'[i % 2]}" for i in range(90)]
    (tmp_path / "pairs.tsv").write_text("\n".join(rows))
    files = Files([str(tmp_path / "pairs.tsv")])
    (found,) = splits.read(TASKS["classification"](PAIRS), files)
    assert len(found["dev"]) < 9 and len(found["train"]) + len(found["dev"]) == 90
    assert "A part has 60 of 90 examples" in caplog.text


def test_a_text_that_is_first_here_and_second_there_is_in_one_part(tmp_path):
    rows = [f"text {i}\ttext {(i + 1) % 12 + i // 12 * 100}\tab" for i in range(48)]
    path = tmp_path / "pairs.tsv"
    path.write_text("\n".join(f"{row[:-1]}{'ab'[i % 2]}" for i, row in enumerate(rows)))
    for fold in splits.read(
        TASKS["classification"](PAIRS), Files([str(path)]), folds=5
    ):
        train, test = (
            {text for one in fold[name] for text in (one.first, one.second)}
            for name in ("train", "test")
        )
        assert train and test and not train & test


def test_dev_is_a_tenth_of_the_training_examples_where_there_is_no_file(pairs):
    (found,) = splits.read(TASKS["classification"](PAIRS), Files([pairs], [], [pairs]))
    assert [len(found[name]) for name in ("train", "dev", "test")] == [81, 9, 90]


def test_several_files_are_trained_on_together_and_tested_apart(tmp_path):
    for name, tag in (("a.x", "N"), ("b.x", "V"), ("c.x", "N")):
        (tmp_path / name).write_text(f"el {tag}\n\nla {tag}\n")
    a, b, c = (str(tmp_path / name) for name in ("a.x", "b.x", "c.x"))
    task = TASKS["tagging"](Columns())
    (found,) = splits.read(task, Files([a, b], [c], [a, c]))
    assert list(found) == ["train", "dev", "test a", "test c"]
    assert task.labels == ("N", "V") and len(found["train"]) == 4


def test_examples_that_stand_in_train_too_are_counted(tmp_path):
    for name, words in (("a", "el la"), ("b", "la tiene la"), ("c", "ro")):
        rows = "".join(f"{word} {'NV'[word == 'la']}\n\n" for word in words.split())
        (tmp_path / f"{name}.x").write_text(rows)
    a, b, c = (str(tmp_path / f"{name}.x") for name in "abc")
    task = TASKS["tagging"](Columns())
    (found,) = splits.read(task, Files([a], [b], [c]))
    assert splits.shared(task, found) == {"dev": 2, "test": 0}
    task = TASKS["classification"](PAIRS)
    train, dev = (("a", "b"), ("c", "d")), (("a", "d"), ("c", "d"))
    for name, pairs in (("train", train), ("dev", dev)):
        rows = [f"{' '.join(pair).replace(' ', chr(9))}\t{pair[0]}" for pair in pairs]
        (tmp_path / f"{name}.tsv").write_text("\n".join(rows))
    paths = Files([str(tmp_path / "train.tsv")], [str(tmp_path / "dev.tsv")])
    (found,) = splits.read(task, paths)
    assert splits.shared(task, found) == {"dev": 1}


def test_a_label_that_only_a_part_has_is_counted(tmp_path, caplog):
    rows = [f"text {i}\tother {i}\t{'ab'[i % 2] if i else 'c'}" for i in range(60)]
    (tmp_path / "pairs.tsv").write_text("\n".join(rows))
    files = Files([str(tmp_path / "pairs.tsv")])
    folds = splits.read(TASKS["classification"](PAIRS), files, folds=5)
    (place,) = [
        i for i, fold in enumerate(folds) if "c" in {e[2] for e in fold["test"]}
    ]
    assert f"test of fold {place} has 1 labels that no training example has (c)" in (
        caplog.text
    )
    assert "dev of fold" in caplog.text


def test_files_of_one_name_are_refused(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "f.x").write_text("el N\n\nla V\n" * 20)
    a, b = (str(tmp_path / name / "f.x") for name in "ab")
    with pytest.raises(ValueError, match="two files of the name 'f'"):
        splits.read(TASKS["tagging"](Columns()), Files([a], [a], [a, b]))


def test_what_can_not_be_learnt_is_judged_all_the_same(tmp_path):
    answers = [{"text": text, "answer_start": 0} for text in ("el", "fuera")]
    qas = [
        {"id": str(i), "question": "la", "answers": [answers[i % 2]]} for i in range(10)
    ]
    articles = [
        {"title": f"{i}", "paragraphs": [{"context": f"el {i}", "qas": qas}]}
        for i in range(6)
    ]
    path = tmp_path / "f.json"
    path.write_text(json.dumps({"data": articles}))
    (fold, *_) = splits.read(TASKS["qa"](Columns()), Files([str(path)]), folds=3)
    assert [len(fold[name]) for name in fold] == [10, 20, 20]


def test_questions_of_an_article_stay_together(tmp_path):
    answer = {"text": "el", "answer_start": 0}
    qas = [{"id": str(i), "question": "la", "answers": [answer]} for i in range(4)]
    articles = [
        # Two titles have one context: they stay together too.
        {"title": f"{i}", "paragraphs": [{"context": f"el {i // 2}", "qas": qas}]}
        for i in range(6)
    ]
    path = tmp_path / "f.json"
    path.write_text(json.dumps({"data": articles}))
    folds = splits.read(TASKS["qa"](Columns()), Files([str(path)]), folds=3)
    for fold in folds:
        assert [len(fold[name]) for name in fold] == [8, 8, 8]
        assert [len({one.article for one in fold[name]}) for name in fold] == [2, 2, 2]
        assert [len({one.context for one in fold[name]}) for name in fold] == [1, 1, 1]


@pytest.mark.parametrize(
    ("files", "folds", "message"),
    [
        (lambda path: Files([path]), 2, "--folds=2 must be 3 or more"),
        (lambda path: Files([path]), 40, "30 groups of examples .* too few for 40"),
        (lambda path: Files([path], [path]), 5, "--folds=5 takes dev and test from"),
    ],
)
def test_folds_that_can_not_be_are_refused(pairs, files, folds, message):
    with pytest.raises(ValueError, match=message):
        splits.read(TASKS["classification"](PAIRS), files(pairs), folds)
