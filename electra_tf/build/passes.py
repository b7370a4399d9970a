"""One pass over the corpus: every block through a stage, the results into a journal.

A pass that was interrupted continues after the last commit.
"""

import collections
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from electra_tf.build.journal import Journal
from electra_tf.build.stages import Marks
from electra_tf.build.workers import Stage, Workers
from electra_tf.corpus.documents import Source
from electra_tf.progress import Progress


class Writer(Protocol):
    """Appends the results of a stage to a journal."""

    def append(self, result: Any, /) -> int:
        """Appends the result of the next block; returns the block's bytes of text."""

    def state(self) -> dict[str, Any]:
        """What another writer needs to continue."""


def run(
    sources: Sequence[tuple[Source, str]],
    make: Callable[[Any], Stage],
    writer: Writer,
    journal: Journal,
    workers: Workers,
    marks: Iterator[Marks] | None = None,
    what: str = "MB of text",
) -> int:
    """Puts every block that is left through a stage, and commits the results.

    Args:
        sources: the corpus, each source with its split.
        make: makes the stage; called in each process.
        writer: appends the results to the journal, in the order of the blocks.
        journal: says where to continue.
        workers: the processes.
        marks: the stage's last argument for each block of the corpus, if it takes one.
        what: unit of the progress line.

    Returns:
        Bytes of text that this call has processed.
    """
    start = {"source": 0, "block": 0, "done": 0, "finished": False}
    start |= journal.state or {}
    if start["finished"]:
        return 0
    if marks:
        marks = itertools.islice(marks, start["done"], None)
    passed = sum(source.bytes for source, _ in sources[: start["source"]])
    position = passed
    in_process: collections.deque[tuple[int, int]] = collections.deque()
    """Source and block of each call whose result is not here yet."""

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
                in_process.append((index, number))
                yield (block, split, next(marks)) if marks else (block, split)
            before += source.bytes

    def commit(finished: bool) -> None:
        place = {"source": index, "block": number, "done": done, "finished": finished}
        journal.commit(place | writer.state())

    index, number, done = start["source"], start["block"], start["done"]
    text_bytes = 0
    total = sum(source.bytes for source, _ in sources)
    progress = Progress(total, what=what, start=passed)
    try:
        for result in workers.map(make, calls()):
            text_bytes += writer.append(result)
            index, number = in_process.popleft()
            done += 1
            if journal.is_due:
                commit(finished=False)
            progress.update(position, text_bytes)
    finally:
        progress.close()
    commit(finished=True)
    return text_bytes
