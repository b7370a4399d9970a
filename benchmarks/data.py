"""Measures rate, memory and stages of a build, and Hugging Face's tokenizer.

python -m benchmarks.data --corpus='oscar/es_part_1.txt.gz' --workers=1,2
python -m benchmarks.data --corpus='oscar/es_part_*.txt.gz' --copies=1,13 --repeats=1 \
    --config.deduplication.lines=true --config.deduplication.documents=true
"""

import collections
import dataclasses
import functools
import gzip
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import tensorflow as tf
from absl import flags
from ml_collections import config_flags

from benchmarks import processes
from electra_tf import cli, files
from electra_tf.build import examples, local
from electra_tf.build.settings import BuildSettings
from electra_tf.build.stages import BlockProcessor
from electra_tf.build.survey import Surveyor
from electra_tf.console import aligned
from electra_tf.corpus import documents, formats
from electra_tf.interop.huggingface_tokenizer import fast_tokenizer
from electra_tf.quantities import ratio
from electra_tf.text.vocabulary import TextRules, Vocabulary

_FLAGS = flags.FLAGS
_CONFIG = config_flags.DEFINE_config_file(
    "config", "configs/text_as_it_is.py", "Rules that clean and deduplicate the text."
)
flags.DEFINE_string("corpus", None, "Globs of text files.", required=True)
flags.DEFINE_list("workers", ["1", "2"], "Numbers of processes to compare.")
flags.DEFINE_string("vocab", "", "Use this vocab.txt instead of learning one.")
flags.DEFINE_integer("vocab_size", 31_002, "Number of pieces to learn.")
flags.DEFINE_integer("max_seq_length", 128, "Most tokens per example.")
flags.DEFINE_list(
    "copies", ["1"], "Sizes to compare, as numbers of copies of the corpus."
)
flags.DEFINE_integer("repeats", 3, "Number of runs of each, in turns.", lower_bound=1)
flags.DEFINE_string("output", "", "JSON file to write the numbers to.")

STAGES: dict[str, list[tuple[Any, str]]] = {
    "surveying": [(Surveyor, "__call__")],
    "tokenizing": [(BlockProcessor, "_tokens")],
    "cutting": [(examples, "cut_document")],
    "serializing": [(BlockProcessor, "_records")],
    "writing": [(local.ExampleWriter, "append")],
}
"""Functions that are timed in a build; reading is added for each kind of source."""
BUILD_STAGES = ("examples", "survey", "duplicates")
"""Stages in BuildResult.seconds, except the vocabulary."""
RULES = TextRules()


def main(_) -> None:
    """Runs all in turns, each in its own process."""
    for name in ("workers", "copies"):
        numbers = getattr(_FLAGS, name)
        if not all(number.isdecimal() and int(number) for number in numbers):
            raise ValueError(
                f"--{name}={','.join(numbers)} must be numbers from 1 up, separated "
                f"by commas, such as --{name}=1,2."
            )
    sources = documents.expand(_FLAGS.corpus)
    with tempfile.TemporaryDirectory() as scratch:
        settings = functools.partial(
            BuildSettings,
            train_sources=sources,
            valid_sources=[],
            output=f"{scratch}/data",
            text_rules=RULES,
            vocabulary_size=_FLAGS.vocab_size,
            vocabulary_sample_bytes=256_000_000,
            max_seq_length=_FLAGS.max_seq_length,
            valid_fraction=0.01,
            num_shards=0,
            seed=0,
            config=_CONFIG.value,
            report="",
            language="",
            overwrite=True,
            command="",
        )
        vocabulary = Vocabulary.load(_FLAGS.vocab) if _FLAGS.vocab else None
        # Reads the files once, so that none of those that are timed is the first.
        stages, _ = processes.alone(
            profile, settings(vocabulary=vocabulary, num_workers=1)
        )
        vocabulary = Vocabulary.load(f"{scratch}/data/vocab.txt")
        runs: dict[str, Callable[[], dict[str, float]]] = {}
        for copies in map(int, _FLAGS.copies):
            copied = copy(sources, copies, f"{scratch}/copies-{copies}")
            for workers in map(int, _FLAGS.workers):
                of_size = settings(
                    vocabulary=vocabulary, num_workers=workers, train_sources=copied
                )
                name = f"build, copies={copies}, workers={workers}"
                runs[name] = functools.partial(_measured, build, of_size)
        for parallel in ("true", "false"):
            runs[f"tokenizers, TOKENIZERS_PARALLELISM={parallel}"] = functools.partial(
                _measured, tokenize, sources, vocabulary, parallel
            )
        measured: dict[str, list[dict[str, float]]] = {name: [] for name in runs}
        for repeat in range(_FLAGS.repeats):
            for name, run in runs.items():
                measured[name].append(run())
                print(f"{repeat + 1}/{_FLAGS.repeats}  {name}", file=sys.stderr)
    numbers = {name: _summary(results) for name, results in measured.items()}
    print(_table(numbers, stages))
    if _FLAGS.output:
        rows = {"pieces": len(vocabulary), "runs": numbers, "stage_seconds": stages}
        files.write_json(_FLAGS.output, rows)


def copy(
    sources: Sequence[documents.Source], copies: int, directory: str
) -> Sequence[documents.Source]:
    """Makes a corpus that is several times as large, in gzip, without duplicates.

    Every line of a copy ends with the number of the copy.
    """
    if copies == 1:
        return sources
    os.makedirs(directory)
    for number in range(copies):
        path = f"{directory}/es_part_{number}.txt.gz"
        with gzip.open(path, "wt", encoding="utf-8", compresslevel=3) as file:
            for source in sources:
                for block in source.blocks():
                    for document in formats.read(block)[0]:
                        lines = [f"{line} {number}\n" for line in document.lines]
                        file.write("".join([*lines, "\n"]))
    return documents.expand(f"{directory}/*")


def build(settings: BuildSettings) -> dict[str, float]:
    """Measures one build; its seconds include the start of the workers."""
    result = local.build(settings, say=lambda _: None)
    counts = result.manifest.counts
    return {
        "megabytes": counts.text_bytes / 1e6,
        "seconds": sum(result.seconds.values()) - result.seconds["vocabulary"],
        "workers": result.workers,
        "tokens_kept": ratio(counts.example_tokens, counts.text_tokens),
        **result.seconds,
    }


def tokenize(
    sources: list[documents.Source], vocabulary: Vocabulary, parallel: str
) -> dict[str, float]:
    """Measures only `encode_batch` of Hugging Face on the lines of the text."""
    os.environ["TOKENIZERS_PARALLELISM"] = parallel
    tokenizer = fast_tokenizer(vocabulary, RULES)
    text_bytes = 0
    seconds = 0.0
    for text in documents.Excerpt(sources, sys.maxsize):
        lines = text.split("\n")
        text_bytes += len(text.encode())
        start = time.perf_counter()
        tokenizer.encode_batch(lines, add_special_tokens=False)
        seconds += time.perf_counter() - start
    threads = (os.cpu_count() or 1) if parallel == "true" else 1
    return {"megabytes": text_bytes / 1e6, "seconds": seconds, "workers": threads}


def profile(settings: BuildSettings) -> dict[str, float]:
    """Measures the seconds of each stage of a build in one process and thread."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    seconds: dict[str, float] = collections.defaultdict(float)

    def timed(stage: str, function: Callable) -> Callable:
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                seconds[stage] += time.perf_counter() - start

        return wrapper

    def timed_blocks(blocks: Callable) -> Callable:
        def wrapper(source: documents.Source) -> Iterator[documents.Block]:
            following = timed("reading", iter(blocks(source)).__next__)
            try:
                while True:
                    yield following()
            except StopIteration:
                return

        return wrapper

    if settings.vocabulary is None:  # Learned first, because that reads the text too.
        local.build(settings, say=lambda _: None)
        vocabulary = Vocabulary.load(f"{settings.output}/vocab.txt")
        settings = dataclasses.replace(settings, vocabulary=vocabulary)
    for kind in {type(source) for source in settings.train_sources}:
        kind.blocks = timed_blocks(kind.blocks)  # type: ignore[method-assign]
    for stage, places in STAGES.items():
        for owner, name in places:
            setattr(owner, name, timed(stage, getattr(owner, name)))
    total = build(settings)["seconds"]
    stages = {stage: seconds[stage] for stage in ("reading", *STAGES)}
    return {**stages, "the rest": total - sum(stages.values())}


def _measured(
    function: Callable[..., dict[str, float]], *args: Any
) -> dict[str, float]:
    result, peak = processes.alone(function, *args)
    return {**result, "pss_mb": peak}


def _summary(results: list[dict[str, float]]) -> dict[str, float]:
    rates = [ratio(result["megabytes"], result["seconds"]) for result in results]
    return {
        **results[0],
        "seconds": statistics.median(result["seconds"] for result in results),
        "pss_mb": max(result["pss_mb"] for result in results),
        "best": max(rates),
        "median": statistics.median(rates),
        "median_per_worker": statistics.median(rates) / results[0]["workers"],
    }


def _table(numbers: dict[str, dict[str, float]], stages: dict[str, float]) -> str:
    rows: list[tuple[str, ...]] = [
        ("MB of text per second", "MB", "best", "median", "each", "PSS, MB", "kept")
    ]
    of_builds: list[tuple[str, ...]] = [("seconds", *BUILD_STAGES)]
    for name, row in numbers.items():
        rates = [f"{row[key]:.2f}" for key in ("best", "median", "median_per_worker")]
        kept = f"{row['tokens_kept']:.1%}" if "tokens_kept" in row else ""
        size = f"{row['megabytes']:,.0f}"
        rows.append((name, size, *rates, f"{row['pss_mb']:,.0f}", kept))
        if "examples" in row:
            took = [
                f"{row[stage]:.1f}" if stage in row else "" for stage in BUILD_STAGES
            ]
            of_builds.append((name, *took))
    total = sum(stages.values())
    shares = [("stage, one process", "seconds", "share")] + [
        (stage, f"{seconds:.2f}", f"{ratio(seconds, total):.1%}")
        for stage, seconds in stages.items()
    ]
    tables = (shares, of_builds, rows)
    return "\n\n".join(aligned(table, "lr") for table in tables)


if __name__ == "__main__":
    cli.run(main)
