"""Texts for builds, and what they made."""

import hashlib
import pathlib
import random

import tensorflow as tf

from electra_tf.build.config import BuildConfig
from electra_tf.build.settings import BuildSettings
from electra_tf.corpus.documents import expand
from electra_tf.shards import records
from electra_tf.shards.manifest import Manifest
from electra_tf.text.vocabulary import TextRules

WORDS = [
    "el",
    "la",
    "zorro",
    "rojo",
    "roja",
    "muy",
    "ser",
    "casa",
    "año",
    "niña",
    "corre",
    "salta",
    "dice",
    "que",
    "de",
    "y",
]


def documents(count: int, seed: int = 0) -> list[list[str]]:
    generator = random.Random(seed)
    return [
        [
            " ".join(generator.choices(WORDS, k=generator.randint(1, 40))) + "."
            for _ in range(generator.randint(1, 30))
        ]
        for _ in range(count)
    ]


def write_corpus(path: pathlib.Path, texts: list[list[str]]) -> str:
    path.write_text("\n\n".join("\n".join(lines) for lines in texts))
    return str(path)


def files(directory: str) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in pathlib.Path(directory).iterdir()
    }


def texts_of(directory: str, split: str) -> list[tuple[int, ...]]:
    """The token ids of every example, without special ones."""
    manifest = Manifest.load(directory)
    special = set(manifest.special_ids) - {manifest.special_ids.unk}
    paths = [f"{directory}/{shard.name}" for shard in manifest.split(split)]
    dataset = tf.data.TFRecordDataset(paths).batch(64)
    dataset = dataset.map(
        lambda x: records.parse_batch(
            x, manifest.record_format, manifest.max_seq_length, manifest.special_ids.pad
        )
    )
    return [
        tuple(token for token in row if token not in special)
        for batch in dataset
        for row in batch.input_ids_BS.numpy().tolist()
    ]


def build_of(pattern: str, output: str) -> BuildSettings:
    """Settings of a build of files, with three shards of each split."""
    return BuildSettings(
        train_sources=expand(pattern),
        valid_sources=[],
        output=output,
        text_rules=TextRules(),
        vocabulary=None,
        vocabulary_size=60,
        vocabulary_sample_bytes=100_000,
        max_seq_length=32,
        valid_fraction=0.2,
        num_workers=1,
        num_shards=3,
        seed=7,
        config=BuildConfig(),
        report="",
        language="",
        overwrite=False,
        command="prepare.py",
    )
