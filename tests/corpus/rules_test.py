"""Rules together: their order, a fixed point, exact limits; and what they are told."""

import random

import ftfy
import pytest
from hypothesis import given, settings, strategies

from electra_tf.configs import web_text
from electra_tf.corpus.cleaning import languages
from electra_tf.corpus.cleaning.cleaner import Cleaner
from electra_tf.corpus.cleaning.config import CleaningConfig
from electra_tf.corpus.cleaning.mojibake import Mojibake
from electra_tf.corpus.cleaning.repairs import REPAIR_NAMES
from electra_tf.corpus.formats import Document, Metadata
from electra_tf.shards.manifest import CorpusCounts
from tests import commands

ALL_REPAIRS = CleaningConfig(**dict.fromkeys(REPAIR_NAMES, True))
ENGLISH = "The students read many books in the library of the city every morning."
SPANISH = "Los estudiantes leen muchos libros en la biblioteca de la ciudad."


def cleaned(
    document: Document, config: CleaningConfig, language: str = "es"
) -> tuple[list[str], CorpusCounts]:
    counts = CorpusCounts()
    kept = Cleaner(config, language)([document], counts)
    return (kept[0].lines if kept else []), counts


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        # What has no width parts a letter from its accent, or the halves of mojibake.
        ("an\u200b\u0303o", "año", {"zero_width", "nfc"}),
        ("an\x07\u0303o", "año", {"control_characters", "nfc"}),
        ("niÃ\u200b±o", "niño", {"zero_width", "mojibake"}),
        ("niA\u0303±o", "niño", {"nfc", "mojibake"}),
        # Controls where Windows has quotes, repaired before they are removed.
        ("El \x93pan\x94 de ayer", "El “pan” de ayer", {"mojibake"}),
        ("uno\u2028dos\ufdd0", "uno dos", {"control_characters"}),
        ("fin\r", "fin", {"control_characters"}),
        ("a\u2061b\u061cc", "abc", {"zero_width"}),
        # Twice wrong.
        ("niÃƒÂ±o", "niño", {"mojibake"}),
    ],
)
def test_repairs_bring_out_what_others_repair(before, after, changed):
    lines, counts = cleaned(Document([before]), ALL_REPAIRS)
    assert lines == [after]
    assert counts.lines_changed == dict.fromkeys(changed, 1)


PARTS = [
    "n",
    "i",
    "o",
    " ",
    "Ã",
    "±",
    "A",
    "\u0303",
    "\u200b",
    "\x07",
    "\x93",
    "Â",
    "€",
]


@given(
    strategies.lists(
        strategies.text() | strategies.text(strategies.sampled_from(PARTS))
    )
)
@settings(deadline=None)
def test_what_was_repaired_needs_no_repair(lines):
    repair = Cleaner(ALL_REPAIRS, "")
    once = repair([Document(lines)], CorpusCounts())
    counts = CorpusCounts()
    assert repair(once, counts) == once
    assert not counts.lines_changed and not counts.lines_dropped


@pytest.mark.parametrize(
    "encoding", ["latin-1", "cp1252", "cp1251", "cp1250", "mac_roman", "cp437"]
)
def test_whatever_ftfy_repairs_is_shown_to_it(encoding):
    generator = random.Random(0)
    letters = "aeiou nñáéíóú¿¡—«»…“”€ºª"
    mojibake = Mojibake()
    repaired = 0
    for _ in range(300):
        text = "".join(generator.choices(letters, k=20))
        wrong = text.encode().decode(encoding, "replace")
        wrong = wrong.replace("\xa0", generator.choice("\xa0 "))
        repaired += ftfy.fix_encoding(wrong) != wrong
        for line in (text, wrong):
            shown = mojibake.may_be_in(line)
            assert (mojibake.repaired(line) if shown else line) == mojibake.repaired(
                line
            )
    assert repaired > 100


def test_right_spanish_is_hardly_ever_shown_to_ftfy():
    mojibake = Mojibake()
    lines = ["—¿Qué? —¡Sí!… «¡ñandú!», dijo.", "Él subió, a 20 °C y 30 €: «cosa»."]
    assert not any(map(mojibake.may_be_in, lines))


def test_a_genuine_corpus_is_left_as_it_is(real_data):
    import gzip

    with gzip.open(real_data / "corpus/es_valid.txt.gz", "rt") as file:
        lines = [line for line in file.read(2_000_000).split("\n") if line]
    kept, counts = cleaned(Document(lines), ALL_REPAIRS)
    assert kept == lines and counts == CorpusCounts()


def test_lines_that_repairs_leave_blank_are_counted():
    document = Document(["\u200b", SPANISH])
    lines, counts = cleaned(document, CleaningConfig(zero_width=True))
    assert lines == [SPANISH]
    assert counts.lines_dropped == {"blank after repairs": 1}


def test_a_document_at_the_limit_is_kept():
    twentieth = Document(["a" * 95 + "{" * 5])
    for limits in (dict(max_code_ratio=0.05), dict(min_letter_ratio=0.95)):
        assert cleaned(twentieth, CleaningConfig(**limits))[0] == twentieth.lines
    menu = Document(["Inicio", "Aviso legal", "Contacto", SPANISH, SPANISH])
    for limit, is_kept in ((0.6, True), (0.59, False)):
        lines, _ = cleaned(menu, CleaningConfig(max_short_line_ratio=limit))
        assert bool(lines) == is_kept


@pytest.mark.parametrize("language", ["es", "ES", "es-MX", "es_419"])
def test_a_region_is_no_other_language(language):
    config = CleaningConfig(check_language=True)
    for metadata in (Metadata(language="es"), Metadata(language="es-ES"), Metadata()):
        assert cleaned(Document([SPANISH], metadata), config, language)[0]
    for metadata in (Metadata(language="en"), Metadata(language="ceb")):
        assert not cleaned(Document([SPANISH], metadata), config, language)[0]


@pytest.mark.parametrize("language", ["spa", "Spanish", "xx"])
def test_a_language_that_no_label_is_of_is_refused(language):
    with pytest.raises(ValueError, match=f"--language={language} .* such as es"):
        Cleaner(CleaningConfig(check_language=True), language)


def test_the_language_is_that_of_most_of_the_text_not_of_its_first_words():
    lines = [f"{SPANISH} {ENGLISH}", *[ENGLISH] * 9]
    assert languages.language_of(None, lines) == "en"
    lines = [f"{ENGLISH} {SPANISH}", *[SPANISH] * 9]
    assert languages.language_of(None, lines) == "es"


def test_genuine_pages_are_in_the_language_of_their_label(real_data):
    from electra_tf.corpus import formats

    path = real_data / "oscar/2201_multilingual.jsonl"
    block = formats.Block(path.read_bytes(), 0, formats.Format.OSCAR_2201)
    documents, _ = formats.read(block)
    labels = [document.metadata.language for document in documents]
    assert len(labels) == 63 and len(set(labels)) == 6
    assert [
        languages.language_of(None, document.lines) for document in documents
    ] == labels


def test_a_limit_out_of_range_on_the_command_line_is_refused():
    config = web_text.get_config().cleaning
    config.min_letter_ratio = 70.0  # As config_flags does.
    with pytest.raises(ValueError, match="min_letter_ratio=70.0 must be from 0"):
        Cleaner(config, "es")


@pytest.mark.slow
def test_rules_are_overridden_on_the_command_line(tmp_path):
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("\n\n".join([f"{SPANISH}\nx", ENGLISH, f"x\n{SPANISH} Y más."]))
    done = commands.run(
        "prepare",
        "--config=configs/web_text.py",
        "--config.cleaning.min_line_characters=20",
        "--config.cleaning.min_document_characters=0",
        "--config.cleaning.quality_warnings=tiny,noisy",
        "--config.cleaning.min_probability=1",
        f"--corpus={corpus}",
        f"--output={tmp_path}/data",
        f"--report={tmp_path}/made/report.md",
        "--language=es",
        "--vocab_size=60",
        "--num_workers=1",
    )
    assert done.returncode == 0, done.stderr
    report = (tmp_path / "made/report.md").read_text()
    assert "| min_line_characters | 20 | 0 | 2 | 0 | 0 |" in report
    assert "| quality_warnings | tiny,noisy | 0 | 0 | 0 | 3 |" in report
    assert "| check_language | True | 1 | 0 | 0 | 0 |" in report
    assert ENGLISH in report.split("## check_language")[1].split("Kept:")[0]
