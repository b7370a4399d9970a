"""Measures the rate and the memory of the training input alone.

python -m benchmarks.input --data=runs/data
python -m benchmarks.input --data=runs/data,runs/adopted --batch=16,128 --seconds=5
"""

import os
import statistics
import sys
import tempfile
import time

from absl import flags

from benchmarks import processes
from electra_tf import cli, files
from electra_tf.build import local
from electra_tf.build.config import BuildConfig
from electra_tf.build.settings import BuildSettings
from electra_tf.config import DataConfig
from electra_tf.console import aligned
from electra_tf.corpus import documents
from electra_tf.shards import pipeline
from electra_tf.shards.manifest import Manifest
from electra_tf.text.vocabulary import TextRules
from sample_corpus import generate

_FLAGS = flags.FLAGS

WARM_UP_SECONDS = 2.0
"""Time for tf.data to find out how many threads to use."""


def main(_) -> None:
    """Runs all in turns, each in its own process."""
    if not all(batch.isdecimal() and int(batch) for batch in _FLAGS.batch):
        raise ValueError(
            f"--batch={','.join(_FLAGS.batch)} must be numbers from 1 up, separated by "
            "commas, such as --batch=16,128."
        )
    with tempfile.TemporaryDirectory() as scratch:
        if not _FLAGS.data:
            sample(f"{scratch}/data", _FLAGS.sample_megabytes)
        directories = _FLAGS.data or [f"{scratch}/data"]
        runs: dict[tuple[str, int], list[dict[str, float]]] = {
            (directory, int(batch)): []
            for directory in directories
            for batch in _FLAGS.batch
        }
        for repeat in range(_FLAGS.repeats):
            for (directory, batch), results in runs.items():
                result, peak = processes.alone(read, directory, batch, _FLAGS.seconds)
                results.append({**result, "pss_mb": peak})
                print(
                    f"{repeat + 1}/{_FLAGS.repeats}  {directory}, batch {batch}: "
                    f"{result['examples_per_second']:,.0f} examples/s",
                    file=sys.stderr,
                )
        rows = [
            {"data": directory, **described(directory), "batch": batch, **best(results)}
            for (directory, batch), results in runs.items()
        ]
    print(table(rows))
    if _FLAGS.output:
        files.write_json(_FLAGS.output, {"cores": os.cpu_count(), "runs": rows})


def sample(output: str, megabytes: int) -> None:
    """Builds shards from the generated corpus."""
    generate.write(f"{output}-text", megabytes * 10**6)
    local.build(
        BuildSettings(
            train_sources=documents.expand(f"{output}-text/*.txt"),
            valid_sources=[],
            output=output,
            vocabulary=None,
            text_rules=TextRules(),
            vocabulary_size=8192,
            vocabulary_sample_bytes=20_000_000,
            max_seq_length=128,
            valid_fraction=0.01,
            num_workers=0,
            num_shards=8,
            seed=0,
            config=BuildConfig(),
            report="",
            language="",
            overwrite=False,
            command="",
        )
    )


def read(directory: str, batch_size: int, seconds: float) -> dict[str, float]:
    """Reads and drops batches for this many seconds, as a training reads them."""
    start = time.perf_counter()
    batches = iter(
        pipeline.train_dataset(
            Manifest.load(directory),
            directory,
            batch_size,
            DataConfig.shuffle_buffer,
            0,
        )
    )
    next(batches)
    first = time.perf_counter() - start
    while time.perf_counter() - start < first + WARM_UP_SECONDS:
        next(batches)
    start, start_cpu = time.perf_counter(), time.process_time()
    taken = 0
    while time.perf_counter() - start < seconds:
        next(batches)
        taken += 1
    examples = taken * batch_size
    rate = examples / (time.perf_counter() - start)
    return {
        "examples_per_second": rate,
        "cpu_microseconds": (time.process_time() - start_cpu) / examples * 1e6,
        "first_batch_seconds": first,
    }


def described(directory: str) -> dict[str, str | float]:
    """Format of the shards, and length, bytes and tokens of an example."""
    manifest = Manifest.load(directory)
    shards = manifest.split("train")
    examples = manifest.examples("train")
    return {
        "format": manifest.record_format.name,
        "examples": examples,
        "max_seq_length": manifest.max_seq_length,
        "bytes_per_example": sum(shard.bytes for shard in shards) / examples,
        "tokens_per_example": manifest.tokens("train") / examples,
    }


def best(results: list[dict[str, float]]) -> dict[str, float]:
    """Best and median rate of several runs, their least time and greatest memory."""
    rates = [result["examples_per_second"] for result in results]
    return {
        "best": max(rates),
        "median": statistics.median(rates),
        "cpu_microseconds": min(result["cpu_microseconds"] for result in results),
        "first_batch_seconds": min(result["first_batch_seconds"] for result in results),
        "pss_mb": max(result["pss_mb"] for result in results),
    }


def table(rows: list[dict]) -> str:
    """A table of reading rates; tokens are real ones, without padding."""
    cells = [
        (
            "input alone",
            *("examples/s, best", "median", "tokens/s", "MB/s"),
            *("CPU us/example", "first batch, s", "PSS, MB"),
        )
    ]
    for row in rows:
        rate = row["best"]
        cells.append(
            (
                f"{row['format']}, {row['max_seq_length']} x {row['batch']}",
                f"{rate:,.0f}",
                f"{row['median']:,.0f}",
                f"{rate * row['tokens_per_example']:,.0f}",
                f"{rate * row['bytes_per_example'] / 1e6:.1f}",
                f"{row['cpu_microseconds']:.1f}",
                f"{row['first_batch_seconds']:.2f}",
                f"{row['pss_mb']:,.0f}",
            )
        )
    return aligned(cells, "lr")


if __name__ == "__main__":
    # Here, for a test imports the functions beside those of other benchmarks.
    flags.DEFINE_list("data", [], "Directories of shards; empty: make some.")
    flags.DEFINE_list("batch", ["128"], "Batch sizes to compare.")
    flags.DEFINE_float("seconds", 10.0, "Duration of each run.", lower_bound=0.1)
    flags.DEFINE_integer(
        "repeats", 5, "Number of runs of each, in turns.", lower_bound=1
    )
    flags.DEFINE_integer("sample_megabytes", 40, "Size of the text without --data.")
    flags.DEFINE_string("output", "", "JSON file to write the numbers to.")
    cli.run(main)
