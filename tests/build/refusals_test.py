"""An impossible build is refused, and existing files stay as they are."""

import dataclasses
import pathlib

import pytest

from electra_tf.build import local
from electra_tf.corpus import documents
from electra_tf.text.vocabulary import SPECIAL_PIECES, Vocabulary
from tests.corpus.texts import files


@pytest.mark.parametrize("text", ["", "\n \n\t\n", "\x07\n\n\u200b\n"])
def test_an_empty_corpus_is_refused_and_leaves_nothing_behind(settings, tmp_path, text):
    (tmp_path / "empty.text").write_text(text)
    sources = documents.expand(f"{tmp_path}/empty.text")
    vocabulary = Vocabulary((*SPECIAL_PIECES, "a"))
    before = sorted(tmp_path.iterdir())
    for vocab, message in (
        (None, "no text"),
        (vocabulary, "corpus is empty.*empty.text"),
    ):
        with pytest.raises(ValueError, match=message):
            local.build(
                dataclasses.replace(settings, train_sources=sources, vocabulary=vocab)
            )
    assert sorted(tmp_path.iterdir()) == before


def test_a_finished_build_is_replaced_only_on_demand(settings):
    local.build(settings)
    before = files(settings.output)
    other = dataclasses.replace(settings, seed=8)
    with pytest.raises(ValueError, match="finished build already.*--overwrite"):
        local.build(other)
    assert files(settings.output) == before
    local.build(dataclasses.replace(other, overwrite=True))
    assert files(settings.output) != before


def test_a_directory_of_other_files_is_never_replaced(settings):
    precious = pathlib.Path(settings.output, "precious")
    precious.parent.mkdir()
    precious.write_text("mine")
    with pytest.raises(ValueError, match="holds other files"):
        local.build(dataclasses.replace(settings, overwrite=True))
    assert precious.read_text() == "mine"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("max_seq_length", 4),
        ("valid_fraction", 1.0),
        ("num_workers", -1),
        ("num_shards", -1),
    ],
)
def test_a_setting_out_of_range_is_refused(settings, field, value):
    with pytest.raises(ValueError, match=f"--{field}={value}"):
        dataclasses.replace(settings, **{field: value})
