"""Fine-tunes a list of tasks, from a pre-trained encoder and from random weights.

python -m benchmarks.tasks --tasks=configs/tasks_es.toml --data=DIR \
    --model=runs/mini --output=runs/tasks [--only=ner,pos] [--seeds=0,1,2]

Each task is two calls of finetune.py, into OUTPUT/TASK/pretrained and .../random, which
differ only in the weights. The score in the table also selects the best epoch. The same
command resumes a stopped run; complete runs are only read.
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
"""Flags for each column of the table."""


@dataclasses.dataclass
class TaskRow:
    """A row of the table, as the file of --tasks defines it."""

    title: str
    score: str
    """Name of the score to show, one of the task's."""
    flags: list[str]
    """Flags of finetune.py; {data} is the directory of --data."""


def read(path: str, kind: type[T]) -> dict[str, T]:
    """Reads the tables of a TOML file, by name.

    Raises:
        ValueError: the file is no TOML, or a table's fields are not those of `kind`.
    """
    try:
        tables = tomllib.loads(files.read(path))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path} is no TOML: {error}.") from error
    return {
        name: files.parse_json(json.dumps(table), kind, f"{path}: [{name}]")
        for name, table in tables.items()
    }


def select(values: Mapping[str, T], names: Sequence[str]) -> dict[str, T]:
    """Returns the values of the given names, or all if none is given.

    Raises:
        ValueError: a name is unknown.
    """
    if unknown := set(names) - values.keys():
        raise ValueError(
            f"There is no {', '.join(unknown)}: choose among {', '.join(values)}."
        )
    return {name: values[name] for name in names or values}


def shown_splits(result: Mapping[str, Any]) -> list[str]:
    """The splits of a results.json to show: the tests, or dev without any test."""
    return [name for name in result["scores"] if name != "dev"] or ["dev"]


def row(title: str, score: str, results: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Returns the lines of a task: one per test file.

    Args:
        title: name of the task.
        score: name of the score to show.
        results: content of results.json for each of `STARTS`.
    """
    lines = []
    for split in shown_splits(results["pretrained"]):
        cells = [_cell(result, split, score) for result in results.values()]
        file = split.removeprefix("test").strip()
        minutes = results["pretrained"]["seconds"] / 60
        name = f"{title} ({file})" if file else title
        lines.append(f"| {name} | {score} | {' | '.join(cells)} | {minutes:.1f} min |")
    return lines


def overlap_notes(title: str, result: Mapping[str, Any]) -> list[str]:
    """Returns a sentence for each shown split with examples that are in train too."""
    return [
        f"{title}: {number:,} of {int(result['examples'][split].split()[0]):,} "
        f"examples of {split} are in train too."
        for split, number in result["shared_with_train"].items()
        if number and split in shown_splits(result)
    ]


def _cell(result: Mapping[str, Any], split: str, score: str) -> str:
    value = result["scores"][split][score]
    deviation = f" ± {100 * value['sd']:.1f}" if len(result["seeds"]) > 1 else ""
    return f"{100 * value['mean']:.1f}{deviation}"


def main(_) -> None:
    """Runs what is not complete, and prints the table."""
    lines = [
        f"| task, {len(_FLAGS.seeds)} seeds | score | {' | '.join(STARTS)} | time |",
        "|--|--|--|--|--|",
    ]
    footnotes: list[str] = []
    for name, task in select(read(_FLAGS.tasks, TaskRow), _FLAGS.only).items():
        directory = tf.io.gfile.join(_FLAGS.output, name)
        results = {
            start: finetune(
                task,
                _FLAGS.model,
                tf.io.gfile.join(directory, start),
                _FLAGS.seeds,
                _FLAGS.data,
                [*more, f"--config.layerwise_decay={_FLAGS.layerwise_decay}"],
            )
            for start, more in STARTS.items()
        }
        rows = row(task.title, task.score, results)
        print("\n".join(rows), flush=True)
        lines += rows
        footnotes += overlap_notes(task.title, results["pretrained"])
    write_table(_FLAGS.output, lines, footnotes)


def write_table(directory: str, lines: Sequence[str], notes: Sequence[str]) -> None:
    """Writes and prints table.md: the table and paragraphs below it."""
    table = "\n\n".join(["\n".join(lines), *notes]) + "\n"
    path = tf.io.gfile.join(directory, "table.md")
    files.write(path, table)
    print(f"\n{table}\nWritten to {path}.")


def run(*command: str) -> None:
    """Runs an entry point, and exits if it fails or a signal stops it.

    Signals are passed on, so that the entry point saves before it ends.
    """
    logging.info("%s", " ".join(command))
    received: list[int] = []
    before = {
        number: signal.signal(number, lambda one, _: received.append(one))
        for number in signals.heeded()
    }
    try:
        # In its own session, or Ctrl-C would reach it twice.
        process = subprocess.Popen([sys.executable, *command], start_new_session=True)
        passed_on = 0
        while process.poll() is None:
            for number in received[passed_on:]:
                passed_on += 1
                process.send_signal(number)
            time.sleep(0.1)
    finally:
        signals.restore(before)
    if received or process.returncode:
        code = process.returncode
        sys.exit(code if code > 0 else 128 + (received[0] if received else -code))


def finetune(
    task: TaskRow,
    model: str,
    output: str,
    seeds: Sequence[str],
    data: str,
    more: Sequence[str] = (),
) -> dict[str, Any]:
    """Calls finetune.py, and returns the content of its results.json.

    Args:
        task: to train.
        model: --model of finetune.py.
        output: directory of the runs.
        seeds: --seeds of finetune.py.
        data: value of {data} in the task's flags.
        more: further flags.
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
    flags.DEFINE_string("tasks", "configs/tasks_es.toml", "TOML file of the tasks.")
    flags.DEFINE_string("data", None, "Directory of the tasks' files.", required=True)
    flags.DEFINE_string("model", None, "--model of finetune.py.", required=True)
    flags.DEFINE_string("output", None, "Directory of all runs.", required=True)
    flags.DEFINE_list("only", [], "Tasks to run; else all.")
    flags.DEFINE_list("seeds", ["0", "1", "2"], "Random seeds.")
    flags.DEFINE_float(
        "layerwise_decay", 1.0, "For both starts: below 1, random layers hardly learn."
    )
    cli.run(main)
