"""The report of a build: the same however it ran, and readable."""

import dataclasses
import json
import pathlib
import random

import pytest

from electra_tf.build import local
from electra_tf.build.config import BuildConfig
from electra_tf.configs import web_text
from electra_tf.corpus import blocks, documents
from electra_tf.corpus.audit import PER_RULE, SHOWN_CHARACTERS, Samples
from electra_tf.corpus.cleaning.config import CleaningConfig
from electra_tf.shards.manifest import Manifest

PROSE = "El zorro rojo salta sobre el perro, y después se va a su casa sin decir nada."


def web_records(path: pathlib.Path, count: int = 120) -> str:
    """Documents of which every rule of web_text has something to say."""
    generator = random.Random(0)
    kinds = [  # N is a number.
        [f"Documento N. {PROSE}", PROSE],
        [f"\ufeffN {PROSE}", "an\u0303o \u200b", PROSE],
        [f"El niÃ±o nÃºmero N: {PROSE}", f"{PROSE}\x07"],
        ["Inicio N", "Contacto", "Aviso legal", "Mapa", "Ayuda", "Entrar", PROSE],
        ["if (a[N] == {b}) { c <= d; } // " + PROSE],
        ["12/03/1999 - 14:55:02 / 33 %, N... " * 4 + PROSE],
        ["Corto N."],
        ["The quick brown fox jumps over the lazy dog for the Nth time."] * 3,
    ]
    records = []
    for number in range(count):
        lines = generator.choice(kinds)
        text = "\n".join(line.replace("N", str(number)) for line in lines)
        metadata = {
            "quality_warnings": generator.choice([None, None, ["noisy"], ["header"]]),
            "identification": generator.choice(
                [None, {"label": "es", "prob": generator.choice([0.5, 0.9])}]
            ),
        }
        records.append(json.dumps({"content": text, "metadata": metadata}))
    path.write_text("\n".join([*records, "{"]))
    return str(path)


@pytest.fixture
def web_settings(settings, tmp_path):
    return dataclasses.replace(
        settings,
        train_sources=documents.expand(web_records(tmp_path / "web.jsonl")),
        vocabulary_size=100,
        config=BuildConfig(cleaning=web_text.get_config().cleaning),
        language="es",
    )


def test_a_report_is_the_same_on_any_workers_and_in_any_blocks(
    web_settings, tmp_path, monkeypatch
):
    made = []
    for workers, block_bytes in ((1, 5000), (2, 5000), (1, 1_000_000)):
        monkeypatch.setattr(blocks, "BLOCK_BYTES", block_bytes)
        report = tmp_path / f"{len(made)}.md"
        local.build(
            dataclasses.replace(
                web_settings,
                num_workers=workers,
                report=str(report),
                output=f"{web_settings.output}{len(made)}",
            )
        )
        made.append(report.read_text())
    assert made[0] == made[1] == made[2]
    counts = Manifest.load(f"{web_settings.output}0").counts
    documents = sum(counts.documents_dropped.values()) + counts.documents
    assert documents == 121
    for rule, setting in dataclasses.asdict(web_settings.config.cleaning).items():
        judged = {
            **counts.documents_dropped,
            **counts.lines_dropped,
            **counts.lines_changed,
        }
        assert (f"## {rule}\n" in made[0]) == bool(setting)
        assert (rule in judged) == bool(setting), rule
    assert counts.documents_not_judged["min_probability"] > 0
    assert "| broken JSON |  | 1 | 0 | 0 | 0 |" in made[0]


def test_without_a_report_nothing_else_is_written(web_settings, tmp_path):
    first = local.build(web_settings)
    before = set(tmp_path.iterdir())
    second = local.build(
        dataclasses.replace(
            web_settings,
            output=f"{web_settings.output}2",
            report=f"{tmp_path}/deep/er/report.md",
        )
    )
    assert first.manifest.shards == second.manifest.shards
    assert {p.name for p in set(tmp_path.iterdir()) - before} == {"out2", "deep"}


def test_no_report_is_left_of_a_build_that_failed(web_settings, tmp_path):
    with pytest.raises(ValueError, match="empty|no text"):
        local.build(
            dataclasses.replace(
                web_settings,
                config=BuildConfig(
                    cleaning=CleaningConfig(min_document_characters=10_000)
                ),
                report=f"{tmp_path}/report.md",
            )
        )
    assert not (tmp_path / "report.md").exists()
    with pytest.raises(ValueError, match=r"--report=.* is a directory"):
        dataclasses.replace(web_settings, report=str(tmp_path))


def test_text_that_may_stay_as_it_is_stays_byte_for_byte(settings):
    settings = dataclasses.replace(settings, num_shards=1)
    local.build(settings)
    cleaned = dataclasses.replace(
        settings,
        output=f"{settings.output}2",
        config=BuildConfig(
            cleaning=CleaningConfig(
                mojibake=True, nfc=True, control_characters=True, zero_width=True
            )
        ),
    )
    local.build(cleaned)
    plain = Manifest.load(settings.output)
    assert Manifest.load(cleaned.output).shards == plain.shards
    assert not plain.counts.lines_changed and not plain.counts.documents_dropped


def test_samples_do_not_depend_on_the_order_of_texts():
    offers = [
        ("min_probability", text, n / 10) for n in range(9) for text in "abcdefgh"
    ]
    found = []
    for seed in range(5):
        random.Random(seed).shuffle(offers)
        one, other = Samples(), Samples()
        for number, (rule, text, value) in enumerate(offers):
            (one if number % 3 else other).offer(rule, False, text, value)
        one.add(other)
        found.append(one.found)
    assert all(samples == found[0] for samples in found)
    assert len(found[0]["min_probability/kept"]) == PER_RULE
    assert len({digest for digest, *_ in found[0]["min_probability/kept"]}) == PER_RULE


def test_a_change_is_shown_where_it_is_and_so_that_it_can_be_seen():
    samples = Samples()
    before = "x" * 5000 + " an\u0303o " + "y" * 5000
    samples.offer_repair("nfc", before, before.replace("n\u0303", "ñ"))
    ((_, text, value),) = samples.found["nfc/dropped"]
    assert "an\\u0303o" in text and "año" in value
    assert len(text) < SHOWN_CHARACTERS + 20


def test_names_and_settings_break_no_table(settings):
    manifest = local.build(settings).manifest
    manifest.counts.drop("field 'a|b' is\n<missing>")
    row = next(
        line for line in Samples().markdown(manifest).split("\n") if "missing" in line
    )
    assert row == "| field 'a\\|b' is \\<missing> |  | 1 | 0 | 0 | 0 |"
