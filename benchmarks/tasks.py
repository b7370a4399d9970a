"""The table of tasks: a pre-trained encoder beside the same one from random weights.

python -m benchmarks.tasks --tasks=configs/tasks_es.toml --data=DIR \
    --model=runs/mini --output=runs/tasks [--only=ner,pos] [--seeds=0,1,2]

Each task is two calls of finetune.py, into OUTPUT/TASK/pretrained and .../random, alike
but for the weights. The score that is shown chooses the epoch. The same command again
goes on where it was stopped; what has ended is only read.
"""

import dataclasses
import json
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import tensorflow as tf
from absl import flags, logging

from electra_tf import cli, files, signals

_FLAGS = flags.FLAGS
T = TypeVar("T")
STARTS: dict[str, list[str]] = {
    "pretrained": [],
    "random": ["--from_random"],
}
"""Flags by where the encoder's weights are from."""


@dataclasses.dataclass
class Task:
    """A row of the table, as in the file of --tasks."""

    title: str
    score: str
    """One of those that finetune.py gives for this kind of task."""
    flags: list[str]


def read(path: str, kind: type[T]) -> dict[str, T]:
    """The tables of a TOML file, by name.

    Raises:
        ValueError: it is no TOML, or a table has other fields than `kind`.
    """
    try:
        tables = tomllib.loads(files.read(path))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path} is no TOML: {error}.") from error
    return {
        name: files.parse_json(json.dumps(table), kind, f"{path}: [{name}]")
        for name, table in tables.items()
    }


def some(found: Mapping[str, T], names: Sequence[str]) -> dict[str, T]:
    """Those of some names; all of them without a name.

    Raises:
        ValueError: there is no such name.
    """
    if unknown := set(names) - found.keys():
        raise ValueError(f"There is no {', '.join(unknown)}: give {', '.join(found)}.")
    return {name: found[name] for name in names or found}


def judged(result: Mapping[str, Any]) -> list[str]:
    """The splits of a results.json that count: the tests, or dev for want of them."""
    return [name for name in result["scores"] if name != "dev"] or ["dev"]


def row(title: str, score: str, results: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Lines of the table: one, or one per test file.

    Args:
        title: of the task.
        score: which is shown.
        results: of finetune.py, by `STARTS`.
    """
    lines = []
    for split in judged(results["pretrained"]):
        cells = [_cell(result, split, score) for result in results.values()]
        where = split.removeprefix("test").strip()
        minutes = results["pretrained"]["seconds"] / 60
        name = f"{title} ({where})" if where else title
        lines.append(f"| {name} | {score} | {' | '.join(cells)} | {minutes:.1f} min |")
    return lines


def shared(title: str, result: Mapping[str, Any]) -> list[str]:
    """Says of which splits that are judged examples stand in train too."""
    return [
        f"{title}: {number:,} of {int(result['examples'][split].split()[0]):,} "
        f"examples of {split} stand in train too."
        for split, number in result["shared_with_train"].items()
        if number and split in judged(result)
    ]


def _cell(result: Mapping[str, Any], split: str, score: str) -> str:
    found = result["scores"][split][score]
    deviation = f" ± {100 * found['sd']:.1f}" if len(result["seeds"]) > 1 else ""
    return f"{100 * found['mean']:.1f}{deviation}"


def main(_) -> None:
    """Runs what is missing, and prints the table."""
    lines = [
        f"| task, {len(_FLAGS.seeds)} seeds | score | {' | '.join(STARTS)} | a run |",
        "|--|--|--|--|--|",
    ]
    footnotes: list[str] = []
    for name, task in some(read(_FLAGS.tasks, Task), _FLAGS.only).items():
        place = tf.io.gfile.join(_FLAGS.output, name)
        results = {
            start: finetune(
                task,
                _FLAGS.model,
                tf.io.gfile.join(place, start),
                _FLAGS.seeds,
                _FLAGS.data,
                [*more, f"--config.layerwise_decay={_FLAGS.layerwise_decay}"],
            )
            for start, more in STARTS.items()
        }
        made = row(task.title, task.score, results)
        print("\n".join(made), flush=True)
        lines += made
        footnotes += shared(task.title, results["pretrained"])
    write_table(_FLAGS.output, lines, footnotes)


def write_table(directory: str, lines: Sequence[str], notes: Sequence[str]) -> None:
    """Writes and shows table.md: the table, and paragraphs under it."""
    table = "\n\n".join(["\n".join(lines), *notes]) + "\n"
    path = tf.io.gfile.join(directory, "table.md")
    files.write(path, table)
    print(f"\n{table}\nWritten to {path}.")


def run(*command: str) -> None:
    """Runs one of the entry points, which says by itself what it does.

    A signal is passed on, so that what runs saves, and ends as that does.
    """
    logging.info("%s", " ".join(command))
    came: list[int] = []
    before = {
        number: signal.signal(number, lambda got, _: came.append(got))
        for number in signals.heeded()
    }
    try:
        # In a session of its own: Ctrl-C would reach it twice.
        process = subprocess.Popen([sys.executable, *command], start_new_session=True)
        passed_on = 0
        while process.poll() is None:
            for number in came[passed_on:]:
                passed_on += 1
                process.send_signal(number)
            time.sleep(0.1)
    finally:
        signals.restore(before)
    if came or process.returncode:
        code = process.returncode
        sys.exit(code if code > 0 else 128 + (came[0] if came else -code))


def finetune(
    task: Task,
    model: str,
    output: str,
    seeds: Sequence[str],
    data: str,
    more: Sequence[str] = (),
) -> dict[str, Any]:
    """Calls finetune.py, and returns its results.json.

    Args:
        task: to learn.
        model: as of finetune.py.
        output: directory of the runs.
        seeds: as of finetune.py.
        data: that stands for {data} in the task's flags.
        more: flags.
    """
    run(
        "finetune.py",
        f"--model={model}",
        f"--output={output}",
        f"--seeds={','.join(seeds)}",
        f"--metric={task.score}",
        "--formats=",
        *more,
        *(flag.replace("{data}", data) for flag in task.flags),
    )
    return files.read_json(tf.io.gfile.join(output, "results.json"), dict[str, Any])


if __name__ == "__main__":
    flags.DEFINE_string("tasks", "configs/tasks_es.toml", "What is fine-tuned.")
    flags.DEFINE_string("data", None, "Directory of the tasks' files.", required=True)
    flags.DEFINE_string("model", None, "As of finetune.py.", required=True)
    flags.DEFINE_string("output", None, "Directory of all runs.", required=True)
    flags.DEFINE_list("only", [], "Some of the tasks; else all.")
    flags.DEFINE_list("seeds", ["0", "1", "2"], "As of finetune.py.")
    flags.DEFINE_float(
        "layerwise_decay", 1.0, "Of both starts: below 1, random layers stay random."
    )
    cli.run(main)
