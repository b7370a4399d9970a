"""One reading of a whole corpus, which continues where it was when it is repeated."""

import collections
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from electra_tf.build.journal import Journal
from electra_tf.build.stages import Marks
from electra_tf.build.workers import Stage, Workers
from electra_tf.corpus.documents import Source
from electra_tf.progress import Progress


def run(
    sources: Sequence[tuple[Source, str]],
    make: Callable[[Any], Stage],
    take: Callable[[Any], int],
    state: Callable[[], dict[str, Any]],
    journal: Journal,
    workers: Workers,
    marks: Iterator[Marks] | None = None,
    what: str = "MB of text",
) -> int:
    """Puts every block through a stage, and commits what is made of it.

    Args:
        sources: with the split of each.
        make: makes the stage in each process.
        take: appends a result to the journal, in the order of the blocks; returns its
            bytes of text.
        state: what to commit beside the place in the corpus.
        journal: takes what is made; says where to continue.
        workers: the processes.
        marks: an argument for each block, from the corpus's beginning.
        what: for the progress line.

    Returns:
        Bytes of text of this run alone.
    """
    start = {"source": 0, "block": 0, "done": 0, "finished": False}
    start |= journal.state or {}
    if start["finished"]:
        return 0
    if marks:
        marks = itertools.islice(marks, start["done"], None)
    passed = sum(source.bytes for source, _ in sources[: start["source"]])
    position = passed
    places: collections.deque[tuple[int, int]] = collections.deque()
    """Of the blocks that are being processed."""

    def calls() -> Iterator[tuple]:
        nonlocal position
        before = passed
        for index, (source, split) in enumerate(sources):
            if index < start["source"]:
                continue
            for number, block in enumerate(source.blocks(), start=1):
                position = before + block.position
                if index == start["source"] and number <= start["block"]:
                    continue
                places.append((index, number))
                yield (block, split, next(marks)) if marks else (block, split)
            before += source.bytes

    def commit(finished: bool) -> None:
        place = {"source": index, "block": number, "done": done, "finished": finished}
        journal.commit(place | state())

    index, number, done = start["source"], start["block"], start["done"]
    text_bytes = 0
    total = sum(source.bytes for source, _ in sources)
    progress = Progress(total, what=what, start=passed)
    try:
        for result in workers.map(make, calls()):
            text_bytes += take(result)
            index, number = places.popleft()
            done += 1
            if journal.is_due:
                commit(finished=False)
            progress.update(position, text_bytes)
    finally:
        progress.close()
    commit(finished=True)
    return text_bytes
