"""Foreign text can't recolour, overwrite or reorder what a terminal shows."""

import dataclasses
import json
import pathlib

import pytest
import tensorflow as tf

from electra_tf.finetuning import seeds
from electra_tf.shards.manifest import Manifest
from electra_tf.text.vocabulary import Vocabulary
from electra_tf.zero_shot import labelled_text, scores
from tests import commands, small
from tests.interop import models
from tests.interop.fake_detector import FakeDetector

OBEYED = ("\x1b[31m", "\r", "\x07", "\u202e", "\x9b7m", "\u2066")
SHOWN = (r"\x1b[31m", r"\r", r"\x07", r"\u202e", r"\x9b7m", r"\u2066")


def hostile(pieces: tuple[str, ...]) -> Vocabulary:
    """The last words begin with what a terminal obeys."""
    marked = [mark + piece for mark, piece in zip(OBEYED, pieces[-len(OBEYED) :])]
    return Vocabulary((*pieces[: -len(OBEYED)], *marked))


def assert_harmless(printed: str, *, shows: tuple[str, ...] = SHOWN) -> None:
    for line in printed.split("\n"):
        assert line.replace("\N{NO-BREAK SPACE}", " ").isprintable(), repr(line)
    for mark in shows:
        assert mark in printed, (mark, printed)


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> str:
    """Shards of a hostile vocabulary."""
    directory = pathlib.Path(small.write(tmp_path_factory.mktemp("shards") / "data"))
    vocabulary = hostile(small.vocabulary().pieces)
    vocabulary.save(str(directory / "vocab.txt"))
    manifest = Manifest.load(str(directory))
    dataclasses.replace(
        manifest,
        vocabulary_hash=vocabulary.hash,
        fingerprint=vocabulary.fingerprint(manifest.text_rules),
    ).save(str(directory))
    return str(directory)


def test_pieces_are_shown_escaped(data, tmp_path):
    done = commands.run("look", f"--data={data}", "--examples=96", "--masked")
    assert done.returncode == 0, done.stderr
    assert_harmless(done.stdout)
    # As examples, and among the most or least frequent pieces.
    assert all(done.stdout.count(mark) > 20 for mark in SHOWN)

    plain = tmp_path / "plain.txt"
    small.vocabulary().save(str(plain))
    (tmp_path / "text").write_text("w14 w15 w16 w17 w18 w19\n")
    done = commands.run(
        "look", f"--compare={data}/vocab.txt,{plain}", f"--text={tmp_path}/text"
    )
    assert done.returncode == 0, done.stderr
    assert_harmless(done.stdout, shows=())


def test_tokens_are_shown_escaped(tmp_path):
    model = FakeDetector()
    tf.saved_model.save(model, str(tmp_path), signatures={"detect": model.detect})
    words = [f"{mark}ser" for mark in OBEYED if not mark.isspace()]
    done = commands.run("demo", f"--model={tmp_path}", f"--text={' '.join(words)}")
    assert done.returncode == 0, done.stderr
    assert_harmless(done.stdout, shows=tuple(set(SHOWN) - {r"\r"}))


@pytest.mark.slow
def test_labels_and_names_of_files_are_shown_escaped(tmp_path):
    models.trained_run(tmp_path)
    for name, unknown in (("train", []), ("a\x1b[31m", OBEYED), ("b\u202e", OBEYED)):
        labels = ["yes", "no"] * 20 + [f"{mark}x" for mark in unknown]
        rows = [
            json.dumps({"sentence": f"w1 {i}", "label": label})
            for i, label in enumerate(labels)
        ]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(rows))
    done = commands.run(
        "finetune",
        f"--model={tmp_path}/run",
        "--task=classification",
        f"--train={tmp_path}/train.jsonl",
        f"--dev={tmp_path}/train.jsonl",
        f"--test={tmp_path}/a\x1b[31m.jsonl,{tmp_path}/b\u202e.jsonl",
        "--config.max_seq_length=16",
        "--config.num_epochs=1",
        "--formats=",
        f"--output={tmp_path}/out",
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert_harmless(done.stdout, shows=(r"test a\x1b[31m", r"test b\u202e"))
    (warning,) = [
        line
        for line in done.stderr.splitlines()
        if r"a\x1b[31m.jsonl has 6 labels that no training" in line
    ]
    assert_harmless(warning)  # Its labels, and its path.


def test_what_an_error_quotes_of_a_file_is_escaped(tmp_path):
    (tmp_path / "pairs.tsv").write_text("go\x1b[31mod\tb\u202ead\nw1\tw2\n")
    model = FakeDetector()
    tf.saved_model.save(model, str(tmp_path), signatures={"detect": model.detect})
    done = commands.run(
        "evaluate", f"--model={tmp_path}", f"--pairs={tmp_path}/pairs.tsv"
    )
    assert done.returncode == 1
    (error,) = [line for line in done.stderr.splitlines() if "no column" in line]
    assert_harmless(error, shows=(r"go\x1b[31mod, b\u202ead",))


def test_names_of_groups_and_tests_are_shown_escaped():
    score = scores.Score(0.5, 0.4, 0.6, 10)
    named = {f"mean, {mark}": score for mark in OBEYED}
    assert_harmless(str(labelled_text.ZeroShotReport("Pairs", "pairs", named, 0)))
    spread = {"accuracy": {"mean": 0.5, "sd": 0.0}}
    summary = {
        "task": "Classification",
        "seeds": [0],
        "folds": 1,
        "seconds": 1.0,
        "scores": {"dev": spread} | {f"test {mark}": spread for mark in OBEYED},
    }
    assert_harmless(seeds.table(summary))
