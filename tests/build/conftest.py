"""The small corpus in many blocks that the tests of the corpus read, too."""

from tests.corpus.conftest import settings

__all__ = ["settings"]
