"""The build on Beam: the local builder's shards, to the byte, or one clear line."""

import dataclasses
import gzip
import json
import pathlib
import random
import subprocess
import sys
from typing import Any

import pytest

from electra_tf.build import beam_pipeline, local
from electra_tf.build.config import BuildConfig, DeduplicationConfig
from electra_tf.build.settings import BuildSettings
from electra_tf.corpus import blocks, documents
from electra_tf.shards.manifest import Manifest
from electra_tf.text.vocabulary import Vocabulary
from tests import small
from tests.corpus.texts import build_of, files

ROOT = pathlib.Path(__file__).parents[2]
WORDS = ["el", "la", "zorro", "rojo", "muy", "ser", "casa", "año", "niña", "corre", "y"]
TWO_PROCESSES = [
    "--runner=DirectRunner",
    "--direct_running_mode=multi_processing",
    "--direct_num_workers=2",
]


def texts(count: int, seed: int) -> list[str]:
    generator = random.Random(seed)
    return [
        "\n".join(
            " ".join(generator.choices(WORDS, k=generator.randint(1, 40))) + "."
            for _ in range(generator.randint(1, 20))
        )
        for _ in range(count)
    ]


@pytest.fixture
def settings(tmp_path, monkeypatch) -> BuildSettings:
    """A build of text and JSON lines, some of them broken, in many blocks."""
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 5000)
    (tmp_path / "a.txt.gz").write_bytes(
        gzip.compress("\n\n".join(texts(60, 0)).encode())
    )
    lines = [json.dumps({"text": text}) for text in texts(30, 1)]
    (tmp_path / "b.jsonl").write_text("\n".join([*lines, "{", '{"text": null}']))
    (tmp_path / "c.txt").write_text("\n\n".join(texts(20, 2)))
    settings = build_of(f"{tmp_path}/?.*", str(tmp_path / "out"))
    return dataclasses.replace(settings, language="es")


def with_valid_corpus(settings: BuildSettings, tmp_path) -> BuildSettings:
    (tmp_path / "held_out.txt").write_text("\n\n".join(texts(20, 3)))
    valid = documents.expand(f"{tmp_path}/held_out.txt")
    return dataclasses.replace(settings, valid_sources=valid)


def contents(directory: str) -> dict[str, Any]:
    """The manifest as an object: reasons for dropping may come in another order."""
    return {**files(directory), "manifest.json": Manifest.load(directory)}


@pytest.mark.parametrize("valid_corpus", [False, True])
def test_the_directory_is_the_local_builder_s(settings, tmp_path, valid_corpus):
    if valid_corpus:
        settings = with_valid_corpus(settings, tmp_path)
    locally = dataclasses.replace(settings, output=settings.output + "-local")
    local.build(locally)
    manifest = beam_pipeline.build(settings, []).manifest
    assert contents(settings.output) == contents(locally.output)
    assert manifest.counts.documents_dropped
    assert manifest.examples("valid") > 0


@pytest.mark.slow
def test_two_processes_make_the_same_directory(settings, tmp_path):
    settings = with_valid_corpus(settings, tmp_path)
    locally = dataclasses.replace(settings, output=settings.output + "-local")
    local.build(locally)
    beam_pipeline.build(settings, TWO_PROCESSES)
    # Processes cut 1 MB blocks; what is made of a document doesn't depend on it.
    assert contents(settings.output) == contents(locally.output)


def test_threads_of_one_process_make_the_same_directory(settings):
    locally = dataclasses.replace(settings, output=settings.output + "-local")
    local.build(locally)
    flags = ["--direct_running_mode=multi_threading", "--direct_num_workers=4"]
    beam_pipeline.build(settings, flags)
    assert contents(settings.output) == contents(locally.output)


def test_a_shard_without_examples_is_a_file_too(settings, tmp_path):
    (tmp_path / "short.txt").write_text("el zorro rojo\n" * 3)
    short = dataclasses.replace(
        settings,
        train_sources=documents.expand(f"{tmp_path}/short.txt"),
        num_shards=30,
        vocabulary_size=30,
    )
    manifest = beam_pipeline.build(short, []).manifest
    empty = [shard for shard in manifest.shards if not shard.examples]
    assert len(manifest.shards) == 31 and len(empty) >= 29
    assert all((tmp_path / "out" / shard.name).stat().st_size == 0 for shard in empty)


@pytest.mark.parametrize(
    "flags", [[], pytest.param(TWO_PROCESSES, marks=pytest.mark.slow)]
)
def test_a_truncated_file_is_named_and_nothing_is_left_behind(
    settings, tmp_path, flags
):
    whole = (tmp_path / "a.txt.gz").read_bytes()
    settings = dataclasses.replace(settings, vocabulary_sample_bytes=1000)
    (tmp_path / "a.txt.gz").write_bytes(whole[: len(whole) * 3 // 4])
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ValueError, match=r"^\S*/a.txt.gz is truncated.*file again\.$"):
        beam_pipeline.build(settings, flags)
    assert sorted(tmp_path.iterdir()) == before


def test_an_empty_corpus_is_refused_and_leaves_nothing_behind(settings, tmp_path):
    local.build(settings)
    vocabulary = Vocabulary.load(f"{settings.output}/vocab.txt")
    (tmp_path / "empty.txt").write_text(" \n\n")
    empty = dataclasses.replace(
        settings,
        train_sources=documents.expand(f"{tmp_path}/empty.txt"),
        vocabulary=vocabulary,
        output=settings.output + "-empty",
    )
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ValueError, match=r"corpus is empty.*empty\.txt"):
        beam_pipeline.build(empty, [])
    assert sorted(tmp_path.iterdir()) == before


def test_a_finished_build_is_replaced_only_on_demand(settings):
    local.build(settings)
    before = contents(settings.output)
    other = dataclasses.replace(settings, seed=8)
    with pytest.raises(ValueError, match="finished build already.*--overwrite"):
        beam_pipeline.build(other, [])
    assert contents(settings.output) == before
    beam_pipeline.build(dataclasses.replace(other, overwrite=True), [])
    assert contents(settings.output) != before


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--vocabsize=3"], "Unknown flags: --vocabsize"),
        (["--runner=DataflowRunner"], "out is a path of this machine"),
    ],
)
def test_flags_that_can_t_be_meant_are_refused(settings, flags, message):
    with pytest.raises(ValueError, match=message):
        beam_pipeline.build(settings, flags)
    assert not pathlib.Path(settings.output).exists()


def test_dataflow_without_its_part_of_beam_says_what_to_install(settings, monkeypatch):
    client = "apache_beam.runners.dataflow.internal.apiclient"
    monkeypatch.setitem(sys.modules, client, None)
    far = dataclasses.replace(
        settings,
        train_sources=[documents.File("gs://bucket/a.txt", 9)],
        output="gs://bucket/data",
    )
    with pytest.raises(ValueError, match=r"pip install 'apache-beam\[gcp\]'"):
        beam_pipeline.build(far, ["--runner=DataflowRunner"])


def with_rules(settings: BuildSettings, **rules: Any) -> BuildSettings:
    config = BuildConfig(deduplication=DeduplicationConfig(**rules))
    return dataclasses.replace(settings, config=config)


@pytest.mark.parametrize(
    ("rules", "valid_corpus"),
    [
        (dict(documents=True), False),
        (dict(lines=True), False),
        (dict(near_documents=0.7), False),
        (dict(documents=True, lines=True, near_documents=0.7), False),
        (dict(documents=True, lines=True, near_documents=0.7), True),
    ],
)
def test_duplicates_are_the_local_builder_s(settings, tmp_path, rules, valid_corpus):
    edited = [text.replace("zorro", "perro", 1) for text in texts(60, 0)]
    twice = [*texts(20, 3), *texts(60, 0), "Sí.", *texts(20, 4) * 2, *edited]
    (tmp_path / "d.txt").write_text("\n\n".join(twice))
    sources = documents.expand(f"{tmp_path}/?.*")
    if valid_corpus:
        settings = with_valid_corpus(settings, tmp_path)
    settings = dataclasses.replace(
        settings,
        train_sources=sources,
        config=BuildConfig(deduplication=DeduplicationConfig(**rules)),
    )
    locally = dataclasses.replace(settings, output=settings.output + "-local")
    counts = local.build(locally).manifest.counts
    beam_pipeline.build(settings, [])
    assert contents(settings.output) == contents(locally.output)
    dropped = counts.documents_dropped
    assert ("duplicate" in dropped) == rules.get("documents", False)
    assert ("near-duplicate" in dropped) == ("near_documents" in rules)
    if rules == {"lines": True}:
        assert counts.lines_dropped["duplicate"] > 500


def run(code: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True
    )


def test_nothing_imports_beam_unless_asked():
    done = run(
        "import sys, prepare, electra_tf.build.local, electra_tf.build.beam\n"
        "assert not any(name.startswith('apache_beam') for name in sys.modules)"
    )
    assert done.returncode == 0, done.stderr


def test_without_beam_an_error_says_what_to_install(tmp_path):
    done = run(
        "import sys; sys.modules['apache_beam'] = None\n"
        f"sys.argv = ['beam', '--corpus=x', '--output={tmp_path}/out']\n"
        "from electra_tf import cli; from electra_tf.build import beam\n"
        "cli.run(beam.main, known_only=True)"
    )
    assert done.returncode == 1
    assert "error: Apache Beam is not installed: pip install '.[beam]'" in (done.stderr)


@pytest.mark.slow
def test_the_command_line_has_both_prepare_s_flags_and_beam_s(tmp_path):
    output = tmp_path / "data"
    done = subprocess.run(
        [
            *[sys.executable, "-m", "electra_tf.build.beam"],
            *["--runner", "DirectRunner", f"--corpus={small.text(tmp_path)}"],
            *["--vocab_size=500", "--direct_num_workers", "1", f"--output={output}"],
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "100.0% in an example" in done.stdout
    assert "--runner DirectRunner" in Manifest.load(str(output)).command
