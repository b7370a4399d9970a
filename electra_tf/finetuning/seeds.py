"""Runs every seed and fold of a fine-tuning, and summarizes their scores.

OUTPUT/seed-0/ ...          files of a run, see `run`; OUTPUT/fold-0/seed-0/ with folds
OUTPUT/results.json         mean and standard deviation over the latest command's seeds
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from electra_tf import files, lock
from electra_tf.console import printable
from electra_tf.finetuning.exports import FORMATS
from electra_tf.finetuning.plan import FinetunePlan
from electra_tf.finetuning.run import FinetuneResult, FinetuneRun
from electra_tf.training.preemption import Preemption
from electra_tf.training.strategy import hosts


def parse(texts: Sequence[str]) -> list[int]:
    """Parses --seeds.

    Raises:
        ValueError: there is none, or one is repeated or no integer in [0, 2**31).
    """
    seeds = [int(text) for text in texts if text.strip().isdecimal()]
    if not seeds or len(seeds) < len(texts) or max(seeds) >= 2**31:
        raise ValueError(
            f"--seeds={','.join(texts)} must be integers from 0 to 2147483647, such as "
            "--seeds=0,1,2."
        )
    if len(set(seeds)) < len(seeds):
        raise ValueError(f"--seeds={','.join(texts)} has a seed twice: give it once.")
    return seeds


def run(
    plans: Mapping[str, FinetunePlan],
    output: str,
    seeds: Sequence[int],
    strategy: tf.distribute.Strategy,
    formats: Sequence[str] = (),
    overwrite: bool = False,
) -> dict[str, Any]:
    """Fine-tunes once per seed and plan; complete runs are not repeated.

    Args:
        plans: one per fold, by the names of their directories.
        output: directory of all runs.
        seeds: for the head's weights, the order of the examples and dropout.
        strategy: has the devices.
        formats: exports to write, see `exports.FORMATS`.
        overwrite: whether to replace runs of another plan.

    Returns:
        The content of results.json.

    Raises:
        ValueError: the output holds other runs, the batch size is not divisible by the
            replicas, or there are several workers.
        FloatingPointError: a training diverged.
        Stopped: a signal came.
    """
    batch_size = _first(plans).config.batch_size
    if batch_size % strategy.num_replicas_in_sync:
        raise ValueError(
            f"config.batch_size={batch_size} is not divisible by "
            f"{strategy.num_replicas_in_sync} replicas: use a multiple."
        )
    if (workers := hosts(strategy)) > 1 and not isinstance(
        strategy, tf.distribute.TPUStrategy
    ):
        raise ValueError(
            f"TF_CONFIG names {workers} workers, but fine-tuning runs in one process, "
            "on all its GPUs. Unset it, and give each worker its own --seeds and "
            "--output."
        )
    if unknown := set(formats) - set(FORMATS):
        raise ValueError(
            f"--formats={','.join(unknown)} must be among {', '.join(FORMATS)}."
        )
    directories = {tf.io.gfile.join(output, name): plan for name, plan in plans.items()}
    with lock.exclusive(output) as held, Preemption(strategy) as preemption:
        results = {
            seed: [
                FinetuneRun(
                    plan, parent, seed, strategy, preemption, held, formats, overwrite
                ).result()
                for parent, plan in directories.items()
            ]
            for seed in seeds
        }
    summary = summarize(plans, results)
    files.write_json(tf.io.gfile.join(output, "results.json"), summary)
    return summary


def summarize(
    plans: Mapping[str, FinetunePlan], results: Mapping[int, Sequence[FinetuneResult]]
) -> dict[str, Any]:
    """Mean and standard deviation (n - 1) of each score over the seeds.

    A seed's score is the mean over its folds; its time is their sum.
    """
    runs = [
        {"seed": seed, "fold": fold, **dataclasses.asdict(one)}
        for seed, of_seed in results.items()
        for fold, one in enumerate(of_seed)
    ]
    seconds = [sum(one.seconds for one in of_seed) for of_seed in results.values()]
    names = {
        split: list(scores)
        for split, scores in next(iter(results.values()))[0].scores.items()
    }
    return {
        **_first(plans).as_json(),
        "model": _first(plans).encoder.path,
        "checkpoint": _first(plans).encoder.checkpoint,
        "folds": len(plans),
        "seeds": list(results),
        "seconds": float(np.mean(seconds)),
        "scores": {
            split: {name: _spread(results, split, name) for name in of_split}
            for split, of_split in names.items()
        },
        "runs": runs,
    }


def table(summary: Mapping[str, Any]) -> str:
    """Mean ± standard deviation of each score, on dev and on each test.

    Args:
        summary: the value of `summarize`.
    """
    seeds, folds = len(summary["seeds"]), summary["folds"]
    title = f"{summary['task']}, {seeds} seed{'s' * (seeds > 1)}, "
    title += f"{folds} folds, " * (folds > 1) + f"{summary['seconds']:.0f} s each"
    scores = summary["scores"]
    splits = [printable(split) for split in scores]  # Names of test files.
    widths = [max(17, len(split) + 2) for split in splits]
    names = zip(splits, widths, strict=True)
    lines = [title, " " * 18 + "".join(f"{name:>{width}}" for name, width in names)]
    for name in scores["dev"]:
        cells = zip(scores.values(), widths, strict=True)
        line = "".join(
            f"{_cell(split[name], seeds):>{width}}" for split, width in cells
        )
        lines.append(f"{name:<18}{line}")
    return "\n".join(lines)


def _cell(score: Mapping[str, float], seeds: int) -> str:
    return f"{score['mean']:.4f}" + f" ± {score['sd']:.4f}" * (seeds > 1)


def _first(plans: Mapping[str, FinetunePlan]) -> FinetunePlan:
    return next(iter(plans.values()))


def _spread(
    results: Mapping[int, Sequence[FinetuneResult]], split: str, name: str
) -> dict[str, float]:
    values = [
        float(np.mean([one.scores[split][name] for one in of_seed]))
        for of_seed in results.values()
    ]
    deviation = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return {"mean": float(np.mean(values)), "sd": deviation}
