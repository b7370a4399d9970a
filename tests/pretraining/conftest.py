"""What tests of training start from."""

import pathlib

import pytest

from tests import small


@pytest.fixture
def data(tmp_path: pathlib.Path) -> str:
    """Made-up shards."""
    return small.write(tmp_path / "data")
