"""A small corpus in many blocks, and a build of it."""

import pytest

from electra_tf.build.settings import BuildSettings
from electra_tf.corpus import blocks
from tests.corpus.texts import build_of, documents, write_corpus


@pytest.fixture
def settings(tmp_path, monkeypatch) -> BuildSettings:
    """Settings of a build with many blocks, two files and 120 documents."""
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 5000)
    write_corpus(tmp_path / "a.txt", documents(80))
    write_corpus(tmp_path / "b.txt", documents(40, seed=1))
    return build_of(f"{tmp_path}/?.txt", str(tmp_path / "out"))
