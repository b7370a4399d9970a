"""One of several equal texts is kept: the held-out one, else the first."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings, strategies

from electra_tf.build import duplicates, local
from electra_tf.build.config import BuildConfig, DeduplicationConfig
from electra_tf.build.duplicates import SurveyWriter
from electra_tf.build.journal import Journal
from electra_tf.build.stages import DUPLICATE, KEPT
from electra_tf.build.survey import BlockSurvey
from electra_tf.corpus.documents import expand
from tests.corpus.texts import documents, texts_of, write_corpus


@dataclasses.dataclass
class Text:
    """Hashes of a document and of its lines."""

    is_train: bool
    number: int
    lines: list[int]


TEXTS = strategies.lists(
    strategies.builds(
        Text,
        strategies.booleans(),
        strategies.integers(1, 6).map(lambda number: number * 2**60 + 64),
        strategies.lists(strategies.integers(0, 9), max_size=5),
    ),
    max_size=30,
)


def survey(texts: list[Text]) -> BlockSurvey:
    return BlockSurvey(
        is_train_D=np.array([text.is_train for text in texts], bool),
        num_lines_D=np.array([len(text.lines) for text in texts], np.int32),
        document_hashes_D=np.array([text.number for text in texts], np.uint64),
        line_hashes_L=np.array([n for text in texts for n in text.lines], np.uint64),
        bands_DB=np.zeros([len(texts), 0], np.uint64),
        signatures_DP=np.zeros([len(texts), 0], np.uint32),
        text_bytes=1,
    )


def first_ones_are_kept(keys: list[tuple[int, bool]]) -> list[bool]:
    """Whether each pair of hash and is_train is the first with that hash."""
    best: dict[int, tuple[bool, int]] = {}
    for place, (number, is_train) in enumerate(keys):
        best[number] = min(best.get(number, (True, 10**9)), (is_train, place))
    return [
        best[number] == (is_train, place)
        for place, (number, is_train) in enumerate(keys)
    ]


@given(TEXTS, strategies.integers(1, 7), strategies.booleans(), strategies.booleans())
@settings(deadline=None, max_examples=60)
def test_decisions_are_those_of_a_search_through_all(
    tmp_path_factory, texts, block_size, lines, exact
):
    directory = str(tmp_path_factory.mktemp("survey"))
    journal = Journal(directory)
    writer = SurveyWriter(journal)
    blocks = [texts[i : i + block_size] for i in range(0, len(texts), block_size)]
    for block in blocks:
        writer.append(survey(block))
    journal.commit({})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duplicates, "MAX_ROWS", 4)
        patch.setattr(duplicates, "_CHUNK", 3)
        duplicates.resolve(directory, DeduplicationConfig(documents=exact, lines=lines))
    marks = list(duplicates.read_marks(directory))

    assert [len(mark.documents_D) for mark in marks] == [len(block) for block in blocks]
    kept = [True] * len(texts)
    if exact:
        kept = first_ones_are_kept([(text.number, text.is_train) for text in texts])
    found = [mark for block in marks for mark in block.documents_D.tolist()]
    assert found == [KEPT if keep else DUPLICATE for keep in kept]

    candidates = [
        (number, text.is_train)
        for text, keep in zip(texts, kept, strict=True)
        for number in text.lines
        if keep and number  # 0: too short.
    ]
    expected = iter(first_ones_are_kept(candidates))
    found_lines = iter([mark for block in marks for mark in block.lines_L.tolist()])
    for text, keep in zip(texts, kept, strict=True):
        for number in text.lines:
            is_duplicate = next(found_lines)
            if keep:
                wanted = not next(expected) if number else False
                assert is_duplicate == (wanted and lines)


def deduplicated(settings, **rules):
    config = BuildConfig(deduplication=DeduplicationConfig(**rules))
    return dataclasses.replace(settings, config=config)


def long_texts(count: int, seed: int) -> list[list[str]]:
    """Documents of 40 lines, so that one word of one line is little."""
    return [
        [line for text in documents(6, seed * 1000 + number) for line in text][:40]
        for number in range(count)
    ]


@pytest.mark.parametrize("held_out", [False, True])
def test_near_duplicates_are_kept_out_of_training(settings, tmp_path, held_out):
    """Copies of held-out documents too, although they are read first."""
    originals = long_texts(12, seed=1)
    edited = [[*lines[:20], "uvas", *lines[20:]] for lines in originals]
    others = long_texts(9, seed=2)
    write_corpus(tmp_path / "a.text", [*others, *edited])
    write_corpus(tmp_path / "b.text", originals)
    train, valid = f"{tmp_path}/a.text", f"{tmp_path}/b.text"
    made = dataclasses.replace(
        deduplicated(settings, near_documents=0.7),
        train_sources=expand(train if held_out else f"{train},{valid}"),
        valid_sources=expand(valid if held_out else ""),
        valid_fraction=0.0,
    )
    manifest = local.build(made).manifest
    assert manifest.counts.documents_dropped == {"near-duplicate": 12}
    assert manifest.counts.documents == 21
    kept_edited = any(
        "uvas" in " ".join(t).replace(" ##", "") for t in words(made.output, "train")
    )
    assert kept_edited != held_out


def words(directory: str, split: str) -> list[list[str]]:
    """The pieces of every example."""
    with open(f"{directory}/vocab.txt") as file:
        pieces = file.read().split("\n")
    return [[pieces[i] for i in ids] for ids in texts_of(directory, split)]


def test_no_held_out_line_is_in_training_when_lines_are_unique(settings, tmp_path):
    shared = documents(30, seed=5)
    write_corpus(tmp_path / "a.txt", shared)
    write_corpus(tmp_path / "b.txt", [text[::-1] for text in shared])
    manifest = local.build(deduplicated(settings, lines=True)).manifest
    long = [line for text in shared for line in text if len(line) >= 20]
    assert manifest.counts.lines_dropped["duplicate"] == len(long)
    train = {tuple(t) for t in words(settings.output, "train") if len(t) > 20}
    valid = {tuple(t) for t in words(settings.output, "valid") if len(t) > 20}
    assert train and valid and not train & valid


def test_equal_documents_are_kept_once_and_counted(settings, tmp_path):
    texts = documents(30, seed=6)
    write_corpus(tmp_path / "a.txt", texts)
    write_corpus(tmp_path / "b.txt", [*texts[:10], ["y una línea nueva que no está"]])
    manifest = local.build(deduplicated(settings, documents=True)).manifest
    assert manifest.counts.documents_dropped == {"duplicate": 10}
    assert manifest.counts.documents == 31


def test_duplicate_marks_outlive_the_change_of_block_size_between_two_builds(settings):
    made = []
    for size in (3_000, 50_000):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("electra_tf.corpus.blocks.BLOCK_BYTES", size)
            output = f"{settings.output}{size}"
            rules = deduplicated(settings, lines=True, documents=True)
            vocabulary = local.build(dataclasses.replace(rules, output=output)).manifest
            made.append([(s.sha256, s.examples) for s in vocabulary.shards])
    assert made[0] == made[1]
