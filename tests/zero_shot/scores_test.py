"""Shares, areas and intervals, against numbers that can be worked out."""

import numpy as np
import pytest

from electra_tf.interop.detections import Detection
from electra_tf.zero_shot import scores


def detection(text: str, probabilities: list[float]) -> Detection:
    """Every word is a token; behind the last probability the text was cut."""
    starts, ends, start = [], [], 0
    for word in text.split(" "):
        starts.append(start)
        ends.append(start + len(word))
        start += len(word) + 1
    number = len(probabilities)
    return Detection(
        text,
        text.split(" ")[:number],
        np.array(starts[:number]),
        np.array(ends[:number]),
        np.array(probabilities),
        np.array(probabilities) > 0.5,
        number < len(starts),
    )


@pytest.mark.parametrize(
    ("good", "bad", "ours", "theirs"),
    [
        ("muy astuto.", "muy ser.", ["astuto"], ["ser"]),
        ("un perro", "perro", ["un"], ["perro"]),
        ("el va", "el va a casa", ["va"], ["a", "casa"]),
        ("a b c d", "a x c y", ["b", "d"], ["x", "y"]),
        ("le dio pan", "dio le pan", ["le", "dio", "pan"], ["dio", "le", "pan"]),
        ("canto\u0301lo ya", "canto ya", ["canto\u0301lo"], ["canto"]),
        ("नहीं है", "नहि है", ["नहीं"], ["नहि"]),
        ("que si\u0301.", "que se\u0301.", ["si\u0301"], ["se\u0301"]),
        ("वह है।", "वह हैं।", ["है"], ["हैं"]),
        ("gol ⚽\ufe0f, no", "gol, no", ["⚽\ufe0f"], ["gol", ","]),
        ("⚽\ufe0fgol no", "⚽\ufe0fgas no", ["gol"], ["gas"]),
        # Words that come often are compared like others.
        (
            "la " * 150 + "x" + " la" * 150,
            "la " * 150 + "y" + " la" * 150,
            ["x"],
            ["y"],
        ),
    ],
)
def test_the_words_in_which_two_sentences_differ(good, bad, ours, theirs):
    found = scores.changed_spans(good, bad)
    words = [
        {text[start:end] for start, end in spans}
        for text, spans in zip((good, bad), found, strict=True)
    ]
    # Which of two words that change places has moved is not defined.
    assert words[0] and words[0] <= set(ours)
    assert words[1] and words[1] <= set(theirs)


def test_a_pair_is_won_where_the_bad_sentence_is_the_more_suspicious():
    good = [detection("a b c", [0.1, 0.2, 0.9]), detection("a b", [0.1, 0.5])]
    bad = [detection("a x c", [0.1, 0.6, 0.1]), detection("a x", [0.1, 0.5])]
    found = scores.pairs(good, bad, ["one", "two"])
    assert found["changed word"].value == 0.75  # Won, and a tie.
    assert found["mean"].value == 0.25  # 0.8 / 3 against 1.2 / 3, and a tie.
    assert found["maximum"].value == 0.25
    assert found["changed word, one"] == (1.0, 1.0, 1.0, 1)
    assert found["changed word, two"] == (0.5, 0.5, 0.5, 1)


def test_groups_come_in_the_order_of_their_names():
    both = [detection("a b", [0.1, 0.5])] * 3
    found = scores.pairs(both, both, ["two", "one", "two"])
    names = ["changed word", "mean", "maximum"]
    groups = [f"{name}, {group}" for name in names for group in ("one", "two")]
    assert list(found) == names + groups


def test_one_text_to_the_model_is_a_tie_however_it_was_rounded():
    found = scores.pairs(
        [detection("a b", [0.1, 0.5])], [detection("a b", [0.1, 0.5001])]
    )
    for name in ("changed word", "mean", "maximum"):
        assert found[name].value == 0.5, name


def test_a_changed_word_behind_the_cut_is_not_counted():
    good, bad = [detection("a b c", [0.1, 0.2])], [detection("a b x", [0.1, 0.2])]
    found = scores.pairs(good, bad)
    assert found["changed word"].number == 0
    assert np.isnan(found["changed word"].value)
    assert found["mean"].value == 0.5


def test_areas_of_sentences(monkeypatch):
    monkeypatch.setattr(scores, "RESAMPLES", 10)
    ones = [detection("a b", values) for values in ([0.1, 0.2], [0.3, 0.3], [0.9, 0.0])]
    found = scores.sentences(ones, [False, True, True])
    assert found["mean, AUC"].value == 1.0
    found = scores.sentences(ones, [False, True, False])
    assert found["mean, AUC"].value == 0.5  # Above 0.15, below 0.45.
    assert found["maximum, AUC"].value == 0.5


def test_ties_are_half_in_order(monkeypatch):
    monkeypatch.setattr(scores, "RESAMPLES", 10)
    ones = [detection("a", [value]) for value in (0.1, 0.3, 0.3, 0.3)]
    found = scores.sentences(ones, [False, False, True, True])
    # Of four pairs two are in order and two are ties.
    for name in ("mean, AUC", "maximum, AUC"):
        assert found[name].value == (2 + 2 / 2) / 4, name
    values, labels = np.array([0.1, 0.3, 0.3]), np.array([False, False, True])
    assert scores.tokens([values], [labels])["AUC"].value == (1 + 1 / 2) / 2


def test_areas_of_tokens_leave_out_what_was_not_read():
    probabilities = [np.array([0.1, 0.4, np.nan]), np.array([0.35, 0.8])]
    labels = [np.array([False, False, True]), np.array([True, True])]
    found = scores.tokens(probabilities, labels)
    # scikit-learn's own example of both measures.
    assert found["AUC"].value == 0.75
    assert found["average precision"].value == pytest.approx(0.8333, abs=1e-4)
    assert found["AUC"].number == 4


@pytest.mark.parametrize("is_replaced", [False, True])
def test_words_of_one_class_have_no_area(is_replaced, monkeypatch):
    monkeypatch.setattr(scores, "RESAMPLES", 10)
    labels = [np.full(3, is_replaced)] * 2
    found = scores.tokens([np.array([0.1, 0.4, 0.2])] * 2, labels)
    for name in ("AUC", "average precision"):
        assert np.isnan(found[name][:3]).all(), name


def test_an_interval_of_a_share_is_that_of_the_binomial():
    won = np.array([1.0] * 60 + [0.0] * 40)
    low, high = scores.interval(lambda chosen: float(won[chosen].mean()), 100)
    # 0.6 ± 1.96 x sqrt(0.6 x 0.4 / 100)
    assert low == pytest.approx(0.504, abs=0.02)
    assert high == pytest.approx(0.696, abs=0.02)
    assert np.isnan(scores.interval(lambda chosen: float("nan"), 100)).all()


def test_an_interval_has_95_percent_of_a_normal_statistic():
    values = np.random.default_rng(0).normal(size=10_000)
    low, high = scores.interval(lambda chosen: float(values[chosen].mean()), 10_000)
    error = values.std() / 100
    # In standard errors, 1.96; one of 90 % would have 1.64. Of a thousand resamples,
    # the outer 25 have a deviation of 0.08.
    assert (values.mean() - low) / error == pytest.approx(1.96, abs=0.15)
    assert (high - values.mean()) / error == pytest.approx(1.96, abs=0.15)


def test_resamples_of_one_class_are_left_out_of_an_interval():
    ones = [detection("a", [value]) for value in (0.1, 0.2, 0.9)]
    found = scores.sentences(ones, [False, False, True])["mean, AUC"]
    assert (found.low, found.high) == (1.0, 1.0)
