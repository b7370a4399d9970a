"""What the benchmarks time is there under its name."""

import time

from benchmarks import data, input, loop, near_duplicates, processes
from tests import shards


def test_the_stages_of_a_build_exist():
    for places in data.STAGES.values():
        for owner, name in places:
            assert callable(getattr(owner, name))


def test_what_is_timed_in_a_training_exists():
    for places in loop.PLACES.values():
        for owner, name in places:
            assert callable(getattr(owner, name))


def test_the_input_is_read_as_long_as_asked(tmp_path, monkeypatch):
    monkeypatch.setattr(input, "WARM_UP_SECONDS", 0.0)
    result = input.read(shards.write(tmp_path / "data"), 8, seconds=0.2)
    assert result["examples_per_second"] > 8 / 0.2  # More than a batch.


def test_planted_copies_are_found_and_little_else():
    documents = near_duplicates.pieces("sample", 200, 60)
    found = near_duplicates.search(documents, threshold=0.7)
    assert [found[f"recall at {edit}"] for edit in (0.0, 0.2)] == [1.0, 0.0]
    assert found["similarity at 0.05"] > found["similarity at 0.1"] > 0.5
    assert found["precision"] == 1.0


def held() -> dict[str, float]:
    block = bytearray(b"x" * 100_000_000)
    time.sleep(4 * processes.SAMPLING_SECONDS)
    return {"bytes": len(block)}


def test_the_memory_of_a_process_is_seen():
    result, peak = processes.alone(held)
    assert result == {"bytes": 100_000_000}
    assert peak > 100
