"""A build has the same bytes with any workers, and all of the text, or fails."""

import dataclasses
import gzip
import json
import pathlib
import random

import pytest
import zstandard

from electra_tf.build import local
from electra_tf.build.config import BuildConfig, DeduplicationConfig
from electra_tf.build.result import summary
from electra_tf.build.settings import MIN_TRAIN_SHARDS
from electra_tf.corpus import blocks
from electra_tf.corpus.documents import File, expand
from electra_tf.corpus.formats import Format
from electra_tf.corpus.streams import Compression
from electra_tf.shards import checks
from electra_tf.shards.manifest import Manifest
from electra_tf.text.tokenizer import Tokenizer
from electra_tf.text.vocabulary import SPECIAL_PIECES, Vocabulary
from tests.corpus.texts import documents, files, texts_of, write_corpus


def test_shards_are_the_same_with_one_and_with_three_workers(settings):
    made = []
    for workers in (1, 3):
        output = f"{settings.output}{workers}"
        local.build(dataclasses.replace(settings, num_workers=workers, output=output))
        made.append(files(output))
    assert len(made[0]) == 3 + 1 + 2
    assert made[0] == made[1]


def test_shards_are_the_same_from_every_format_and_container(settings, tmp_path):
    texts = [text for seed in range(3) for text in documents(40, seed % 2)]
    plain = write_corpus(tmp_path / "es_part_1.txt", texts)
    contents = ["\n".join(lines) for lines in texts]
    jsonl = tmp_path / "texts.jsonl"
    jsonl.write_text("".join(json.dumps({"text": t}) + "\n" for t in contents))
    oscar = tmp_path / "oscar.jsonl"
    oscar.write_text(
        "".join(json.dumps({"content": t, "metadata": {}}) + "\n" for t in contents)
    )
    paths = [plain, str(jsonl), str(oscar)]
    for path in paths[:]:
        data = pathlib.Path(path).read_bytes()
        for name, compress in ((".gz", gzip.compress), (".zst", zstandard.compress)):
            pathlib.Path(path + name).write_bytes(compress(data))
            paths.append(path + name)
    line = 0
    with (tmp_path / "es_meta_part_1.jsonl").open("w") as index:
        for lines in texts:
            index.write(json.dumps({"offset": line, "nb_sentences": len(lines)}) + "\n")
            line += len(lines) + 1
    made, counts = {}, []
    for number, (path, format) in enumerate(
        [(path, "text" if ".txt" in path else "auto") for path in paths]
        + [(plain, "auto")]
    ):
        (source,) = expand(path, format=format)
        output = f"{settings.output}{number}"
        manifest = local.build(
            dataclasses.replace(
                settings,
                train_sources=[source],
                output=output,
                config=BuildConfig(deduplication=DeduplicationConfig(lines=True)),
                vocabulary_sample_bytes=20_000,
            )
        ).manifest
        counts.append(manifest.counts)
        made[path, source.format] = files(output)
        del made[path, source.format]["manifest.json"]
    assert len(made) == 10
    assert all(one == made[plain, Format.TEXT] for one in made.values())
    assert all(one == counts[0] for one in counts)
    assert counts[0].lines_dropped


def test_shards_do_not_depend_on_the_size_of_the_blocks(settings, monkeypatch):
    made = []
    for size in (500, 5000, 1_000_000):
        monkeypatch.setattr(blocks, "BLOCK_BYTES", size)
        output = f"{settings.output}{size}"
        local.build(dataclasses.replace(settings, output=output))
        made.append(files(output))
    assert made[0] == made[1] == made[2]


def test_what_was_dropped_is_in_the_manifest_and_in_the_summary(settings, tmp_path):
    path = tmp_path / "a.jsonl"
    lines = [json.dumps({"text": "\n".join(text)}) for text in documents(30)]
    path.write_text("\n".join([*lines, "{", '{"text": null}', "[]", '{"text": ""}']))
    sources = expand(str(path))
    result = local.build(dataclasses.replace(settings, train_sources=sources))
    counts = Manifest.load(settings.output).counts
    assert counts.documents == 30
    assert counts.documents_dropped == {
        "broken JSON": 1,
        "field 'text' is null": 1,
        "not a JSON object": 1,
        "blank": 1,
    }
    assert "30 kept, 4 dropped (1 blank, 1 broken JSON" in summary(result, "x")


def test_every_token_of_every_document_is_in_the_shards_once(settings):
    manifest = local.build(settings).manifest
    vocabulary = Vocabulary.load(f"{settings.output}/vocab.txt")
    tokenizer = Tokenizer(vocabulary, settings.text_rules)
    expected = [
        token
        for text in documents(80) + documents(40, seed=1)
        for line in tokenizer.tokenize(text).to_list()
        for token in line
    ]
    examples = {split: texts_of(settings.output, split) for split in ("train", "valid")}
    found = [token for made in examples.values() for text in made for token in text]
    assert sorted(found) == sorted(expected)
    counts = manifest.counts
    assert counts.example_tokens == counts.text_tokens == len(expected)
    assert counts.documents == 120
    assert counts.words == sum(
        len(line.split()) for text in documents(80) + documents(40, 1) for line in text
    )
    for split, made in examples.items():
        assert manifest.examples(split) == len(made)


def test_documents_survive_the_round_trip_in_order(settings):
    # Each document is one line of distinct numbers, so its order can be checked.
    generator = random.Random(0)
    numbers = [f"{n:05}" for n in range(2000)]
    generator.shuffle(numbers)
    texts = [[" ".join(numbers[i : i + 100])] for i in range(0, 2000, 100)]
    path = write_corpus(pathlib.Path(settings.output + ".txt"), texts)
    vocabulary = Vocabulary((*SPECIAL_PIECES, *sorted(numbers)))
    local.build(
        dataclasses.replace(
            settings,
            train_sources=expand(path),
            vocabulary=vocabulary,
            valid_fraction=0.0,
        )
    )
    begins = {text[0]: text for text in texts_of(settings.output, "train")}
    for text in texts:
        ids = tuple(vocabulary.ids[number] for number in text[0].split())
        position = 0
        while position < len(ids):
            piece = begins.pop(ids[position])
            assert piece == ids[position : position + len(piece)]
            position += len(piece)
    assert not begins


def test_the_manifest_describes_the_shards(settings):
    manifest = local.build(settings).manifest
    assert Manifest.load(settings.output) == manifest
    hashes = files(settings.output)
    for shard in manifest.shards:
        assert shard.sha256 == hashes[shard.name]
        assert shard.examples > 0
    for split in ("train", "valid"):
        checks.check_files(manifest, settings.output, split)
    vocabulary = Vocabulary.load(f"{settings.output}/vocab.txt")
    assert manifest.vocabulary_hash == vocabulary.hash
    assert manifest.fingerprint == vocabulary.fingerprint(manifest.text_rules)
    assert [source["path"] for source in manifest.sources] == [
        source.path for source in settings.train_sources
    ]


def test_another_seed_gives_other_shards_of_the_same_text(settings):
    first = local.build(settings).manifest
    other = dataclasses.replace(settings, seed=8, output=settings.output + "2")
    second = local.build(other).manifest
    assert first.counts == second.counts
    assert {s.sha256 for s in first.shards}.isdisjoint(s.sha256 for s in second.shards)


def test_equal_documents_are_on_the_same_side_of_the_split(settings, tmp_path):
    path = write_corpus(tmp_path / "twice.txt", documents(100) * 2)
    local.build(dataclasses.replace(settings, train_sources=expand(path), num_shards=1))
    train = set(texts_of(settings.output, "train"))
    valid = set(texts_of(settings.output, "valid"))
    # Single words come up everywhere; whole examples don't.
    assert not {text for text in train & valid if len(text) > 12}
    manifest = Manifest.load(settings.output)
    share = manifest.tokens("valid") / (
        manifest.tokens("train") + manifest.tokens("valid")
    )
    assert share == pytest.approx(0.2, abs=0.12)  # Three standard errors of 100.


def test_a_held_out_corpus_is_all_that_is_held_out(settings, tmp_path):
    valid = expand(write_corpus(tmp_path / "v.text", documents(10, seed=3)))
    manifest = local.build(dataclasses.replace(settings, valid_sources=valid)).manifest
    assert manifest.counts.documents == 130
    held_out = dataclasses.replace(
        settings,
        train_sources=valid,
        valid_fraction=0.0,
        vocabulary=Vocabulary.load(f"{settings.output}/vocab.txt"),
        output=settings.output + "2",
    )
    local.build(held_out)
    assert sorted(texts_of(settings.output, "valid")) == sorted(
        texts_of(held_out.output, "train")
    )


def test_duplicate_lines_are_removed_from_training_not_from_held_out_text(
    settings, tmp_path
):
    texts = documents(10, seed=3)
    valid = expand(write_corpus(tmp_path / "v.text", texts))
    train = expand(write_corpus(tmp_path / "t.text", texts + [["Sí."]]))
    manifest = local.build(
        dataclasses.replace(
            settings,
            train_sources=train,
            valid_sources=valid,
            config=BuildConfig(deduplication=DeduplicationConfig(lines=True)),
        )
    ).manifest
    long_lines = sum(len(line) >= 20 for text in texts for line in text)
    assert manifest.counts.lines_dropped == {"duplicate": long_lines}
    assert manifest.tokens("valid") > 20 * manifest.tokens("train")


def test_invalid_utf8_is_counted_in_the_manifest(settings, tmp_path):
    (tmp_path / "bad.text").write_bytes(b"el a\xf1o rojo\n\nla ni\xf1a \xff\n" * 9)
    sources = expand(f"{tmp_path}/bad.text")
    for dedup_lines in (False, True):
        manifest = local.build(
            dataclasses.replace(
                settings,
                train_sources=sources,
                config=BuildConfig(
                    deduplication=DeduplicationConfig(lines=dedup_lines)
                ),
                overwrite=True,
            )
        ).manifest
        assert manifest.counts.invalid_utf8 == 27


def test_the_number_of_shards_follows_from_the_size(settings):
    big = File("big.txt.gz", 2_000_000_000, Compression.GZIP)
    by_size = dataclasses.replace(settings, train_sources=[big], num_shards=0)
    shards = by_size.shards_per_split
    # 2 GB of gzip are 5.6 GB of text and 3.4 GB of shards; a fifth is held out.
    assert shards["train"] == MIN_TRAIN_SHARDS
    assert 6 <= shards["valid"] <= 8
    # Ten times that are 336 shards of 100 MB: a number that many hosts can share.
    bigger = dataclasses.replace(big, bytes=10 * big.bytes)
    by_size = dataclasses.replace(by_size, train_sources=[bigger])
    assert by_size.shards_per_split["train"] == 4 * MIN_TRAIN_SHARDS
    assert dataclasses.replace(settings, num_shards=0).shards_per_split == {
        "train": MIN_TRAIN_SHARDS,
        "valid": 1,
    }
    none = dataclasses.replace(settings, valid_fraction=0.0)
    assert none.shards_per_split == {"train": 3, "valid": 0}
