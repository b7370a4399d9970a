"""Words that a generator has replaced, written as a file for any detector."""

import numpy as np
import pytest

from electra_tf.labelled import tokens
from electra_tf.zero_shot import replacements
from tests import commands, small
from tests.interop import models


def test_pieces_become_words_with_the_label_of_any_piece():
    pieces = ["##a", "un", "##o", ",", "do", "##s", "##x"]
    found = replacements.joined(pieces, [0, 0, 1, 0, 0, 0, 0])
    assert found == [("##a", 0), ("uno", 1), (",", 0), ("dosx", 0)]


@pytest.mark.slow
def test_a_file_of_replacements_is_one_test_for_detectors(tmp_path):
    workdir = models.trained_run(tmp_path)
    path = str(tmp_path / "words.tsv")
    given = f"--workdir={workdir.path}", f"--replacements={path}"
    done = commands.run("evaluate", *given, "--examples=20")
    assert done.returncode == 0, done.stderr[-3000:]
    assert f"--token_labels={path}" in done.stdout
    sentences = tokens.read(path)
    labels = np.concatenate([np.array(one.labels) for one in sentences])
    assert f"{(labels == '1').sum()} of {len(labels)} words in 20" in done.stdout
    # Every text repeats one word: what differs from it is what was replaced.
    originals = small.examples(24, 1000)
    vocabulary = small.vocabulary()
    repeated = {(vocabulary.pieces[ids[1]], len(ids) - 2) for ids in originals}
    replaced = 0
    for sentence in sentences:
        kept = {
            word
            for word, label in zip(*sentence, strict=True)
            if label == "0" and not word.startswith("[")
        }
        assert len(kept) == 1 and (*kept, len(sentence.words)) in repeated
        replaced += sum(word not in kept for word in sentence.words)
    assert replaced == (labels == "1").sum() > 0
    again = replacements.write(workdir, "", 20, str(tmp_path / "again.tsv"))
    assert (tmp_path / "again.tsv").read_text() == (tmp_path / "words.tsv").read_text()
    assert (again.sentences, again.left_out) == (20, 0)
    done = commands.run("evaluate", given[0], f"--token_labels={path}")
    assert done.returncode == 0, done.stderr[-3000:]
    done = commands.run("evaluate", "--model=none", given[1])
    assert done.returncode == 1 and "needs a generator" in done.stderr
