"""Time that a training spends around its steps: metrics, event files, checkpoints.

python -m benchmarks.loop --config=configs/mini.py --config.data.directory=runs/data
python -m benchmarks.loop --config=configs/small.py --config.data.directory=runs/data \
    --steps=12 --steps_per_loop=2

The second form measures each event in a few long steps, with a reading after every loop
and a checkpoint after every second one, and reckons their share at the intervals of the
config.
"""

import collections
import copy
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import tensorflow as tf
from absl import flags
from ml_collections import config_flags

from benchmarks import processes
from electra_tf import cli, files
from electra_tf.config import Config
from electra_tf.console import aligned
from electra_tf.pretraining import loop, metric_sums, step
from electra_tf.pretraining.evaluation import Evaluator
from electra_tf.pretraining.log import Log
from electra_tf.pretraining.metric_sums import Accumulator, MetricSums
from electra_tf.pretraining.workdir import Workdir
from electra_tf.quantities import ratio
from electra_tf.training.checkpoints import Checkpoints

_FLAGS = flags.FLAGS

PLACES: dict[str, list[tuple[Any, str]]] = {
    "device loop": [(step.Step, "train")],
    "taking the counts": [(Accumulator, "take")],
    "reading": [(Log, "training")],
    "checkpoint": [(Checkpoints, "save")],
    "evaluation": [(Evaluator, "sums")],
    "held-out reading": [(Log, "held_out")],
}
"""Functions that are timed in a training."""


def main(_) -> None:
    """Trains with and without counting the metrics, in turns."""
    config = cli.config_of(_CONFIG)
    short = shortened(config, _FLAGS.steps, _FLAGS.steps_per_loop)
    results: dict[bool, list[dict[str, float]]] = {True: [], False: []}
    for repeat in range(_FLAGS.repeats):
        for counting, measured in results.items():
            result, _ = processes.alone(train, short, counting)
            measured.append(result)
            print(
                f"{repeat + 1}/{_FLAGS.repeats}  counting={counting}: "
                f"{result['step']:.4f} s per step",
                file=sys.stderr,
            )
    numbers = {
        name: statistics.median(result[name] for result in results[True])
        for name in results[True][0]
    }
    # The least, for what else runs on the machine only ever adds.
    counted, bare = (min(r["step"] for r in results[key]) for key in (True, False))
    numbers |= {"counting": counted - bare, "bare step": bare}
    print(table(numbers, config, short))
    if _FLAGS.output:
        files.write_json(_FLAGS.output, {"numbers": numbers, "runs": results[True]})


def shortened(config: Config, steps: int, steps_per_loop: int) -> Config:
    """Makes the configuration of the run that is timed."""
    short = copy.deepcopy(config)
    short.num_train_steps = steps
    if steps_per_loop:
        short.steps_per_loop = short.log_every = steps_per_loop
        short.checkpoint_every = 2 * steps_per_loop
        short.eval_every = 0
    return short


def train(config: Config, counting: bool) -> dict[str, float]:
    """Times one training from its first device loop on.

    Returns:
        Median seconds of each event; "step" in the device loops; "tracing", once;
        "outside", the seconds that are in no device loop and no evaluation, as a share
        of those in device loops.
    """
    seconds: dict[str, list[float]] = collections.defaultdict(list)
    ends: list[float] = []
    busy = False

    def timed(stage: str, function: Any) -> Callable:
        def wrapper(self: Any, *args: Any) -> Any:
            nonlocal busy
            call = function.__get__(self, type(self))
            if busy:  # A part of what is timed already.
                return call(*args)
            busy = True
            start = time.perf_counter()
            result = call(*args)
            ends.append(time.perf_counter())
            seconds[stage].append(ends[-1] - start)
            busy = False
            return result

        return wrapper

    for stage, places in PLACES.items():
        for owner, name in places:
            setattr(owner, name, timed(stage, getattr(owner, name)))
    if not counting:
        step.metric_sums.count = uncounted  # type: ignore[assignment]
    with tempfile.TemporaryDirectory() as directory:
        loop.train(config, Workdir(f"{directory}/run"), tf.distribute.get_strategy())
    total = time.perf_counter() - ends[0]
    first, *loops = seconds.pop("device loop")
    evaluation = seconds.pop("evaluation", []), seconds.pop("held-out reading", [])
    inside = sum(loops)
    around = total - inside - sum(map(sum, evaluation))
    return {
        "step": statistics.median(loops) / config.steps_per_loop,
        "tracing": first - statistics.median(loops),
        **{stage: statistics.median(values) for stage, values in seconds.items()},
        "evaluation": sum(statistics.median(values) for values in evaluation if values),
        "rest of the loop": (around - sum(map(sum, seconds.values()))) / len(loops),
        "outside": ratio(around, inside),
    }


def uncounted(*_: Any) -> MetricSums:
    """Zeros in place of the counts of a batch."""
    return MetricSums(*(tf.zeros(value.shape) for value in metric_sums.zeros()))


def table(numbers: dict[str, float], config: Config, short: Config) -> str:
    """Shares of the bare step: computed for the config's intervals, and as measured."""
    bare = numbers["bare step"]
    intervals = {
        "counting": 1,
        "taking the counts": config.steps_per_loop,
        "rest of the loop": config.steps_per_loop,
        "reading": config.log_every,
        "checkpoint": config.checkpoint_every,
    }
    shares = {
        name: numbers[name] / every / bare for name, every in intervals.items() if every
    }
    rows = [("", "seconds", "every, steps", "share of the step")]
    rows.append(("bare step", f"{bare:.4f}", "1", ""))
    rows += [
        (name, f"{numbers[name]:.4f}", str(intervals[name]), f"{share:.3%}")
        for name, share in shares.items()
    ]
    rows.append(("all of these", "", "", f"{sum(shares.values()):.2%}"))
    measured = f"measured outside the device loops, {short.num_train_steps} steps"
    rows.append((measured, "", "", f"{numbers['outside']:.2%}"))
    rows.append(("tracing", f"{numbers['tracing']:.1f}", "once", ""))
    if numbers["evaluation"]:
        share = f"{numbers['evaluation'] / config.eval_every / bare:.2%}"
        seconds = f"{numbers['evaluation']:.1f}"
        rows.append(("evaluation, beside", seconds, str(config.eval_every), share))
    return aligned(rows, "lr")


if __name__ == "__main__":
    # Here, for a test imports the functions beside those of other benchmarks.
    _CONFIG = config_flags.DEFINE_config_file(
        "config", help_string="Configuration file of the run."
    )
    flags.DEFINE_integer("steps", 1000, "Steps of each training.", lower_bound=2)
    flags.DEFINE_integer(
        "steps_per_loop", 0, "Steps per device loop; 0: all intervals as configured."
    )
    flags.DEFINE_integer("repeats", 1, "Trainings of each kind.", lower_bound=1)
    flags.DEFINE_string("output", "", "JSON file for the numbers.")
    cli.run(main)
