"""A detector whose answers are known, and a real one through the command line."""

import json
import re

import pytest
import tensorflow as tf
import tensorflow_text as tf_text

from electra_tf.interop import export
from electra_tf.labelled import tables, tokens
from electra_tf.zero_shot import detector, labelled_text
from tests import commands
from tests.interop import models


def detect(text: tf.Tensor):
    """Words that begin with x are suspicious; what follows the fourth is cut off."""
    split = tf_text.WhitespaceTokenizer().tokenize_with_offsets(text)
    tokens, starts, ends = (values[:, :4] for values in split)
    is_x = tf.cast(tf.strings.substr(tokens.flat_values, 0, 1) == "x", "float32")

    def framed(values):
        ones = tf.ones((tf.shape(text)[0], 1), values.dtype)
        return tf.concat([ones * 0, values, ones * 0], axis=1).to_tensor()

    edge = tf.fill((tf.shape(text)[0], 1), "")

    return {
        "tokens": tf.concat([edge, tokens, edge], axis=1).to_tensor(),
        "replaced_probability": framed(tokens.with_flat_values(0.1 + 0.8 * is_x)),
        "replaced": framed(tokens.with_flat_values(is_x)),
        "starts": framed(starts),
        "ends": framed(ends),
        "length": tf.cast(tokens.row_lengths(), "int32") + 2,
        "normalized": text,
        "truncated": split[0].row_lengths() > 4,
    }


def table(*rows: str) -> tables.Table:
    columns, *values = (tuple(row.split("|")) for row in rows)
    return tables.Table("f.tsv", columns, tuple(values), tuple(range(2, len(rows) + 1)))


def test_detections_come_in_the_order_of_the_texts():
    texts = [f"{'a ' * (i % 3)}x{i}" for i in range(2 * detector.BATCH_SIZE + 3)]
    detections = detector.detect_all(detect, texts)
    assert [one.normalized for one in detections] == texts
    assert [len(one.starts_T) for one in detections] == [len(t.split()) for t in texts]
    assert all(one.maximum == pytest.approx(0.9) for one in detections)


def test_pairs_by_phenomenon():
    rows = "good|bad|kind", "a b|a xb|one", "a xb|a b|two", "a b c d e|a b c d xe|two"
    report = labelled_text.pairs(detect, table(*rows), "kind")
    assert report.truncated == 2
    assert report.scores["changed word"].value == 0.5
    assert report.scores["changed word"].number == 2
    assert report.scores["changed word, one"].value == 1.0
    assert report.scores["changed word, two"].value == 0.0
    assert report.scores["mean, one"].value == report.scores["maximum, one"].value == 1
    assert "changed word, one  1.0000  [1.0000, 1.0000]        1 pairs" in str(report)
    assert "2 texts were longer than the model's length" in str(report)


def test_pairs_that_are_one_text_to_the_model_are_counted():
    def lower_cased(text):
        return detect(tf.strings.lower(text))

    report = labelled_text.pairs(lower_cased, table("good|bad", "a b|A b", "a b|a xb"))
    assert report.alike == 1
    for name in ("changed word", "mean", "maximum"):
        assert (report.scores[name].value, report.scores[name].number) == (0.75, 2)
    assert "1 pairs differ only in case or accents" in str(report)


def test_sentences_by_label():
    rows = "Label|Sentence", "1|a b", "1|a c", "0|a xb", "0|xa b c"
    report = labelled_text.sentences(detect, table(*rows), "Sentence", "Label", "1")
    assert report.scores["mean, AUC"].value == 1.0
    assert "2 bad sentences from 2 good ones" in str(report)
    flipped = labelled_text.sentences(detect, table(*rows), "Sentence", "Label", "0")
    assert flipped.scores["mean, AUC"].value == 0.0


def test_tokens_by_label():
    labelled = [
        tokens.Sentence(("a", "xb", "c"), ("0", "1", "0")),
        tokens.Sentence(("a", "b", "c", "d", "xe"), ("0", "0", "0", "0", "1")),
        tokens.Sentence(("xa",), ("1",)),
    ]
    report = labelled_text.token_labels(detect, labelled, "f.tsv", "0")
    assert report.scores["AUC"].value == 1.0
    assert report.scores["AUC"].number == 8  # One word is behind the cut.
    assert "3 replaced words of 9" in str(report)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["good|bad", "a b|a b"], "two sentences on line 2 are the same"),
        (["good|worse", "a|b"], "no column 'bad'; it has good, worse"),
    ],
)
def test_pairs_that_are_none_are_refused(rows, message):
    with pytest.raises(ValueError, match=message):
        labelled_text.pairs(detect, table(*rows))


def test_labels_of_one_kind_are_refused():
    rows = table("label|sentence", "1|a", "1|b")
    with pytest.raises(ValueError, match="both good and bad .* --good_label=1 .* 1: "):
        labelled_text.sentences(detect, rows, "sentence", "label", "1")
    with pytest.raises(ValueError, match="--good_label=yes is the good one; it has 1"):
        labelled_text.sentences(detect, rows, "sentence", "label", "yes")


def test_words_with_blanks_and_texts_without_tokens_are_refused():
    labelled = [tokens.Sentence(("a b", "xc"), ("0", "1"))]
    with pytest.raises(ValueError, match="a word of 'a b xc' contains a blank"):
        labelled_text.token_labels(detect, labelled, "f.tsv", "0")
    with pytest.raises(ValueError, match="has no token: leave"):
        detector.detect_all(detect, [" "])


@pytest.mark.slow
def test_a_run_and_its_export_judge_the_same_by_command(tmp_path):
    workdir = models.trained_run(tmp_path)
    directory = str(tmp_path / "export")
    export.export(workdir.path, directory, ["saved_model"])
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("good\tbad\nw1 w1 w1 w1\tw1 w1 w2 w1\nw3 w3\tw3 w4\n")
    reports = []
    for name, place in (("workdir", workdir.path), ("model", directory)):
        output = tmp_path / f"{name}.json"
        done = commands.run(
            "evaluate", f"--{name}={place}", f"--pairs={pairs}", f"--output={output}"
        )
        assert done.returncode == 0, done.stderr[-3000:]
        assert "Share of 2 pairs whose bad sentence" in done.stdout
        reports.append(json.loads(output.read_text()))
    assert reports[0] == reports[1]
    assert reports[0]["scores"]["mean"]["number"] == 2
    sentences, words = tmp_path / "sentences.tsv", tmp_path / "words.txt"
    sentences.write_text("text\tok\nw1 w1\tyes\nw2 w3\tno\n")
    words.write_text("w1 O\nw2 X\n\nw3 O\n")
    columns = ["--text_column=text", "--label_column=ok", "--good_label=yes"]
    for flags, shown in (
        (
            [f"--sentences={sentences}", *columns],
            "Telling 1 bad sentences from 1 good ones",
        ),
        ([f"--token_labels={words}", "--good_label=O"], "average precision"),
    ):
        done = commands.run("evaluate", f"--model={directory}", *flags)
        assert done.returncode == 0, done.stderr[-3000:]
        assert shown in done.stdout


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--pairs=a", "--sentences=b", "--model=m"], "--pairs, --sentences are"),
        (["--pairs=a"], "either --workdir .* or --model"),
        (["--workdir=w", "--model=m"], "either --workdir"),
        (["--model=m"], "An export is evaluated on labelled text"),
        (["--model=m", "--pairs=/none.tsv"], "There is no file /none.tsv"),
        (["--model=m", "--token_labels=f", "--where=a=b"], "--where is for --pairs"),
        (["--model=m", "--token_labels=f", "--quoted"], "--quoted is for --pairs"),
        (["--model=m", "--sentences=f", "--group_column=a"], "--group_column is for"),
        (["--model=m", "--pairs=f", "--good_label=1"], "--good_label is for --sent"),
        (["--model=m", "--pairs=f", "--split=train"], "--split is for the shards"),
        (["--model=m", "--pairs=f", "--checkpoint=5"], "--checkpoint is for --work"),
    ],
)
@pytest.mark.slow
def test_flags_that_do_not_go_together_are_refused(flags, message):
    done = commands.run("evaluate", *flags)
    assert done.returncode == 1
    assert re.search(message, done.stderr)
