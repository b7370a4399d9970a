"""The small corpus in many blocks that the corpus tests use too."""

from tests.corpus.conftest import settings

__all__ = ["settings"]
