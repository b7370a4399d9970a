"""Seconds per training step: ours in each mode, beside PyTorch and the reference.

python -m benchmarks.step --config=configs/small.py --batch=32 --length=128
python -m benchmarks.step --peers=none --output=step.json --chart=step.svg

PyTorch and transformers must be there for `--peers=torch` (.venv-parity has them).
All of one precision are alive at the same time and take turns.
"""

import contextlib
import dataclasses
import pathlib
import statistics
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from absl import flags
from ml_collections import config_flags

# `python benchmarks/step.py` looks for modules beside this file only.
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

from benchmarks import chart, our_step
from benchmarks.turns import Contestant, Run, Turn
from electra_tf import cli, files
from electra_tf.config import Config, JitCompile, Precision
from electra_tf.console import aligned
from electra_tf.pretraining import throughput
from electra_tf.training import peak as peaks
from electra_tf.training.precision import cpu_has_bfloat16

_FLAGS = flags.FLAGS


REFERENCE_SECONDS = 1.363
"""google-research/electra on TensorFlow 2.15, batch 32 x 128, two cores with AVX-512.
Recorded on another machine: comparable only with measurements on one like it."""


class Entry(NamedTuple):
    """One implementation of the training step."""

    name: str
    precision: Precision
    mode: str
    prepare: Callable[..., Run]
    args: tuple
    steps_per_turn: Sequence[int] = (1,)
    """Numbers of steps in one device loop, one per row of the result."""


def main(_) -> None:
    """Measures, prints a table and writes the output files."""
    config = configuration(_CONFIG.value, _FLAGS.batch, _FLAGS.length)
    results = []
    for precision in precisions(_FLAGS.precisions):
        entries = ours(config, precision, _FLAGS.vocab_size, _FLAGS.steps)
        if "torch" in _FLAGS.peers:
            entries += torch_peers(config, precision, _FLAGS.vocab_size)
        peak = peaks.measured(precision)
        flops = throughput.flops_per_token(config, _FLAGS.vocab_size)
        for result in measure(entries, _FLAGS.rounds, _FLAGS.steps):
            tokens = _FLAGS.batch * _FLAGS.length
            for kind in ("", "median_"):
                rate = tokens / result[f"{kind}seconds_per_step"]
                result[f"{kind}tokens_per_second"] = rate
            rate = result["tokens_per_second"]
            result["model_flops_utilization"] = rate * flops / peak
            result["peak_flops_per_second"] = peak
            results.append(result)
    if "recorded" in _FLAGS.peers and (_FLAGS.batch, _FLAGS.length) == (32, 128):
        results.append(recorded())
    print(table(results))
    if _FLAGS.output:
        settings = {name: _FLAGS[name].value for name in ("batch", "length", "steps")}
        cpu = {"bfloat16": cpu_has_bfloat16(), **settings}
        files.write_json(_FLAGS.output, {"settings": cpu, "results": results})
    if _FLAGS.chart:
        rows = [(label(row), row["tokens_per_second"]) for row in results]
        title = f"Tokens per second, batch {_FLAGS.batch} x {_FLAGS.length}"
        chart.bars(_FLAGS.chart, title, rows)


def configuration(config: Config, batch: int, length: int) -> Config:
    """The configuration at this batch and length, early in its schedule."""
    data = dataclasses.replace(
        config.data, global_batch_size=batch, max_seq_length=length
    )
    return dataclasses.replace(config, data=data, warmup_steps=10)


def precisions(asked: str) -> list[Precision]:
    """Precisions to measure, float32 first."""
    both = [Precision.FLOAT32, Precision.MIXED_BFLOAT16]
    if asked == "auto":
        return both if cpu_has_bfloat16() else both[:1]
    return {"both": both, "float32": both[:1], "bfloat16": both[1:]}[asked]


def ours(
    config: Config, precision: Precision, vocabulary_size: int, steps: int
) -> list[Entry]:
    """TensorFlow's graph and XLA, single steps and device loops."""
    return [
        Entry(
            "electra_tf",
            precision,
            mode,
            our_step.prepare,
            (
                dataclasses.replace(config, precision=precision, jit_compile=jit),
                vocabulary_size,
            ),
            (1, steps) if steps > 1 else (1,),
        )
        for mode, jit in (("graph", JitCompile.OFF), ("XLA", JitCompile.ON))
    ]


def torch_peers(
    config: Config, precision: Precision, vocabulary_size: int
) -> list[Entry]:
    """PyTorch's step, eager and compiled."""
    from benchmarks import torch_step  # Only installed in some environments.

    bfloat16 = precision is Precision.MIXED_BFLOAT16
    return [
        Entry(
            "PyTorch, transformers",
            precision,
            "compiled" if compiled else "eager",
            torch_step.prepare,
            (config, vocabulary_size, bfloat16, compiled),
        )
        for compiled in (False, True)
    ]


def measure(entries: Sequence[Entry], rounds: int, steps: int) -> list[dict[str, Any]]:
    """Best and median time of each contestant."""
    with contextlib.ExitStack() as stack:
        living = []
        for entry in entries:
            contestant = Contestant(entry.prepare, *entry.args)
            living.append((entry, stack.enter_context(contestant)))
            assert contestant.first_seconds  # Only one compiles at a time.
            print(f"{entry.name}, {entry.mode}: ready", file=sys.stderr)
        turns: dict[tuple[int, int], list[Turn]] = {}
        for number in range(rounds):
            for index, (entry, contestant) in enumerate(living):
                for loop in entry.steps_per_turn:
                    repeats = steps if loop == 1 else 1
                    readings = [contestant.run(loop) for _ in range(repeats)]
                    turns.setdefault((index, loop), []).extend(readings)
            print(f"round {number + 1}/{rounds}", file=sys.stderr)
    return [
        _summary(living[index][0], loop, living[index][1].first_seconds, readings)
        for (index, loop), readings in turns.items()
    ]


def recorded() -> dict[str, Any]:
    """The recorded rate of the reference as a result row."""
    return {
        "name": "google-research/electra (recorded)",
        "precision": Precision.FLOAT32.value,
        "mode": "graph, another machine",
        "seconds_per_step": REFERENCE_SECONDS,
        "tokens_per_second": 32 * 128 / REFERENCE_SECONDS,
    }


def label(row: dict[str, Any]) -> str:
    """One-line name of a result."""
    return f"{row['name']}, {row['precision']}, {row['mode']}"


def table(results: Sequence[dict[str, Any]]) -> str:
    """Table with a row per result."""
    heads = ("s/step, best", "median", "tokens/s", "MFU", "memory, MB", "first step, s")
    rows: list[tuple[str, ...]] = [("step", *heads)]
    for row in results:
        cells = [f"{row['seconds_per_step']:.3f}"]
        for key, form in (
            ("median_seconds_per_step", ".3f"),
            ("tokens_per_second", ",.0f"),
            ("model_flops_utilization", ".1%"),
            ("peak_megabytes", ",.0f"),
            ("first_step_seconds", ".1f"),
        ):
            cells.append(f"{row[key]:{form}}" if key in row else "")
        rows.append((label(row), *cells))
    return aligned(rows, "lr")


def _summary(
    entry: Entry, loop: int, first_seconds: float, turns: Sequence[Turn]
) -> dict[str, Any]:
    seconds = [turn.seconds_per_step for turn in turns]
    return {
        "name": entry.name,
        "precision": entry.precision.value,
        "mode": entry.mode if loop == 1 else f"{entry.mode}, loop of {loop}",
        "seconds_per_step": min(seconds),
        "median_seconds_per_step": statistics.median(seconds),
        "peak_megabytes": turns[-1].peak_megabytes,
        "first_step_seconds": first_seconds,
    }


if __name__ == "__main__":
    # Here, for a test imports the functions beside those of other benchmarks.
    _CONFIG = config_flags.DEFINE_config_file(
        "config", "configs/small.py", "Sizes of the model; batch and length are flags."
    )
    flags.DEFINE_integer("batch", 32, "Examples per step.", lower_bound=1)
    flags.DEFINE_integer("length", 128, "Tokens per example.", lower_bound=8)
    flags.DEFINE_integer(
        "vocab_size", 31_002, "Pieces of the vocabulary.", lower_bound=1000
    )
    flags.DEFINE_multi_enum(
        "peers",
        ["torch", "recorded"],
        ["torch", "recorded", "none"],
        "Whom to compare with.",
    )
    flags.DEFINE_enum(
        "precisions",
        "auto",
        ["auto", "float32", "bfloat16", "both"],
        "auto: bfloat16 too where the processor has it.",
    )
    flags.DEFINE_integer("rounds", 5, "Turns of each contestant.", lower_bound=1)
    flags.DEFINE_integer("steps", 3, "Steps in a turn.", lower_bound=1)
    flags.DEFINE_string("output", "", "JSON file for the numbers.")
    flags.DEFINE_string("chart", "", "SVG or PNG file for a chart.")
    cli.run(main)
