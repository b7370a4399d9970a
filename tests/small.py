"""Small shards of a made-up language, for tests of what reads them."""

import hashlib
import pathlib
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from electra_tf.config import Config, DataConfig, JitCompile, ModelConfig
from electra_tf.shards import record_writer
from electra_tf.shards.manifest import Manifest, RecordFormat, Shard
from electra_tf.text.vocabulary import SPECIAL_PIECES, TextRules, Vocabulary
from sample_corpus import generate

LENGTH = 16
WORDS = 20


def text(directory: str | pathlib.Path, megabytes: int = 1) -> str:
    """Writes generated Spanish text; returns the glob of its files."""
    generate.write(str(directory), megabytes * 1_000_000)
    return f"{directory}/*.txt"


def vocabulary() -> Vocabulary:
    """The special pieces and as many words."""
    return Vocabulary((*SPECIAL_PIECES, *(f"w{i}" for i in range(WORDS))))


def examples(number: int, seed: int) -> list[list[int]]:
    """Texts that repeat one word, so that every token can be told from the others."""
    rng = np.random.default_rng(seed)
    special = vocabulary().special_ids
    texts = []
    for _ in range(number):
        length = int(rng.integers(6, LENGTH - 1))
        word = len(special) + int(rng.integers(WORDS))
        texts.append([special.cls, *[word] * length, special.sep])
    return texts


def numbered_examples(number: int, seed: int) -> list[list[int]]:
    """Texts of one length that spell their seed and their place: `number_of` reads it.

    For places below 1000.
    """
    special = vocabulary().special_ids
    return [
        [
            special.cls,
            *(
                len(special) + (1000 * seed + place) // WORDS**digit % WORDS
                for digit in range(6)
            ),
            special.sep,
        ]
        for place in range(number)
    ]


def number_of(input_ids: Sequence[int]) -> int:
    """1000 x seed + place of one of `numbered_examples`, padded or not."""
    digits = [int(piece) - len(vocabulary().special_ids) for piece in input_ids[1:7]]
    return sum(digit * WORDS**power for power, digit in enumerate(digits))


def serialized(input_ids: list[int], first_segment_length: int) -> bytes:
    """One example in the COMPACT format."""
    ids, lengths = np.array(input_ids), np.array([len(input_ids)])
    return record_writer.serialize(ids, lengths, np.array([first_segment_length]))[0]


def write(
    directory: pathlib.Path,
    train_shards: int = 4,
    per_shard: int = 24,
    texts_of: Callable[[int, int], list[list[int]]] = examples,
) -> str:
    """Writes a data directory and returns its path.

    The seed of a training shard's texts is its number; of the held-out ones', 1000.
    """
    directory.mkdir(parents=True)
    shards = []
    names = [("train", i) for i in range(train_shards)] + [("valid", 0)]
    for split, index in names:
        name = f"{split}-{index:05}.tfrecord"
        texts = texts_of(per_shard, index + 1000 * (split == "valid"))
        with tf.io.TFRecordWriter(str(directory / name)) as writer:
            for text in texts:
                writer.write(serialized(text, len(text)))
        content = (directory / name).read_bytes()
        shards.append(
            Shard(
                name,
                split,
                len(texts),
                sum(map(len, texts)),
                len(content),
                hashlib.sha256(content).hexdigest(),
            )
        )
    pieces, rules = vocabulary(), TextRules()
    pieces.save(str(directory / "vocab.txt"))
    Manifest(
        record_format=RecordFormat.COMPACT,
        text_rules=rules,
        vocabulary_hash=pieces.hash,
        fingerprint=pieces.fingerprint(rules),
        special_ids=pieces.special_ids,
        vocabulary_size=len(pieces),
        max_seq_length=LENGTH,
        shards=tuple(shards),
    ).save(str(directory))
    return str(directory)


def config(directory: str, **overrides) -> Config:
    """A run of seconds on these shards."""
    fields = {
        "model": ModelConfig(
            hidden_size=32,
            num_layers=2,
            num_heads=2,
            intermediate_size=64,
            embedding_size=16,
            generator_fraction=0.5,
            max_position_embeddings=LENGTH,
        ),
        "data": DataConfig(
            directory=directory,
            max_seq_length=LENGTH,
            global_batch_size=8,
            shuffle_buffer=32,
        ),
        "learning_rate": 5e-3,
        "warmup_steps": 4,
        "num_train_steps": 20,
        "steps_per_loop": 5,
        "log_every": 5,
        "eval_every": 10,
        "checkpoint_every": 10,
        "seed": 3,
        "peak_teraflops": 1.0,  # Measuring it takes longer than the run.
        "jit_compile": JitCompile.OFF,  # A tiny model takes longer to compile.
    }
    return Config(**(fields | overrides))
