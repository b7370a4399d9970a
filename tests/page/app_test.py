"""The demo's page as HTML, and what it refuses."""

import os
import shutil

import numpy as np
import pytest
import tensorflow as tf

from electra_tf.interop import text_models
from electra_tf.interop.detections import Word
from electra_tf.page import app
from tests.interop.fake_detector import SENTENCE, FakeDetector


@pytest.fixture(scope="module")
def signatures(export):
    return text_models.load(export, "detect", "fill_mask")


def answered(signatures, text: str) -> str:
    return app.answer(text, signatures["detect"], signatures["fill_mask"])


def test_a_whole_word_is_masked_by_characters():
    word = Word("año", 3, 6, 0.0, False)
    assert app.masked("el año.", word) == "el [MASK]."


def test_a_mask_of_the_user_s_own_does_not_shift_the_suggestions():
    text = "a [MASK] b"
    filled = {
        "tokens": np.array([[[b"first"], [b"second"]]] * 2, object),
        "probabilities": np.array([[[0.9], [0.8]]] * 2),
    }
    a, b = Word("a", 0, 1, 0.0, False), Word("b", 9, 10, 0.0, False)
    assert app.suggestions(filled, text, [a, b]) == {
        a: [("first", 0.9)],
        b: [("second", 0.8)],
    }


def test_a_word_is_coloured_by_its_probability_and_marked_where_replaced():
    html = app.render(
        [Word("el", 0, 2, 0.03, False), Word("ser", 3, 6, 0.754, True)],
        {},
        truncated=False,
    )
    assert '<details class="word" style="--p:0.03"><summary><span>el<' in html
    assert (
        '<details class="word replaced" open style="--p:0.75"><summary><span>ser<'
        in html
    )
    assert "75\N{NO-BREAK SPACE}%" in html
    assert "1 of 2 words looks replaced" in html
    assert "longer than the model reads" not in html


def test_without_a_replaced_word_the_most_suspicious_is_open():
    words = [Word(t, i, i + 1, 0.1 * i, False) for i, t in enumerate("abc")]
    html = app.render(words, {}, truncated=False)
    assert html.count(" open ") == 1
    assert ' open style="--p:0.20"><summary><span>c<' in html
    assert "No word looks replaced" in html


def test_what_is_typed_and_suggested_is_escaped(signatures):
    html = answered(signatures, "<img src=x onerror=alert(1)> & \"ser' <script>")
    assert "<img" not in html
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "&amp;" in html
    assert "&lt;b&gt;" in html
    assert "<b>" not in html


def test_a_cut_text_says_where(signatures):
    html = answered(signatures, "uno dos tres cuatro cinco <seis> siete")
    assert "cut after “&lt;seis&gt;”" in html
    assert "siete" not in html
    assert "cut after" not in answered(signatures, SENTENCE)


@pytest.mark.parametrize("text", ["", "  \n\t "])
def test_an_empty_text_is_answered_with_a_hint(signatures, text):
    html = answered(signatures, text)
    assert "Type a sentence" in html
    assert "<details" not in html


def test_words_are_shown_with_suggestions_from_one_call(signatures):
    calls = []

    def fill_mask(text):
        calls.append([row.decode() for row in text.numpy()])
        return signatures["fill_mask"](text=text)

    html = app.answer("El niño ser", signatures["detect"], fill_mask)
    # The most suspicious first; where equal, in the order of the text.
    assert calls == [["el niño [MASK]", "[MASK] niño ser", "el [MASK] ser"]]
    assert html.count("<li>astuto <small>40\N{NO-BREAK SPACE}%</small></li>") == 3
    assert "<li>…s " in html


def test_only_the_most_suspicious_words_of_a_long_text_are_filled(
    signatures, monkeypatch
):
    monkeypatch.setattr(app, "MAX_SUGGESTED_WORDS", 1)
    html = answered(signatures, "el ser muy")
    assert html.count("<li>astuto ") == 1
    assert html.count("no suggestion") == 2


def test_an_export_is_found_by_its_directory_or_its_saved_model(export, tmp_path):
    assert "detect" in text_models.load(export)
    assert "detect" in text_models.load(f"{export}/saved_model")
    with pytest.raises(ValueError, match="has no SavedModel and no Hugging Face model"):
        app.build(str(tmp_path))


def test_an_export_of_an_older_version_is_refused(tmp_path):
    model = FakeDetector()
    tf.saved_model.save(model, str(tmp_path), signatures={"detect": model.detect})
    with pytest.raises(ValueError, match="detect, but not fill_mask: .* export.py"):
        text_models.load(str(tmp_path), "fill_mask")


def test_without_a_generator_words_are_judged_and_none_is_suggested(signatures):
    html = app.answer("el ser muy", signatures["detect"], None)
    assert html.count("<details") == 3 and " open" not in html
    assert html.count("no suggestion") == 3 and "generator" not in html


@pytest.mark.parametrize(
    ("file", "size"),
    [
        ("variables/variables.data-00000-of-00001", 9),
        ("variables/variables.index", 20),
        ("saved_model.pb", 500),
    ],
)
def test_an_export_that_was_cut_off_is_named(export, tmp_path, file, size):
    shutil.copytree(f"{export}/saved_model", tmp_path / "saved_model")
    os.truncate(tmp_path / "saved_model" / file, size)
    with pytest.raises(ValueError, match=r"saved_model' can't be loaded \(.* Copy the"):
        text_models.load(str(tmp_path), "detect")
