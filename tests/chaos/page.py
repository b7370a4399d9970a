"""Puts the demo page under load: many visitors, and bodies that are too large.

python -m tests.chaos.page --clients=50 --seconds=60 --bodies=300

Starts demo.py on an export whose answers are known, without its limit of texts per
minute. Visitors open the page, keep its heartbeat, send texts, and come back as another
one; then bodies of 500 kB are sent. Prints what was answered and the resident memory of
the server, and fails where it grew.
"""

import argparse
import asyncio
import collections
import pathlib
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from typing import NamedTuple

import httpx
import tensorflow as tf

from tests.interop.fake_detector import SENTENCE, FakeDetector

ROOT = pathlib.Path(__file__).parents[2]
BODY_BYTES = 500_000
UNLIMITED = (
    "import runpy; from electra_tf.page import app; "
    "app.MAX_TEXTS_PER_MINUTE = 10**6; "
    "runpy.run_path('demo.py', run_name='__main__')"
)
MAX_GROWTH_MB = 15.0
"""Largest growth after the warm-up, from the allocator's arenas and Python's caches."""


class Phase(NamedTuple):
    """The answers to a load, their times, and the resources they took."""

    name: str
    answers: dict[str, int]
    """Number of answers by status and, for texts, kind of answer."""
    seconds: list[float]
    """Duration of each request."""
    before_mb: float
    peak_mb: float
    after_mb: float

    @property
    def growth_mb(self) -> float:
        """Memory that is not released at the end."""
        return self.after_mb - self.before_mb

    def __str__(self) -> str:
        slowest = sorted(self.seconds)
        answers = ", ".join(
            f"{count:,} {name}" for name, count in sorted(self.answers.items())
        )
        return (
            f"{self.name}: {len(slowest):,} requests in median "
            f"{slowest[len(slowest) // 2]:.3f} s, 95 % below "
            f"{slowest[int(0.95 * len(slowest))]:.3f} s ({answers}); resident memory "
            f"{self.before_mb:,.0f} MB before, {self.peak_mb:,.0f} at most, "
            f"{self.after_mb:,.0f} after"
        )


def resident_mb(process: subprocess.Popen) -> float:
    """Resident memory of a process in MB."""
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def serve(directory: pathlib.Path) -> Iterator[tuple[subprocess.Popen, str]]:
    """Yields a server that answers, and its URL; ends it afterwards."""
    model = FakeDetector()
    signatures = {"detect": model.detect, "fill_mask": model.fill_mask}
    path = str(directory / "export" / "saved_model")
    tf.saved_model.save(model, path, signatures=signatures)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    flags = [f"--model={directory / 'export'}", f"--port={port}"]
    with (directory / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", UNLIMITED, *flags], cwd=ROOT, stdout=log, stderr=log
        )
    try:
        for _ in range(600):
            assert process.poll() is None, (directory / "log").read_text()[-3000:]
            try:
                httpx.get(url, timeout=10)
                break
            except httpx.TransportError:
                time.sleep(0.2)
        yield process, url
        said = (directory / "log").read_text()
        assert "Traceback" not in said, said[-3000:]
    finally:
        process.terminate()
        process.wait()


class Load:
    """Sends requests to a server, and counts the answers.

    Args:
        process: of the server.
        url: of the page.
    """

    def __init__(self, process: subprocess.Popen, url: str) -> None:
        self._process = process
        self._url = url

    async def phase(self, name: str, visits: list) -> Phase:
        """Lets visitors come at the same time, and watches the server's memory."""
        self._answers: collections.Counter[str] = collections.Counter()
        self._seconds: list[float] = []
        before = peak = resident_mb(self._process)
        tasks = [asyncio.create_task(visit) for visit in visits]
        while not all(task.done() for task in tasks):
            peak = max(peak, resident_mb(self._process))
            await asyncio.sleep(0.05)
        for task in tasks:
            task.result()
        await asyncio.sleep(1.0)
        after = resident_mb(self._process)
        return Phase(
            name, dict(self._answers), self._seconds, before, max(peak, after), after
        )

    async def visit(self, seconds: float, seed: int) -> None:
        """Opens the page and sends texts, one visitor after another."""
        rng = random.Random(seed)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            async with httpx.AsyncClient(base_url=self._url, timeout=60) as client:
                self._count(await self._timed(client.get("/")))
                session = f"{rng.getrandbits(60):x}"
                heartbeat = f"/gradio_api/heartbeat/{session}"
                async with client.stream("GET", heartbeat) as stream:
                    assert stream.status_code == 200
                    for _ in range(4):
                        text = f"{SENTENCE} {rng.random()}"[-rng.randrange(1, 60) :]
                        call = {"data": [text], "fn_index": 0, "session_hash": session}
                        answer = await self._timed(
                            client.post("/gradio_api/run/predict", json=call)
                        )
                        self._count(answer)

    async def send_large(self, number: int, is_chunked: bool) -> None:
        """Sends bodies that are too large, one after another."""
        text = b"x" * (BODY_BYTES - 15)

        async def pieces() -> AsyncIterator[bytes]:
            yield b'{"data":["'
            for start in range(0, len(text), 10_000):
                yield text[start : start + 10_000]
            yield b'"]}'

        async with httpx.AsyncClient(base_url=self._url, timeout=60) as client:
            for _ in range(number):
                content = pieces() if is_chunked else b'{"data":["' + text + b'"]}'
                try:
                    answer = client.post("/gradio_api/run/judge", content=content)
                    self._count(await self._timed(answer))
                except (httpx.WriteError, httpx.ReadError):
                    self._answers["refused before it was sent"] += 1

    async def _timed(self, answer) -> httpx.Response:
        start = time.monotonic()
        response = await answer
        self._seconds.append(time.monotonic() - start)
        return response

    def _count(self, answer: httpx.Response) -> None:
        kind = str(answer.status_code)
        if answer.headers["content-type"] == "application/json":
            is_full = "Too many texts wait" in answer.text
            kind += " too many wait" if is_full else " judged"
        self._answers[kind] += 1


async def _run(load: Load, clients: int, seconds: float, bodies: int) -> list[Phase]:
    await load.phase("warming up", [load.visit(5, -seed) for seed in range(1, 5)])
    visits = [load.visit(seconds, seed) for seed in range(clients)]
    visitors = await load.phase(f"{clients} visitors for {seconds:.0f} s", visits)
    senders = [load.send_large(bodies // 10, seed % 2 == 0) for seed in range(10)]
    large = await load.phase(f"{bodies} bodies of {BODY_BYTES // 1000} kB", senders)
    return [visitors, large]


def main(clients: int, seconds: float, bodies: int) -> list[Phase]:
    """Loads a page, prints what happened, and checks it."""
    with tempfile.TemporaryDirectory() as name:
        for process, url in serve(pathlib.Path(name)):
            phases = asyncio.run(_run(Load(process, url), clients, seconds, bodies))
    for phase in phases:
        print(phase, flush=True)
    visitors, large = phases
    assert set(visitors.answers) <= {"200", "200 judged", "200 too many wait"}
    assert set(large.answers) <= {"413", "refused before it was sent"}
    assert large.answers.get("413", 0) >= bodies // 2
    for phase in phases:
        assert phase.growth_mb < MAX_GROWTH_MB, phase
    return phases


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--bodies", type=int, default=300)
    arguments = parser.parse_args()
    main(arguments.clients, arguments.seconds, arguments.bodies)
