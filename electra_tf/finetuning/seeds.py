"""A run per seed, and what they come to.

OUTPUT/seed-0/ ...     as run.py says
OUTPUT/results.json    scores of the seeds given last, mean and standard deviation
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from electra_tf import files, lock
from electra_tf.finetuning.plan import Plan
from electra_tf.finetuning.run import Result, Run
from electra_tf.training.preemption import Preemption


def run(
    plan: Plan, output: str, seeds: Sequence[int], strategy: tf.distribute.Strategy
) -> dict[str, Any]:
    """Fine-tunes once per seed; runs that have ended are not run again.

    Args:
        plan: of the runs.
        output: directory; one of another plan is refused.
        seeds: of the head, the order of the examples and dropout.
        strategy: of the devices.

    Returns:
        What results.json holds.

    Raises:
        ValueError: the output holds other runs, or the batch doesn't divide.
        Stopped: by a signal.
    """
    if plan.config.batch_size % strategy.num_replicas_in_sync:
        raise ValueError(
            f"config.batch_size={plan.config.batch_size} is not divisible by "
            f"{strategy.num_replicas_in_sync} replicas: use a multiple."
        )
    with lock.exclusive(output), Preemption(strategy) as preemption:
        results = {
            seed: Run(plan, output, seed, strategy, preemption).result()
            for seed in seeds
        }
    summary = summarize(plan, results)
    files.write_json(tf.io.gfile.join(output, "results.json"), summary)
    return summary


def summarize(plan: Plan, results: Mapping[int, Result]) -> dict[str, Any]:
    """Mean and standard deviation (n - 1) over the seeds of each score."""
    summary: dict[str, Any] = {
        **plan.as_json(),
        "seconds": float(np.mean([result.seconds for result in results.values()])),
        "seeds": {seed: dataclasses.asdict(one) for seed, one in results.items()},
    }
    for split in ("dev", "test"):
        rows = [getattr(result, split) for result in results.values()]
        summary[split] = {
            name: {
                "mean": float(np.mean([row[name] for row in rows])),
                "sd": float(np.std([row[name] for row in rows], ddof=1))
                if len(rows) > 1
                else 0.0,
            }
            for name in rows[0]
        }
    return summary
