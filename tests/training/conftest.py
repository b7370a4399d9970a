"""What tests of training start from."""

import pathlib

import pytest

from tests import shards


@pytest.fixture
def data(tmp_path: pathlib.Path) -> str:
    """Made-up shards."""
    return shards.write(tmp_path / "data")
