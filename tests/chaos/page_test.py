"""The short form of tests/chaos/page.py."""

import pytest

from tests.chaos import page


@pytest.mark.slow
def test_visitors_and_large_bodies_leave_no_memory_taken():
    visitors, large = page.main(clients=10, seconds=5.0, bodies=60)
    assert visitors.answers["200 judged"] > 50
    assert sum(large.answers.values()) == 60
