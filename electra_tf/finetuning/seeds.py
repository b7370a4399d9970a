"""A run per seed and fold, and what they come to.

OUTPUT/seed-0/ ...          as run.py says; with folds OUTPUT/fold-0/seed-0/ ...
OUTPUT/results.json         scores of the seeds given last, mean and standard deviation
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from electra_tf import files, lock
from electra_tf.finetuning.plan import Plan
from electra_tf.finetuning.run import Result, Run
from electra_tf.finetuning.run_files import FORMATS
from electra_tf.training.preemption import Preemption
from electra_tf.training.strategy import hosts


def run(
    plans: Mapping[str, Plan],
    output: str,
    seeds: Sequence[int],
    strategy: tf.distribute.Strategy,
    formats: Sequence[str] = (),
    overwrite: bool = False,
) -> dict[str, Any]:
    """Fine-tunes once per seed and plan; runs that have ended are not run again.

    Args:
        plans: of the folds, or one, by the names of their directories.
        output: directory; one of another plan is refused.
        seeds: of the head, the order of the examples and dropout.
        strategy: of the devices.
        formats: of the task models, some of `run_files.FORMATS`.
        overwrite: whether runs of another plan are replaced.

    Returns:
        What results.json holds.

    Raises:
        ValueError: the output holds other runs, the batch doesn't divide, or there
            are several workers.
        FloatingPointError: a training diverged.
        Stopped: by a signal.
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
            f"TF_CONFIG names {workers} workers: a fine-tuning is of one process, with "
            "all its GPUs. Unset it, and give each worker seeds and an --output of its "
            "own."
        )
    if unknown := set(formats) - set(FORMATS):
        raise ValueError(
            f"--formats={','.join(unknown)}: known are {', '.join(FORMATS)}."
        )
    places = {tf.io.gfile.join(output, name): plan for name, plan in plans.items()}
    with lock.exclusive(output) as held, Preemption(strategy) as preemption:
        results = {
            seed: [
                Run(
                    plan, place, seed, strategy, preemption, held, formats, overwrite
                ).result()
                for place, plan in places.items()
            ]
            for seed in seeds
        }
    summary = summarize(plans, results)
    files.write_json(tf.io.gfile.join(output, "results.json"), summary)
    return summary


def summarize(
    plans: Mapping[str, Plan], results: Mapping[int, Sequence[Result]]
) -> dict[str, Any]:
    """Mean and standard deviation (n - 1) over the seeds of each score.

    A seed's score is the mean over its folds, its time their sum.
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
        "model": _first(plans).source.path,
        "checkpoint": _first(plans).source.checkpoint,
        "folds": len(plans),
        "seeds": list(results),
        "seconds": float(np.mean(seconds)),
        "scores": {
            split: {name: _spread(results, split, name) for name in of_split}
            for split, of_split in names.items()
        },
        "runs": runs,
    }


def _first(plans: Mapping[str, Plan]) -> Plan:
    return next(iter(plans.values()))


def _spread(
    results: Mapping[int, Sequence[Result]], split: str, name: str
) -> dict[str, float]:
    values = [
        float(np.mean([one.scores[split][name] for one in of_seed]))
        for of_seed in results.values()
    ]
    deviation = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return {"mean": float(np.mean(values)), "sd": deviation}
