"""Scores against numbers that can be worked out, and against the tools' own."""

import re
import tracemalloc

import numpy as np
import pytest
from sklearn import metrics

from electra_tf.labelled import scoring


def test_classification_by_hand():
    labels = ["a", "a", "a", "b", "b", "c"]
    found = scoring.classification(labels, ["a", "a", "b", "b", "b", "a"])
    assert found["accuracy"] == found["micro_f1"] == pytest.approx(4 / 6)
    # F1 of a: 2/3 (precision 2/3, recall 2/3), of b: 4/5 (2/3, 1), of c: 0.
    assert found["macro_f1"] == pytest.approx((2 / 3 + 4 / 5 + 0) / 3)


def test_matthews_by_hand():
    labels = ["1"] * 6 + ["0"] * 4
    predicted = ["1"] * 5 + ["0"] + ["0"] * 3 + ["1"]
    # TP 5, TN 3, FP 1, FN 1.
    expected = (5 * 3 - 1 * 1) / (6 * 6 * 4 * 4) ** 0.5
    assert scoring.classification(labels, predicted)["matthews"] == pytest.approx(
        expected
    )
    assert scoring.classification(labels, ["1"] * 10)["matthews"] == 0


def test_entities_are_right_as_a_whole_or_not_at_all():
    labels = [["B-PER", "I-PER", "O", "B-LOC"], ["O", "B-ORG", "I-ORG"]]
    predicted = [["B-PER", "I-PER", "O", "B-ORG"], ["O", "B-ORG", "O"]]
    found = scoring.entities(labels, predicted)
    assert found["entity_precision"] == pytest.approx(1 / 3)
    assert found["entity_recall"] == pytest.approx(1 / 3)
    assert found["entity_f1"] == pytest.approx(1 / 3)
    assert found["accuracy"] == pytest.approx(5 / 7)


def test_neighbouring_entities_of_iob2_are_two():
    labels = [["B-PER", "B-PER", "I-PER"]]
    assert scoring.entities(labels, [["B-PER", "I-PER", "I-PER"]])["entity_f1"] == 0
    assert scoring.entities(labels, labels)["entity_f1"] == 1
    iobes = [["S-PER", "B-PER", "E-PER"]]
    assert scoring.entities(iobes, iobes)["entity_f1"] == 1


def test_entities_that_nobody_names_score_zero():
    nothing = [["O", "O"]]
    for labels, predicted in (
        ([["B-PER", "O"]], nothing),
        (nothing, [["B-PER", "O"]]),
        (nothing, nothing),
    ):
        found = scoring.entities(labels, predicted)
        names = ("entity_f1", "entity_precision", "entity_recall")
        assert [found[name] for name in names] == [0.0] * 3


def test_correlations():
    found = scoring.regression([1.0, 2.0, 3.0, 4.0], [1.0, 8.0, 27.0, 64.0])
    assert found["spearman"] == pytest.approx(1.0)
    assert found["pearson"] == pytest.approx(0.9514, abs=1e-4)
    nothing = {"pearson": 0, "spearman": 0}
    assert scoring.regression([1.0, 4.0], [3.0, 3.0]) == nothing
    assert scoring.regression([3.0, 3.0], [1.0, 4.0]) == nothing
    assert scoring.regression([1.0, 2.0], [3.0, float("nan")]) == nothing


@pytest.mark.parametrize(
    ("right", "predicted", "exact", "f1"),
    [
        (["Denver Broncos"], "the Denver Broncos.", 1, 1),
        (["un perro grande"], "perro", 0, 2 * 1 / (3 + 1)),
        (["tres", "un perro grande"], "un perro", 0, 2 * 2 / (3 + 2)),
        (["la la"], "la la la", 0, 2 * 2 / (2 + 3)),
        (["no"], "", 0, 0),
        ([], "", 1, 1),
        ([], "algo", 0, 0),
        (["¿qué?"], "¿qué", 1, 1),
        (["the", "The Who"], "", 0, 0),
        (["the"], "", 1, 1),
    ],
)
def test_answers_as_squad_scores_them(right, predicted, exact, f1):
    found = scoring.answers([right, ["x"]], [predicted, "x"])
    assert found["exact_match"] == pytest.approx((exact + 1) / 2)
    assert found["f1"] == pytest.approx((f1 + 1) / 2)


# Right answers, prediction; then exact match, F1 and a margin. The scores are those of
# SQuAD's evaluate-v2.0.py.
RECORDED = [
    (["Denver Broncos"], "the Denver Broncos.", 1, 1.0, -3.0),
    (["un perro grande"], "perro", 0, 0.5, 0.5),
    (["tres", "un perro grande"], "un perro", 0, 0.8, -1.0),
    (["a la una"], "La una", 1, 1.0, 2.0),
    (["10.000"], "10000", 1, 1.0, -0.5),
    (["¿Quién?"], "Quién", 0, 0.0, 1.5),
    (["«Don Quijote»"], "Don Quijote", 0, 0.0, -2.0),
    ([], "", 1, 1.0, 4.0),
    ([], "Madrid", 0, 0.0, 3.0),
    (["Madrid"], "", 0, 0.0, 1.0),
    (["el rey el rey"], "el rey", 0, 0.666667, -1.5),
    (["niño"], "nin\u0303o", 0, 0.0, 0.0),
    (["The Beatles", "Los Beatles"], "beatles", 1, 1.0, -4.0),
]


def test_answers_score_as_squads_script_recorded():
    right, predicted, exact, f1, margins = map(list, zip(*RECORDED, strict=True))
    found = scoring.answers(right, predicted)
    assert found["exact_match"] == pytest.approx(sum(exact) / len(exact))
    assert scoring.answer_f1(right, predicted) == pytest.approx(f1, abs=1e-6)
    # And its threshold: 61.28 % at a margin of 2.
    without = scoring.answer_f1(right, [""] * len(right))
    threshold = scoring.null_threshold(f1, without, margins)
    assert 2.0 < threshold < 3.0
    chosen = [
        text if margin <= threshold else ""
        for text, margin in zip(predicted, margins, strict=True)
    ]
    assert scoring.answers(right, chosen)["f1"] == pytest.approx(0.6128205, abs=1e-6)


def test_a_confusion_has_a_row_per_label():
    assert scoring.confusion(["a", "b", "b"], ["a", "a", "b"]).splitlines() == [
        "| label \\ predicted | a | b |",
        "| -- | -- | -- |",
        "| a | 1 | 0 |",
        "| b | 1 | 1 |",
    ]


def cells(table: str) -> list[list[str]]:
    """Rows of a Markdown table, without the line under its head."""
    lines = table.splitlines()
    rows = [re.split(r" (?<!\\)\| ", line[2:-2]) for line in lines]
    return [row for row in rows if row[0] != "--"]


@pytest.mark.parametrize("seed", range(20))
def test_no_other_threshold_has_a_higher_f1(seed):
    rng = np.random.default_rng(seed)
    with_answer, without = rng.random(12), rng.random(12)
    # In steps of a half, so that some are equal; all of one side in some of the cases.
    margins = rng.integers(-4, 5, 12) / 2
    with_answer += (seed % 3 == 1) - 2 * (seed % 3 == 2)

    def total(threshold: float) -> float:
        return np.where(margins > threshold, without, with_answer).sum()

    found = scoring.null_threshold(with_answer, without, margins)
    every = [margins.min() - 1, *(margins + 0.1), margins.max() + 1]
    assert total(found) == pytest.approx(max(map(total, every)))
    assert found not in margins
    if seed % 3:  # All have an answer, or none has: a unit beyond the last margin.
        edge = margins.max() + 1.0 if seed % 3 == 1 else margins.min() - 1.0
        assert found == edge


def test_of_many_labels_the_most_confused_are_shown_and_the_others_summed():
    right = [f"label {i}" for i in range(200)] * 3
    # "zz" is never predicted, and of equals the last.
    labels = [*right, "zz", "zz", "zz", "a|x"]
    predicted = [*right, "a|x", "a|x", "label 7", "label 9"]
    order = np.random.default_rng(0).permutation(len(labels))
    table = scoring.confusion([labels[i] for i in order], [predicted[i] for i in order])
    (_, *names), *rows = cells(table)
    assert len(names) == len(rows) == scoring.MAX_CONFUSED + 1
    assert {r"a\|x", "zz", "label 7", "label 9"} <= set(names)
    assert names[-1] == "182 others" and names[:-1] == sorted(names[:-1])
    counts = {name: dict(zip(names, map(int, row), strict=True)) for name, *row in rows}
    assert list(counts) == names
    assert counts["zz"][r"a\|x"] == 2 and counts["zz"]["label 7"] == 1
    assert counts[r"a\|x"]["label 9"] == 1 and counts["label 9"]["label 9"] == 3
    assert counts["182 others"]["182 others"] == 3 * 182
    assert sum(sum(row.values()) for row in counts.values()) == len(labels)


def test_a_name_that_is_long_or_has_a_newline_stays_in_its_cell():
    table = scoring.confusion(["a\nb", "x" * 1000], ["a\nb", "a\nb"]).splitlines()
    assert len(table) == 4 and max(map(len, table)) < 100
    assert r"| a\\nb | 1 | 0 |" in table
    limit = scoring.MAX_LABEL_CHARACTERS
    (_, name, other), *_ = cells(scoring.confusion(["x" * limit], ["y" * (limit + 1)]))
    assert (name, other) == ("x" * limit, "y" * limit + "…")


def test_matthews_of_many_classes_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    for classes in (2, 3, 40):
        labels = [str(i) for i in rng.integers(classes, size=300)]
        mistaken = rng.random(300) < 0.4
        guesses = [str(i) for i in rng.integers(classes + 2, size=300)]
        predicted = [
            guess if wrong else label
            for label, guess, wrong in zip(labels, guesses, mistaken, strict=True)
        ]
        expected = metrics.matthews_corrcoef(labels, predicted)
        found = scoring.classification(labels, predicted)["matthews"]
        assert found == pytest.approx(expected, abs=1e-12) and 0.3 < found < 0.9


@pytest.mark.parametrize(
    ("number", "length"),
    [
        (3000, 0),  # A table of all of them has 9 million cells.
        (1000, 100_000),  # One name is long: in an array of names, all are.
    ],
)
def test_many_labels_and_long_ones_take_little_memory(number, length):
    labels = [f"label {i}" for i in range(number)]
    labels[0] += "x" * length
    predicted = labels[1:] + labels[:1]
    tracemalloc.start()
    scoring.classification(labels, predicted)
    scoring.confusion(labels, predicted)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 30e6
