"""The readings of a training: TensorBoard's event files, and the same as JSON lines.

train/  eval/   event files
metrics.jsonl   {"step", "split", tag: value, ...}, a line per reading
"""

import json
import math
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from electra_tf import files

METRICS_NAME = "metrics.jsonl"


class Writer:
    """Writes the readings of a split to its event files and to metrics.jsonl.

    Args:
        path: working directory.
        split: "train" or "eval".
        descriptions: descriptions of scalars by their tags, for TensorBoard.
    """

    def __init__(
        self, path: str, split: str, descriptions: Mapping[str, str] | None = None
    ) -> None:
        self._split = split
        self._descriptions = descriptions or {}
        self._directory = tf.io.gfile.join(path, split)
        self._lines = tf.io.gfile.join(path, METRICS_NAME)
        self.events = tf.summary.create_file_writer(self._directory)

    def sync(self) -> None:
        """Waits until all readings are on the disk."""
        self.events.flush()
        files.sync_tree(self._directory)
        if tf.io.gfile.exists(self._lines):
            files.sync(self._lines)

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Writes scalars under their tags."""
        with self.events.as_default(step):
            for tag, value in values.items():
                description = self._descriptions.get(tag)
                tf.summary.scalar(tag, value, description=description)
        self.events.flush()
        line = json.dumps({"step": step, "split": self._split, **values})
        files.append_line(self._lines, line)

    def text(self, step: int, tag: str, markdown: str) -> None:
        """Writes Markdown, such as a table."""
        with self.events.as_default(step):
            tf.summary.text(tag, markdown)

    def close(self) -> None:
        """Flushes and closes the event file."""
        self.events.close()


def read(path: str, split: str) -> list[dict[str, Any]]:
    """The complete readings of a split in a working directory, in order."""
    lines = map(_parsed, _lines(path))
    return [line for line in lines if line and line["split"] == split]


def drop_after(path: str, step: int) -> None:
    """Removes the readings from a working directory that a resume will repeat."""
    lines = _lines(path)
    kept = [line for line in lines if _parsed(line).get("step", math.inf) <= step]
    if len(kept) < len(lines):
        files.write(tf.io.gfile.join(path, METRICS_NAME), "".join(kept))


def _lines(path: str) -> list[str]:
    path = tf.io.gfile.join(path, METRICS_NAME)
    if not tf.io.gfile.exists(path):
        return []
    return files.read(path).splitlines(keepends=True)


def _parsed(line: str) -> dict[str, Any]:
    """Parses a reading; {} for a truncated line."""
    try:
        return json.loads(line)
    except json.JSONDecodeError:
        return {}
