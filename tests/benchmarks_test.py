"""What the benchmarks time is there under its name."""

import time

from benchmarks import data, near_duplicates, processes


def test_the_stages_of_a_build_exist():
    for places in data.STAGES.values():
        for owner, name in places:
            assert callable(getattr(owner, name))


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
