"""Time of a step as batch, length, layers, replicas and processes grow.

python -m benchmarks.scaling --config=configs/mini.py
python -m benchmarks.scaling --batches=8,32 --replicas=1,2 --processes=1,2

One thing changes at a time; the others are those of the config, in one process with one
replica. The global batch stays as replicas and processes grow. All share the cores of
this machine, so replicas show what the exchange costs, not what more machines gain.
"""

import contextlib
import dataclasses
import pathlib
import socket
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

from absl import flags
from ml_collections import config_flags

# `python benchmarks/scaling.py` looks for modules beside this file only.
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

from benchmarks import our_step
from benchmarks.turns import Contestant, together
from electra_tf import cli, files
from electra_tf.config import Config, JitCompile, Precision
from electra_tf.console import aligned
from electra_tf.pretraining import throughput

_FLAGS = flags.FLAGS


class Variation(NamedTuple):
    """One row: the quantity that is varied, and the resulting run."""

    name: str
    value: int
    config: Config
    replicas: int = 1
    processes: int = 1


def main(_) -> None:
    """Measures the variations one after the other."""
    base = dataclasses.replace(
        _CONFIG.value, precision=Precision.FLOAT32, jit_compile=JitCompile.OFF
    )
    rows = []
    for variation in variations(base):
        row = measure(variation, _FLAGS.vocab_size, _FLAGS.turns, _FLAGS.steps)
        print(f"{variation.name} {variation.value}: done", file=sys.stderr)
        rows.append(row)
    print(table(rows))
    if _FLAGS.output:
        files.write_json(_FLAGS.output, {"results": rows})


def variations(base: Config) -> Iterator[Variation]:
    """All variations that the flags ask for."""

    def numbers(name: str) -> list[int]:
        asked = getattr(_FLAGS, name)
        if not all(number.isdecimal() and int(number) for number in asked):
            raise ValueError(
                f"--{name}={','.join(asked)} must be numbers from 1 up, separated by "
                f"commas, such as --{name}=1,2."
            )
        return list(map(int, asked))

    def data(**fields: Any) -> Config:
        changed = dataclasses.replace(base.data, **fields)
        return dataclasses.replace(base, data=changed)

    for batch in numbers("batches"):
        yield Variation("batch", batch, data(global_batch_size=batch))
    for length in numbers("lengths"):
        yield Variation("length", length, data(max_seq_length=length))
    for layers in numbers("layers"):
        model = dataclasses.replace(base.model, num_layers=layers)
        yield Variation("layers", layers, dataclasses.replace(base, model=model))
    for replicas in numbers("replicas"):
        yield Variation("replicas", replicas, base, replicas=replicas)
    for processes in numbers("processes"):
        yield Variation("processes", processes, base, processes=processes)


def measure(
    variation: Variation, vocabulary_size: int, turns: int, steps: int
) -> dict[str, float | str]:
    """The best of several readings, each in its own process."""
    cluster = []
    if variation.processes > 1:
        cluster = _free_addresses(variation.processes)
    with contextlib.ExitStack() as stack:
        workers = [
            stack.enter_context(
                Contestant(
                    our_step.prepare,
                    variation.config,
                    vocabulary_size,
                    variation.replicas,
                    cluster,
                    task,
                )
            )
            for task in range(variation.processes)
        ]
        readings = [together(workers, steps) for _ in range(turns)]
    data = variation.config.data
    seconds = min(reading[0].seconds_per_step for reading in readings)
    tokens = data.global_batch_size * data.max_seq_length / seconds
    return {
        "varied": variation.name,
        "value": variation.value,
        "seconds_per_step": seconds,
        "tokens_per_second": tokens,
        "flops_per_second": tokens
        * throughput.flops_per_token(variation.config, vocabulary_size),
        "peak_megabytes": sum(turn.peak_megabytes for turn in readings[-1]),
    }


def table(rows: list[dict]) -> str:
    """Table in which each row is compared with the first of its variation."""
    first: dict[str, dict] = {}
    lines = [("varied", "", "s/step", "ratio", "tokens/s", "GFLOP/s", "memory, MB")]
    for row in rows:
        base = first.setdefault(row["varied"], row)
        lines.append(
            (
                row["varied"],
                str(row["value"]),
                f"{row['seconds_per_step']:.3f}",
                f"{row['seconds_per_step'] / base['seconds_per_step']:.2f}",
                f"{row['tokens_per_second']:,.0f}",
                f"{row['flops_per_second'] / 1e9:,.0f}",
                f"{row['peak_megabytes']:,.0f}",
            )
        )
    return aligned(lines, "lr")


def _free_addresses(number: int) -> list[str]:
    """Free ports of the loopback interface; held together, so that they differ."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]


if __name__ == "__main__":
    # Here, for a test imports the functions beside those of other benchmarks.
    _CONFIG = config_flags.DEFINE_config_file(
        "config", "configs/mini.py", "Configuration to vary."
    )
    flags.DEFINE_list("batches", ["8", "16", "32"], "Examples per step.")
    flags.DEFINE_list("lengths", ["32", "64", "128", "256"], "Tokens per example.")
    flags.DEFINE_list("layers", ["2", "4", "8"], "Layers of both networks.")
    flags.DEFINE_list("replicas", ["1", "2"], "Logical devices of one process.")
    flags.DEFINE_list("processes", ["1", "2"], "Numbers of workers on loopback.")
    flags.DEFINE_integer(
        "vocab_size", 8192, "Pieces of the vocabulary.", lower_bound=1000
    )
    flags.DEFINE_integer(
        "turns", 5, "Measurements of each, of which the best counts.", lower_bound=1
    )
    flags.DEFINE_integer("steps", 5, "Steps in a reading.", lower_bound=1)
    flags.DEFINE_string("output", "", "JSON file for the numbers.")
    cli.run(main)
