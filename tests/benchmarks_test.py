"""What the benchmarks time is there under its name."""

import time

from benchmarks import data, processes


def test_the_stages_of_a_build_exist():
    for places in data.STAGES.values():
        for owner, name in places:
            assert callable(getattr(owner, name))


def held() -> dict[str, float]:
    block = bytearray(b"x" * 100_000_000)
    time.sleep(4 * processes.SAMPLING_SECONDS)
    return {"bytes": len(block)}


def test_the_memory_of_a_process_is_seen():
    result, peak = processes.alone(held)
    assert result == {"bytes": 100_000_000}
    assert peak > 100
