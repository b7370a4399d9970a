"""A small model with random weights and Spanish words, for tests of the exports."""

import pathlib

import tensorflow as tf

from electra_tf.config import ModelConfig
from electra_tf.interop import huggingface, huggingface_tokenizer
from electra_tf.model.electra import Electra
from electra_tf.pretraining import loop
from electra_tf.pretraining.workdir import Workdir
from electra_tf.text.vocabulary import SPECIAL_PIECES, TextRules, Vocabulary
from tests import small

LENGTH = 12
WORDS = "el la niño niña años año ano tiene ##s ro ##jo corre , . 3"
VOCABULARY = Vocabulary((*SPECIAL_PIECES, *WORDS.split()))
CONFIG = ModelConfig(
    hidden_size=32,
    num_layers=2,
    num_heads=2,
    intermediate_size=64,
    embedding_size=16,
    max_position_embeddings=LENGTH,
    initializer_range=0.2,  # So large that a mistake shows.
)
TEXTS = ["El niño tiene 3 años.", "", "rojo", "la niña corre, " * 5]


def random_model(seed: int = 0) -> Electra:
    """Biases and norms are random too: at 0 and 1 a swap of them would not show."""
    model = Electra(CONFIG, len(VOCABULARY), seed=seed)
    for index, variable in enumerate(model.variables):
        noise = tf.random.stateless_normal(variable.shape, (seed, index), stddev=0.1)
        variable.assign_add(noise)
    return model


def huggingface_directory(directory: str) -> str:
    """Writes `random_model` as a Hugging Face directory."""
    huggingface.write(directory, random_model(), "discriminator", 0)
    huggingface_tokenizer.write(directory, VOCABULARY, TextRules(), LENGTH)
    return directory


def batch() -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Ids, mask and segments [2, 10]: two segments, and padding."""
    ids = [[2, 5, 7, 12, 3, 6, 8, 16, 3, 0], [2, 5, 10, 3, 0, 0, 0, 0, 0, 0]]
    segments = [[0, 0, 0, 0, 0, 1, 1, 1, 1, 0], [0] * 10]
    ids_BS = tf.constant(ids)
    return ids_BS, tf.cast(ids_BS > 0, "int32"), tf.constant(segments)


def trained_run(directory: pathlib.Path) -> Workdir:
    """A run of ten steps on the made-up shards."""
    config = small.config(small.write(directory / "data"), num_train_steps=10)
    workdir = Workdir(str(directory / "run"))
    loop.train(config, workdir, tf.distribute.get_strategy())
    return workdir
