"""Effect of single changes of a pre-training on its metrics and on fine-tuned tasks.

python -m benchmarks.ablations --corpus='corpus/*.txt.gz' --data=DIR \
    --output=runs/ablations [--only=cased,full] [--seeds=0,1] [--config.FIELD=VALUE]

Shards are made once per kind of text, a pre-training for each change and seed, and from
each the tasks are fine-tuned once, and judged on dev: tests are for what was chosen.
The same command again goes on where it was stopped.
"""

import dataclasses
import enum
import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from absl import flags
from ml_collections import config_flags

from benchmarks import tasks
from electra_tf import cli
from electra_tf.config import Config
from electra_tf.pretraining.workdir import Workdir

_FLAGS = flags.FLAGS
BASE = "base"
"""Name of the unchanged configuration."""
METRICS = {
    "loss/generator": "masked LM",
    "discriminator/auc": "AUC",
    "discriminator/replaced_rate": "replaced",
}
"""Held-out metrics at the end of the run, computed with the change in place."""
NOTE = """\
Metrics are of each change's own vocabulary, masks and generator, and cannot be compared
where it changes one of them (a better generator lowers the AUC). Scores of tasks can:
dev, in percent, in brackets the mean of the differences from the first row seed by
seed. ± is the standard deviation over the seeds."""


@dataclasses.dataclass
class Change:
    """One change, as described in the file of --changes."""

    title: str
    prepare: list[str] = dataclasses.field(default_factory=list)
    pretrain: list[str] = dataclasses.field(default_factory=list)


def spread(values: Sequence[float], digits: int, sign: str = "") -> str:
    """Mean and standard deviation (n - 1) of several values."""
    mean = f"{np.mean(values):{sign}.{digits}f}"
    if len(values) < 2:
        return mean
    return f"{mean} ± {np.std(values, ddof=1):.{digits}f}"


def row(
    title: str,
    readings: Sequence[dict[str, Any]],
    scores: Sequence[Sequence[float]],
    base: Sequence[Sequence[float]] | None,
) -> str:
    """Formats a line of the table.

    Args:
        title: of the change.
        readings: the last held-out one of each seed.
        scores: of each task, in percent, by seed.
        base: as `scores`, without the change: in brackets is the mean of the
            differences seed by seed, and their spread. None for the base itself.
    """
    cells = [spread([one[tag] for one in readings], 4) for tag in METRICS]
    for index, ours in enumerate(scores):
        cell = spread(ours, 1)
        if base is not None:
            gains = np.subtract(ours, base[index]).tolist()
            cell += f" ({spread(gains, 1, '+')})"
        cells.append(cell)
    return f"| {title} | {' | '.join(cells)} |"


def main(_) -> None:
    """Runs what has not been run yet, and prints the table."""
    config = cli.config_of(_FLAGS["config"])
    changes = tasks.read(_FLAGS.changes, Change)
    chosen = tasks.select(changes, [BASE]) | tasks.select(changes, _FLAGS.only)
    judged = tasks.select(tasks.read(_FLAGS.tasks, tasks.TaskRow), _FLAGS.tasks_only)
    titles = [*METRICS.values(), *(task.title for task in judged.values())]
    corner = f"{config.num_train_steps:,} steps, {len(_FLAGS.seeds)} seeds"
    lines = [f"| {corner} | {' | '.join(titles)} |", "|" + "--|" * (len(titles) + 1)]
    base: list[tuple[float, ...]] | None = None
    for name, change in chosen.items():
        readings, by_seed = [], []
        for seed in _FLAGS.seeds:
            workdir = _pretrain(name, change, config, seed)
            readings.append(workdir.readings("eval")[-1])
            by_seed.append(
                [_score(*one, workdir, config, seed) for one in judged.items()]
            )
        scores = list(zip(*by_seed, strict=True))
        lines.append(row(change.title, readings, scores, base))
        print(lines[-1], flush=True)
        base = base or scores
    tasks.write_table(_FLAGS.output, lines, [NOTE])


def overrides() -> list[str]:
    """The fields of --config that the command line sets, as flags."""
    return [
        f"--config.{path}={value.name if isinstance(value, enum.Enum) else value}"
        for path, value in config_flags.get_override_values(_FLAGS["config"]).items()
    ]


def _pretrain(name: str, change: Change, config: Config, seed: str) -> Workdir:
    prepare = [
        f"--corpus={_FLAGS.corpus}",
        *[f"--valid_corpus={_FLAGS.valid_corpus}"] * bool(_FLAGS.valid_corpus),
        f"--vocab_size={_FLAGS.vocab_size}",
        f"--max_seq_length={config.data.max_seq_length}",
        *change.prepare,
    ]
    kind = hashlib.sha256(" ".join(prepare).encode()).hexdigest()[:8]
    data = tf.io.gfile.join(_FLAGS.output, f"data-{kind}")
    if not tf.io.gfile.exists(data):
        tasks.run("prepare.py", *prepare, f"--output={data}")
    workdir = Workdir(tf.io.gfile.join(_FLAGS.output, name, f"seed-{seed}"))
    tasks.run(
        "pretrain.py",
        f"--config={config_flags.get_config_filename(_FLAGS['config'])}",
        *overrides(),
        f"--config.data.directory={data}",
        f"--config.seed={seed}",
        f"--workdir={workdir.path}",
        *change.pretrain,
    )
    return workdir


def _score(
    name: str, task: tasks.TaskRow, workdir: Workdir, config: Config, seed: str
) -> float:
    output = tf.io.gfile.join(workdir.path, "tasks", name)
    # Later positions have no trained row.
    length = f"--config.max_seq_length={config.data.max_seq_length}"
    result = tasks.finetune(task, workdir.path, output, [seed], _FLAGS.data, [length])
    return 100 * result["scores"]["dev"][task.score]["mean"]


if __name__ == "__main__":
    flags.DEFINE_string(
        "changes", "configs/ablations_es.toml", "TOML file of the changes."
    )
    with cli.known_fields(Config()):
        config_flags.DEFINE_config_file(
            "config", "configs/mini_short.py", "Configuration of the unchanged run."
        )
    flags.DEFINE_string("corpus", None, "--corpus of prepare.py.", required=True)
    flags.DEFINE_string("valid_corpus", "", "--valid_corpus of prepare.py.")
    flags.DEFINE_integer("vocab_size", 8192, "--vocab_size of prepare.py.")
    flags.DEFINE_string("tasks", "configs/tasks_es.toml", "TOML file of the tasks.")
    flags.DEFINE_list("tasks_only", ["ud", "ner"], "Tasks to fine-tune.")
    flags.DEFINE_string("data", None, "Directory of the tasks' files.", required=True)
    flags.DEFINE_string("output", None, "Directory of all runs.", required=True)
    flags.DEFINE_list("only", [], "Changes to run; default: all.")
    flags.DEFINE_list("seeds", ["0", "1", "2"], "Seeds of the pre-trainings.")
    cli.run(main)
