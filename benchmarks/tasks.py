"""The table of tasks: a pre-trained encoder beside the same one from random weights.

python -m benchmarks.tasks --tasks=configs/tasks_es.toml --data=DIR \
    --model=runs/mini --output=runs/tasks [--only=ner,pos] [--seeds=0,1,2]

Each task is two calls of finetune.py, into OUTPUT/TASK/pretrained and .../random. The
same command again goes on where it was stopped; what has ended is only read.
"""

import dataclasses
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from typing import Any

import tensorflow as tf
from absl import flags, logging

from electra_tf import app, files

_FLAGS = flags.FLAGS
STARTS = {"pretrained": [], "random": ["--from_random"]}
"""Flags by where the encoder's weights are from."""


@dataclasses.dataclass
class Task:
    """A row of the table, as in the file of --tasks."""

    title: str
    score: str
    """One of those that finetune.py gives for this kind of task."""
    flags: list[str]


def read(path: str) -> dict[str, Task]:
    """The tasks by name.

    Raises:
        ValueError: the file is no such table.
    """
    with tf.io.gfile.GFile(path, "rb") as file:
        content = file.read()
    try:
        return {
            name: Task(**one) for name, one in tomllib.loads(content.decode()).items()
        }
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{path} is no file of tasks ({error}): each is [name] with title, score "
            "and flags."
        ) from error


def row(title: str, score: str, results: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Lines of the table: one, or one per test file.

    Args:
        title: of the task.
        score: which is shown.
        results: of finetune.py, by `STARTS`.
    """
    splits = [name for name in results["pretrained"]["scores"] if name != "dev"]
    lines = []
    for split in splits or ["dev"]:
        cells = [
            f"{100 * result['scores'][split][score]['mean']:.1f} ± "
            f"{100 * result['scores'][split][score]['sd']:.1f}"
            for result in results.values()
        ]
        where = "dev" if not splits else split.removeprefix("test").strip()
        minutes = results["pretrained"]["seconds"] / 60
        name = f"{title} ({where})" if where else title
        lines.append(f"| {name} | {score} | {' | '.join(cells)} | {minutes:.1f} min |")
    return lines


def main(_) -> None:
    """Runs what is missing, and prints the table."""
    tasks = read(_FLAGS.tasks)
    chosen = _FLAGS.only or list(tasks)
    if unknown := set(chosen) - set(tasks):
        raise ValueError(
            f"--only={','.join(unknown)}: {_FLAGS.tasks} has {', '.join(tasks)}."
        )
    lines = [
        f"| task | score, {len(_FLAGS.seeds)} seeds | {' | '.join(STARTS)} | a run |",
        "|--|--|--|--|--|",
    ]
    for name in chosen:
        task = tasks[name]
        results = {start: _result(name, task, start) for start in STARTS}
        lines += row(task.title, task.score, results)
        print(lines[-1], flush=True)
    table = "\n".join(lines) + "\n"
    path = tf.io.gfile.join(_FLAGS.output, "table.md")
    files.write(path, table)
    print(f"\n{table}\nWritten to {path}.")


def _result(name: str, task: Task, start: str) -> dict[str, Any]:
    output = tf.io.gfile.join(_FLAGS.output, name, start)
    command = [
        sys.executable,
        "finetune.py",
        f"--model={_FLAGS.model}",
        f"--output={output}",
        f"--seeds={','.join(_FLAGS.seeds)}",
        "--formats=",
        *STARTS[start],
        *(flag.replace("{data}", _FLAGS.data) for flag in task.flags),
    ]
    logging.info("%s", " ".join(command))
    subprocess.run(command, check=True)
    return files.read_json(tf.io.gfile.join(output, "results.json"), dict[str, Any])


if __name__ == "__main__":
    flags.DEFINE_string("tasks", "configs/tasks_es.toml", "What is fine-tuned.")
    flags.DEFINE_string("data", None, "Directory of the tasks' files.", required=True)
    flags.DEFINE_string("model", None, "As of finetune.py.", required=True)
    flags.DEFINE_string("output", None, "Directory of all runs.", required=True)
    flags.DEFINE_list("only", [], "Some of the tasks; else all.")
    flags.DEFINE_list("seeds", ["0", "1", "2"], "As of finetune.py.")
    app.run(main)
