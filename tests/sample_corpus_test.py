"""The generated corpus: reproducible, rich enough, and correct Spanish."""

import collections
import itertools
import pathlib
import re
import subprocess
import sys

import pytest

from electra_tf.corpus import formats
from electra_tf.corpus.documents import expand
from sample_corpus import generate, lexicon, tables
from sample_corpus.inflection import conjugate, number, phrase, pluralise
from sample_corpus.patterns import SENTENCE_END

_SENTENCE = re.compile(r"(?<=[.?!]) (?=—?[A-ZÁÉÍÓÚÑ¿¡])")
_MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def corpus() -> list[list[str]]:
    """Five megabytes, which take about a second."""
    return list(generate.documents(5 * _MEGABYTE, seed=0))


@pytest.fixture(scope="module")
def text(corpus: list[list[str]]) -> str:
    """The corpus as one string."""
    return "\n".join(line for document in corpus for line in document)


def test_the_same_seed_gives_the_same_corpus():
    assert list(generate.documents(50_000, 3)) == list(generate.documents(50_000, 3))


def test_a_shorter_corpus_is_the_beginning_of_a_longer_one():
    short, long = list(generate.documents(20_000)), list(generate.documents(60_000))
    assert len(short) < len(long)
    assert long[: len(short)] == short


def test_another_seed_gives_other_documents():
    first = {" ".join(document) for document in generate.documents(50_000, seed=0)}
    second = {" ".join(document) for document in generate.documents(50_000, seed=1)}
    assert not first & second


@pytest.mark.parametrize("num_bytes", [0, 1, 10_000])
def test_the_requested_size_is_reached_by_the_last_document_and_not_before(num_bytes):
    documents = list(generate.documents(num_bytes))
    sizes = [sum(len(line.encode()) + 1 for line in lines) for lines in documents]
    assert sum(sizes) >= num_bytes
    assert not sizes or sum(sizes[:-1]) < num_bytes


def test_documents_have_five_to_twenty_sentences(corpus):
    counts = [
        sum(len(SENTENCE_END.findall(line)) for line in document) for document in corpus
    ]
    assert min(counts) >= generate.MIN_SENTENCES
    assert max(counts) <= generate.MAX_SENTENCES


def test_a_line_is_one_to_five_sentences_or_a_greeting(corpus):
    """Four, and one more where the last pattern is a question with its answer."""
    for line in itertools.chain.from_iterable(corpus):
        count = len(SENTENCE_END.findall(line))
        assert 1 <= count <= 5 or re.fullmatch(r"Querid[oa] \w+:", line), line


def test_less_than_a_tenth_of_the_sentences_repeat_an_earlier_one(corpus):
    sentences = [
        sentence
        for line in itertools.chain.from_iterable(corpus)
        for sentence in _SENTENCE.split(line)
        if not sentence.endswith(":")
    ]
    assert 1 - len(set(sentences)) / len(sentences) < 0.10


def test_the_vocabulary_has_several_hundred_lemmas_and_thousands_of_forms(text):
    words = collections.Counter(re.findall(r"\w+", text.lower()))
    nouns = [noun for noun in lexicon.NOUNS.values() if noun.one.word in words]
    verbs = [
        verb
        for verb in lexicon.VERBS.values()
        if any(form in words for form in (*verb.present, *verb.preterite))
    ]
    assert len(nouns) > 200
    assert len(verbs) > 150
    assert len(words) > 2500


def test_no_noun_is_listed_twice():
    """A second entry would silently replace the company that the first one keeps."""
    listed = []
    for table in (tables.THINGS, tables.PEOPLE, tables.PLACES, tables.FOOD_OF_ANIMALS):
        for block in table.strip().replace("\n    ", " ").splitlines():
            for words in block.split("|")[2:]:
                listed += [re.split("[:=]", entry)[0] for entry in words.split()]
    listed += [row.split("|")[0].strip() for row in tables.ANIMALS.strip().splitlines()]
    twice = [word for word, count in collections.Counter(listed).items() if count > 1]
    assert twice == []


def test_articles_contract_after_de_and_a(text):
    assert re.findall(r"\b(?:de|a) el\b", text, re.IGNORECASE) == []


def test_y_becomes_e_before_the_same_sound(text):
    assert re.findall(r"\by (?:[iIíÍ]|[hH]i(?!e))\w*", text) == []
    assert " e Inés" in text


def test_text_has_no_holes_and_no_double_spaces(text):
    assert re.findall(r"None|[{}%@~^]|  | [.,;:?!]", text) == []


def test_every_line_opens_with_a_capital_and_closes_with_a_stop(corpus):
    for line in itertools.chain.from_iterable(corpus):
        assert next(letter for letter in line if letter.isalnum()).isupper() or (
            line[0].isdigit()
        ), line
        assert line[-1] in ".?!:", line


def test_every_noun_has_the_article_of_its_gender_and_number(text):
    """El, la, los, las before each noun of the lexicon, wherever they meet."""
    expected = {}
    for noun in lexicon.NOUNS.values():
        for form in (noun.one, noun.many):
            expected.setdefault(form.word, set()).add(form.the.split()[0])
    # Words that are also a verb form, after the pronouns lo, la, los, las.
    verbal = {
        form
        for verb in lexicon.VERBS.values()
        for tense in (verb.present, verb.preterite, verb.subjunctive)
        for form in tense
    }
    seen = 0
    for article, word in re.findall(r"\b(el|la|los|las) (\w+)", text.lower()):
        if word in expected and word not in verbal:
            assert article in expected[word], (article, word)
            seen += 1
    assert seen > 50_000


def test_adjectives_agree_with_the_noun_they_follow(text):
    """Every noun of the lexicon directly followed by one of its own adjectives."""
    own = {}
    for noun in lexicon.NOUNS.values():
        for form in (noun.one, noun.many):
            right = {adjective[form.key] for adjective in noun.ser}
            forms = {word for adjective in noun.ser for word in adjective}
            own[form.word] = (right, forms - right)
    seen = 0
    for first, second in re.findall(r"\b(\w+) (?=(\w+))", text.lower()):
        if first in own:
            right, wrong = own[first]
            assert second not in wrong, (first, second)
            seen += second in right
    assert seen > 5_000


def test_participles_agree_with_the_subject_across_a_relative_clause(text):
    """Las cartas que el cartero trajo ayer están abiertas."""
    endings = {"el": "o", "la": "a", "los": "os", "las": "as"}
    pattern = re.compile(
        r"(?:^|[.?!] )(El|La|Los|Las) (\w+) que [^.,;?!¿¡]* (?:está|están) "
        r"(abiert|cerrad|terminad|guardad|reparad|cortad|curad)(os|as|o|a)\.",
        re.MULTILINE,
    )
    found = pattern.findall(text)
    assert len(found) > 200
    for article, noun, _, ending in found:
        assert endings[article.lower()] == ending or noun in {"agua", "águila"}


def test_a_fox_is_red_and_students_read_books(text):
    """The facts that the demo's sentences are about are common."""
    assert len(re.findall(r"zorros? rojos? (?:es|son) muy", text)) > 5
    assert len(re.findall(r"estudiantes leen libros en la biblioteca", text)) > 5


@pytest.mark.parametrize(
    ("infinitive", "tense", "forms"),
    [
        ("buscar", "preterite", "busqué buscaste buscó buscamos buscasteis buscaron"),
        ("empezar", "preterite", "empecé empezaste empezó empezamos empezasteis empe"),
        ("llegar", "subjunctive", "llegue llegues llegue lleguemos lleguéis lleguen"),
        ("dormir", "subjunctive", "duerma duermas duerma durmamos durmáis duerman"),
        ("dormir", "preterite", "dormí dormiste durmió dormimos dormisteis durmieron"),
        ("seguir", "present", "sigo sigues sigue seguimos seguís siguen"),
        ("jugar", "present", "juego juegas juega jugamos jugáis juegan"),
        ("leer", "preterite", "leí leíste leyó leímos leísteis leyeron"),
        ("construir", "present", "construyo construyes construye construimos"),
        ("conducir", "present", "conduzco conduces conduce conducimos conducís"),
        ("conducir", "preterite", "conduje condujiste condujo condujimos"),
        ("hacer", "preterite", "hice hiciste hizo hicimos hicisteis hicieron"),
        ("venir", "future", "vendré vendrás vendrá vendremos vendréis vendrán"),
        ("traer", "subjunctive", "traiga traigas traiga traigamos traigáis traigan"),
        ("ser", "imperfect", "era eras era éramos erais eran"),
        ("gruñir", "preterite", "gruñí gruñiste gruñó gruñimos gruñisteis gruñeron"),
        ("aullar", "present", "aúllo aúllas aúlla aullamos aulláis aúllan"),
    ],
)
def test_verbs_follow_the_dictionary(infinitive, tense, forms):
    conjugated = " ".join(getattr(conjugate(infinitive), tense))
    assert conjugated.startswith(forms)


def test_plurals_move_accents_and_change_letters():
    singular = ["luz", "ratón", "autobús", "árbol", "sofá", "rey", "paella"]
    plural = ["luces", "ratones", "autobuses", "árboles", "sofás", "reyes", "paellas"]
    assert [pluralise(word) for word in singular] == plural


def test_a_feminine_noun_with_stressed_a_takes_el_in_the_singular_only():
    one = phrase("águila", female=True, plural=False, alive=True)
    many = phrase("águilas", female=True, plural=True, alive=True)
    assert (one.the, one.of, one.a) == ("el águila", "del águila", "un águila")
    assert (many.the, many.of, many.obj) == ("las águilas", "de las águilas", many.to)


def test_numbers_shorten_before_a_noun():
    assert [number(21), number(21, True), number(31, True), number(48)] == [
        "veintiuno",
        "veintiún",
        "treinta y un",
        "cuarenta y ocho",
    ]


def test_text_files_hold_the_documents_and_say_how_to_build_from_them(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(generate, "FILE_BYTES", 400_000)
    output = str(tmp_path / "text")
    assert len(generate.write(output, 1_000_000)) == 3
    first = [path.read_bytes() for path in sorted(tmp_path.glob("text/*"))]
    sources = expand(f"{output}/*.txt")
    found = [
        document.lines
        for source in sources
        for block in source.blocks()
        for document in formats.read(block)[0]
    ]
    assert found == list(generate.documents(1_000_000))
    done = subprocess.run(
        [sys.executable, "-m", "sample_corpus", "--megabytes=1", f"--output={output}2"],
        cwd=pathlib.Path(__file__).parents[1],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert f"prepare.py --corpus='{output}2/*.txt'" in done.stdout
    assert b"".join(p.read_bytes() for p in sorted(tmp_path.glob("text2/*"))) == (
        b"".join(first)
    )
