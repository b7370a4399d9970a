"""A small corpus in many blocks, and a build of it."""

import pytest

from electra_tf.data import corpus, cutting
from electra_tf.data.build_config import BuildConfig
from electra_tf.data.planning import BuildSettings
from electra_tf.data.vocabulary import TextRules
from tests.data.texts import documents, write_corpus


@pytest.fixture
def settings(tmp_path, monkeypatch) -> BuildSettings:
    """Of a build with many blocks; two files, 120 documents."""
    monkeypatch.setattr(cutting, "BLOCK_BYTES", 5000)
    write_corpus(tmp_path / "a.txt", documents(80))
    write_corpus(tmp_path / "b.txt", documents(40, seed=1))
    return BuildSettings(
        train_sources=corpus.expand(f"{tmp_path}/?.txt"),
        valid_sources=[],
        output=str(tmp_path / "out"),
        text_rules=TextRules(),
        vocabulary=None,
        vocabulary_size=60,
        vocabulary_sample_bytes=100_000,
        max_seq_length=32,
        valid_fraction=0.2,
        num_workers=1,
        num_shards=3,
        seed=7,
        config=BuildConfig(),
        report="",
        language="",
        overwrite=False,
        command="prepare.py",
    )
