"""Every example is in one part, and what belongs together stays together."""

import json
import pathlib

import numpy as np
import pytest

from electra_tf.finetuning import splits
from electra_tf.finetuning.splits import LabelledFiles
from electra_tf.finetuning.task import Columns
from electra_tf.finetuning.tasks import TASKS

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
    folds = splits.read(task, LabelledFiles([pairs]), folds=5)
    assert len(folds) == 5 and task.labels == ("no", "yes")
    tested = sorted(one.second for fold in folds for one in fold["test"])
    assert tested == sorted(f"other {i}" for i in range(90))
    for fold in folds:
        firsts = [
            {one.first for one in fold[name]} for name in ("train", "dev", "test")
        ]
        assert [len(names) for names in firsts] == [18, 6, 6]
        assert not firsts[0] & firsts[1] | firsts[0] & firsts[2] | firsts[1] & firsts[2]
    assert splits.read(task, LabelledFiles([pairs]), folds=5) == folds


def test_dev_is_small_where_many_examples_share_a_text(tmp_path, caplog):
    rows = [f"text {i}\t{'No.' if i < 60 else i}\t{'ab'[i % 2]}" for i in range(90)]
    (tmp_path / "pairs.tsv").write_text("\n".join(rows))
    files = LabelledFiles([str(tmp_path / "pairs.tsv")])
    (found,) = splits.read(TASKS["classification"](PAIRS), files)
    assert len(found["dev"]) < 9 and len(found["train"]) + len(found["dev"]) == 90
    assert "A part has 60 of 90 examples" in caplog.text


def test_a_text_that_is_first_here_and_second_there_is_in_one_part(tmp_path):
    rows = [f"text {i}\ttext {(i + 1) % 12 + i // 12 * 100}\tab" for i in range(48)]
    path = tmp_path / "pairs.tsv"
    path.write_text("\n".join(f"{row[:-1]}{'ab'[i % 2]}" for i, row in enumerate(rows)))
    for fold in splits.read(
        TASKS["classification"](PAIRS), LabelledFiles([str(path)]), folds=5
    ):
        train, test = (
            {text for one in fold[name] for text in (one.first, one.second)}
            for name in ("train", "test")
        )
        assert train and test and not train & test


def test_dev_is_a_tenth_of_the_training_examples_where_there_is_no_file(pairs):
    (found,) = splits.read(
        TASKS["classification"](PAIRS), LabelledFiles([pairs], [], [pairs])
    )
    assert [len(found[name]) for name in ("train", "dev", "test")] == [81, 9, 90]


def test_several_files_are_trained_on_together_and_tested_apart(tmp_path):
    for name, tag in (("a.x", "N"), ("b.x", "V"), ("c.x", "N")):
        (tmp_path / name).write_text(f"el {tag}\n\nla {tag}\n")
    a, b, c = (str(tmp_path / name) for name in ("a.x", "b.x", "c.x"))
    task = TASKS["tagging"](Columns())
    (found,) = splits.read(task, LabelledFiles([a, b], [c], [a, c]))
    assert list(found) == ["train", "dev", "test a", "test c"]
    assert task.labels == ("N", "V") and len(found["train"]) == 4


def test_examples_that_stand_in_train_too_are_counted(tmp_path):
    for name, words in (("a", "el la"), ("b", "la tiene la"), ("c", "ro")):
        rows = "".join(f"{word} {'NV'[word == 'la']}\n\n" for word in words.split())
        (tmp_path / f"{name}.x").write_text(rows)
    a, b, c = (str(tmp_path / f"{name}.x") for name in "abc")
    task = TASKS["tagging"](Columns())
    (found,) = splits.read(task, LabelledFiles([a], [b], [c]))
    assert splits.shared(task, found) == {"dev": 2, "test": 0}
    task = TASKS["classification"](PAIRS)
    train, dev = (("a", "b"), ("c", "d")), (("a", "d"), ("c", "d"))
    for name, pairs in (("train", train), ("dev", dev)):
        rows = [f"{' '.join(pair).replace(' ', chr(9))}\t{pair[0]}" for pair in pairs]
        (tmp_path / f"{name}.tsv").write_text("\n".join(rows))
    paths = LabelledFiles([str(tmp_path / "train.tsv")], [str(tmp_path / "dev.tsv")])
    (found,) = splits.read(task, paths)
    assert splits.shared(task, found) == {"dev": 1}


def test_a_label_that_only_a_part_has_is_counted(tmp_path, caplog):
    rows = [f"text {i}\tother {i}\t{'ab'[i % 2] if i else 'c'}" for i in range(60)]
    (tmp_path / "pairs.tsv").write_text("\n".join(rows))
    files = LabelledFiles([str(tmp_path / "pairs.tsv")])
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
    with pytest.raises(ValueError, match="two files named 'f'"):
        splits.read(TASKS["tagging"](Columns()), LabelledFiles([a], [a], [a, b]))


def test_examples_that_cannot_be_trained_on_are_still_scored(tmp_path):
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
    (fold, *_) = splits.read(
        TASKS["qa"](Columns()), LabelledFiles([str(path)]), folds=3
    )
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
    folds = splits.read(TASKS["qa"](Columns()), LabelledFiles([str(path)]), folds=3)
    for fold in folds:
        assert [len(fold[name]) for name in fold] == [8, 8, 8]
        assert [len({one.article for one in fold[name]}) for name in fold] == [2, 2, 2]
        assert [len({one.context for one in fold[name]}) for name in fold] == [1, 1, 1]


@pytest.mark.parametrize(
    ("files", "folds", "message"),
    [
        (lambda path: LabelledFiles([path]), 2, "--folds=2 must be 3 or more"),
        (
            lambda path: LabelledFiles([path]),
            40,
            "30 groups of examples .* too few for 40",
        ),
        (
            lambda path: LabelledFiles([path], [path]),
            5,
            "--folds=5 takes dev and test from",
        ),
    ],
)
def test_folds_that_can_not_be_are_refused(pairs, files, folds, message):
    with pytest.raises(ValueError, match=message):
        splits.read(TASKS["classification"](PAIRS), files(pairs), folds)


def sentences(number: int) -> list[str]:
    """Sentences of a document; the first one is the same in all documents."""
    return ["Resumen N\n"] + [f"w{number} N\nx{i} V\n" for i in range(4)]


def in_columns(separator: str) -> str:
    return separator.join("\n".join(sentences(number)) for number in range(40))


def in_conll_u() -> str:
    lines = []
    for number in range(40):
        lines.append(f"# newdoc id = {number}")
        for sentence in sentences(number):
            lines.append("# text")
            for place, line in enumerate(sentence.splitlines(), 1):
                word, tag = line.split()
                lines.append("\t".join([str(place), word, "_", tag, *"______"]))
            lines.append("")
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("f.txt", "-DOCSTART- -X-\n\n" + in_columns("\n-DOCSTART- -X-\n\n")),
        ("f.txt", in_columns("\n\n\n")),
        ("f.conllu", in_conll_u()),
    ],
)
@pytest.mark.parametrize("folds", [0, 5])
def test_no_document_is_on_both_sides(tmp_path, name, content, folds):
    (tmp_path / name).write_text(content)
    files = LabelledFiles([str(tmp_path / name)])
    for fold in splits.read(TASKS["tagging"](Columns()), files, folds):
        documents = {
            split: {
                word for one in examples for word in one.words if word.startswith("w")
            }
            for split, examples in fold.items()
        }
        assert sum(len(found) for found in documents.values()) == 40
        assert len(set.union(*documents.values())) == 40
        assert len(fold["dev"]) == (40 if folds else 20)
        assert sum(len(examples) for examples in fold.values()) == 200


def test_one_document_is_parted(tmp_path):
    """A mark at the head of a file says nothing."""
    (tmp_path / "f.txt").write_text(
        "-DOCSTART- O\n\n" + "".join(f"w{i} {'NV'[i % 2]}\n\n" for i in range(60))
    )
    (found,) = splits.read(
        TASKS["tagging"](Columns()), LabelledFiles([f"{tmp_path}/f.txt"])
    )
    assert len(found["dev"]) == 6


def test_of_few_documents_one_is_dev(tmp_path):
    (tmp_path / "f.txt").write_text(
        "\n-DOCSTART- O\n\n".join("\n".join(sentences(number)) for number in range(3))
    )
    (found,) = splits.read(
        TASKS["tagging"](Columns()), LabelledFiles([f"{tmp_path}/f.txt"])
    )
    assert [len(found[name]) for name in ("train", "dev")] == [10, 5]


@pytest.fixture
def thousand(tmp_path) -> str:
    """A file of a thousand texts."""
    rows = [f"text {i}\tother {i}\t{'ab'[i % 2]}" for i in range(1000)]
    (tmp_path / "thousand.tsv").write_text("\n".join(rows))
    return str(tmp_path / "thousand.tsv")


def dev_places(path: str, seed: int = 0) -> np.ndarray:
    """Where in the file the texts of dev stand."""
    task = TASKS["classification"](PAIRS)
    (found,) = splits.read(task, LabelledFiles([path]), seed=seed)
    return np.array([int(one.first.split()[1]) for one in found["dev"]])


def test_dev_is_drawn_at_random_from_the_whole_file(thousand):
    places = dev_places(thousand)
    assert len(places) == 100
    # A random draw has gaps of 10 with a standard deviation of 9.5, and so many in each
    # tenth of the file, or of each last digit: 10, with one of 2.9.
    assert 6 < np.diff(places).std() < 14
    for groups in (places // 100, places % 10):
        counts = np.bincount(groups, minlength=10)
        assert len(counts) == 10 and counts.min() >= 2 and counts.max() <= 20
        assert 1 < counts.std() < 5


def test_folds_are_drawn_at_random_too(thousand):
    task = TASKS["classification"](PAIRS)
    for fold in splits.read(task, LabelledFiles([thousand]), folds=5):
        places = [int(one.first.split()[1]) for one in fold["test"]]
        # Of every fifth, with gaps of 5 and a standard deviation of 4.5.
        assert len(places) == 200 and 3 < np.diff(places).std() < 6.5


def test_a_seed_draws_the_same_dev_set_again_and_another_seed_another(thousand):
    first = dev_places(thousand)
    assert dev_places(thousand).tolist() == first.tolist()
    other = dev_places(thousand, seed=1)
    # Of two random hundreds in a thousand, 10 are the same, with a deviation of 2.8.
    assert 0 < len(set(first) & set(other)) < 25


@pytest.mark.parametrize("folds", [0, 5])
def test_the_order_of_files_and_examples_changes_no_part(tmp_path, folds):
    rows = [f"text {i}\tother {i}\t{'ab'[i % 2]}" for i in range(100)]
    for name, part in (
        ("a", rows[:40]),
        ("b", rows[40:]),
        ("c", np.random.default_rng(0).permutation(rows)),
    ):
        (tmp_path / name).write_text("\n".join(part))
    a, b, c = (str(tmp_path / name) for name in "abc")
    found = [
        [
            {name: set(examples) for name, examples in fold.items()}
            for fold in splits.read(
                TASKS["classification"](PAIRS), LabelledFiles(paths), folds
            )
        ]
        for paths in ([a, b], [b, a], [c])
    ]
    assert found[0] == found[1] == found[2]
