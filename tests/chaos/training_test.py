"""The short form of tests/chaos/training.py."""

import pytest

from tests.chaos import training


@pytest.mark.slow
def test_a_run_that_is_killed_ends_with_the_bytes_of_one_that_was_not():
    moments = training.main(kills=2)
    assert len(moments) == 2
