"""Each rule does what its name says, is counted, and leaves other text alone."""

import dataclasses
import json
import os
import pathlib

import pytest
from hypothesis import given, settings, strategies

from electra_tf.build import local
from electra_tf.build.config import BuildConfig
from electra_tf.corpus import documents, formats
from electra_tf.corpus.audit import Samples
from electra_tf.corpus.cleaning.cleaner import Cleaner
from electra_tf.corpus.cleaning.config import CleaningConfig
from electra_tf.corpus.cleaning.repairs import REPAIR_NAMES
from electra_tf.corpus.formats import Block, Document, Format, Metadata
from electra_tf.shards.manifest import CorpusCounts

PROSE = ["El zorro rojo salta sobre el perro, y después se va a su casa.", "Año 1905."]
ALL_REPAIRS = CleaningConfig(**dict.fromkeys(REPAIR_NAMES, True))


def cleaned(
    lines: list[str], metadata: Metadata = formats.NO_METADATA, **rules
) -> tuple[list[str], CorpusCounts]:
    counts = CorpusCounts()
    cleaner = Cleaner(CleaningConfig(**rules), "es")
    documents = cleaner([Document(lines, metadata)], counts)
    return (documents[0].lines if documents else []), counts


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        ("mojibake", "El niÃ±o comiÃ³ â€œpanâ€\x9d", "El niño comió “pan”"),
        ("mojibake", "lleg\u00c3\u00b3 a MÃ¡laga", "llegó a Málaga"),
        ("mojibake", "voilÃ  la maison", "voilà la maison"),
        ("nfc", "an\u0303o, cafe\u0301", "año, café"),
        ("nfc", "\u212bngstr\u00f6m", "\u00c5ngstr\u00f6m"),
        ("control_characters", "uno\x07 dos\x0ctres\ufffe\r", "uno dos tres"),
        ("control_characters", "uno\x85dos\x9d", "uno dos"),
        ("zero_width", "\ufeffuno\u200b dos\u00adtres\u202e", "uno dostres"),
    ],
)
def test_a_repair_is_made_and_counted_where_it_is_on(rule, before, after):
    assert cleaned([*PROSE, before])[0] == [*PROSE, before]
    lines, counts = cleaned([*PROSE, before], **{rule: True})
    assert lines == [*PROSE, after]
    assert counts.lines_changed == {rule: 1}


@pytest.mark.parametrize(
    "line",
    [
        "—¿Qué? —«Sí»… dijo él; ¡ñandú!, 30 € y 20 °C",
        "می‌خواهم",  # A joiner between letters.
        "👩‍👩‍👧 año",
        "\tuno\tdos",
        "CORAÇÃO é uma palavra portuguesa; às vezes, AÇÃO",
    ],
)
def test_what_is_right_is_not_repaired(line):
    counts = CorpusCounts()
    documents = Cleaner(ALL_REPAIRS, "")([Document([line])], counts)
    assert documents == [Document([line])] and not counts.lines_changed


def test_a_line_of_nothing_but_what_is_removed_is_gone():
    lines, _ = cleaned(["\u200b\ufeff", "uno"], zero_width=True)
    assert lines == ["uno"]
    lines, counts = cleaned(["\u200b"], zero_width=True)
    assert lines == [] and counts.documents_dropped == {"no line is left": 1}


def test_short_lines_are_dropped_after_the_repairs_and_before_documents():
    lines, counts = cleaned(
        ["\u200b" * 9 + "Inicio", PROSE[0]], zero_width=True, min_line_characters=10
    )
    assert lines == PROSE[:1] and counts.lines_dropped == {"min_line_characters": 1}
    lines, counts = cleaned(
        ["Inicio", PROSE[0]], min_line_characters=10, min_document_characters=64
    )
    assert not lines and counts.documents_dropped == {"min_document_characters": 1}


MENU = ["Inicio", "Contacto", "Aviso legal", "Mapa del sitio", PROSE[0]]
CODE = ["if (a[i] == {b: c}) { return x <= y; } // el año <b>", PROSE[0]]


@pytest.mark.parametrize(
    ("rule", "limit", "dropped", "kept"),
    [
        ("min_document_characters", 30, ["Hola."], PROSE),
        ("min_letter_ratio", 0.7, ["12/03/1999 - 14:55:02 | 33 %"], PROSE),
        ("max_code_ratio", 0.05, CODE, PROSE),
        ("max_short_line_ratio", 0.6, MENU, PROSE),
    ],
)
def test_a_rule_of_the_text_drops_what_it_should(rule, limit, dropped, kept):
    lines, counts = cleaned(dropped, **{rule: limit})
    assert lines == [] and counts.documents_dropped == {rule: 1}
    lines, counts = cleaned(kept, **{rule: limit})
    assert lines == kept and not counts.documents_dropped


@pytest.mark.parametrize(
    ("rule", "limit", "dropped", "kept"),
    [
        (
            "quality_warnings",
            "tiny, adult",
            {"quality_warnings": ("noisy", "adult")},
            {"quality_warnings": ("noisy",)},
        ),
        ("categories", "adult", {"categories": ("adult",)}, {"categories": ()}),
        ("min_probability", 0.8, {"probability": 0.7}, {"probability": 0.8}),
        ("min_harmful_pp", 300.0, {"harmful_pp": 20.5}, {"harmful_pp": 900.0}),
        ("max_harmful_pp", 1e5, {"harmful_pp": 2e5}, {"harmful_pp": 900.0}),
        ("check_language", True, {"language": "pt"}, {"language": "es"}),
    ],
)
def test_a_rule_of_the_metadata_drops_what_it_should(rule, limit, dropped, kept):
    lines, counts = cleaned(PROSE, Metadata(**dropped), **{rule: limit})
    assert lines == [] and counts.documents_dropped == {rule: 1}
    lines, counts = cleaned(PROSE, Metadata(**kept), **{rule: limit})
    assert lines == PROSE and not counts.documents_dropped
    lines, counts = cleaned(PROSE, **{rule: limit})
    assert lines == PROSE
    if rule != "check_language":
        assert counts.documents_not_judged == {rule: 1}


@pytest.mark.parametrize(
    ("text", "is_kept"),
    [
        ("Los estudiantes leen muchos libros en la biblioteca de la ciudad.", True),
        ("Les étudiants lisent beaucoup de livres à la bibliothèque.", False),
        ("The students read many books in the library of the city.", False),
        ("Os estudantes leem muitos livros na biblioteca, não é verdade?", False),
        ("学生们在图书馆里看很多书,因为他们喜欢学习。", False),
    ],
)
def test_language_is_identified_where_the_corpus_does_not_say(text, is_kept):
    menu = ["English", "Français", "Português", "Deutsch"]
    lines, counts = cleaned([*menu, text, text], check_language=True)
    assert bool(lines) == is_kept
    assert counts.documents_dropped == ({} if is_kept else {"check_language": 1})


def test_a_language_that_can_not_be_told_is_not_judged():
    lines, counts = cleaned(["1 2 3"], check_language=True)
    assert lines and counts.documents_not_judged == {"check_language": 1}
    with pytest.raises(ValueError, match="--language=es"):
        Cleaner(CleaningConfig(check_language=True), "")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("min_letter_ratio", 70.0),
        ("min_line_characters", -1),
        ("min_probability", -1.0),
    ],
)
def test_a_limit_out_of_range_is_refused(field, value):
    with pytest.raises(ValueError, match=f"config.cleaning.{field}={value}"):
        CleaningConfig(**{field: value})


@given(strategies.lists(strategies.text(), max_size=5))
@settings(deadline=None)
def test_any_text_can_be_cleaned_and_is_clean_then(lines):
    lines = [line for text in lines for line in text.split("\n")]
    everything = CleaningConfig(
        **dict.fromkeys(REPAIR_NAMES[1:], True),
        min_letter_ratio=0.1,
        max_code_ratio=0.9,
        max_short_line_ratio=1.0,
    )
    clean = Cleaner(everything, "")
    once = clean([Document(lines)], CorpusCounts())
    counts = CorpusCounts()
    assert clean(once, counts) == once and not counts.lines_changed
    Cleaner(ALL_REPAIRS, "")([Document(lines)], CorpusCounts())


def test_genuine_records_are_repaired():
    data = os.environ.get("ELECTRA_TF_DATA")
    if not data:
        pytest.skip("ELECTRA_TF_DATA names no directory of Spanish text")
    path = pathlib.Path(data, "oscar/2201_es_meta_part_1.jsonl")
    documents, _ = formats.read(Block(path.read_bytes(), 0, Format.OSCAR_2201))
    counts = CorpusCounts()
    clean = Cleaner(CleaningConfig(zero_width=True), "es")(documents, counts)
    before, after = (
        "".join(t for d in ds for t in d.lines) for ds in (documents, clean)
    )
    assert after == before.translate(dict.fromkeys([0x200B, 0xFEFF, 0x200E]))
    assert [before.count(c) for c in "\u200b\ufeff\u200e"] == [290, 16, 1]


def test_samples_are_the_same_on_any_number_of_workers(settings, tmp_path):
    texts = [[f"Texto número {n}, que no es muy largo.", "x"] for n in range(300)]
    records = [json.dumps({"text": "\n".join(text)}) for text in texts]
    (tmp_path / "c.jsonl").write_text("\n".join([*records, "{", '{"text": "x"}']))
    cleaning = CleaningConfig(
        min_line_characters=5, min_document_characters=38, zero_width=True
    )
    made = []
    for workers in (1, 2):
        local.build(
            dataclasses.replace(
                settings,
                train_sources=documents.expand(f"{tmp_path}/c.jsonl"),
                config=BuildConfig(cleaning=cleaning),
                num_workers=workers,
                report=f"{tmp_path}/report{workers}.md",
                output=f"{settings.output}{workers}",
            )
        )
        made.append(pathlib.Path(f"{tmp_path}/report{workers}.md").read_text())
    assert made[0] == made[1]
    dropped = made[0].split("## min_document_characters")[1]
    assert dropped.count("→ 37") + dropped.count("→ 36") == 5
    assert dropped.count("→ 38") == 5
    assert "| broken JSON |  | 1 | 0 | 0 | 0 |" in made[0]
    assert "| min_line_characters | 5 | 0 | 301 | 0 | 0 |" in made[0]


def test_a_report_shows_what_can_not_be_seen_and_breaks_no_markdown(settings, tmp_path):
    samples = Samples()
    samples.offer("zero_width", True, "# Título\n\n```\n\u200b[x](y) <b>", "# Título")
    manifest = local.build(settings).manifest
    config = dataclasses.asdict(BuildConfig(cleaning=CleaningConfig(zero_width=True)))
    page = samples.markdown(dataclasses.replace(manifest, config=config))
    sample = page.split("## zero_width")[1]
    assert "\\u200b" in sample and "\u200b" not in page
    text = sample.split("Changed:")[1].split("→")[0]
    assert all(line.startswith("    ") for line in text.split("\n") if line.strip())
