"""Finds a pre-trained encoder in a run, an export or a Hugging Face directory."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from electra_tf import files
from electra_tf.config import ModelConfig, Precision
from electra_tf.interop import (
    huggingface,
    huggingface_config,
    huggingface_reader,
    huggingface_tokenizer,
    initial_weights,
    stored_weights,
)
from electra_tf.model.electra import Electra
from electra_tf.pretraining import positions
from electra_tf.pretraining.workdir import Workdir
from electra_tf.shards.manifest import VOCABULARY_NAME
from electra_tf.text.vocabulary import TextRules, Vocabulary
from electra_tf.training import checkpoint_files, checkpoints

PARTS = ("discriminator", "huggingface/discriminator")
"""Where an export, or a pair of networks, has its discriminator."""


class PretrainedEncoder(NamedTuple):
    """Where an encoder's weights are, its sizes and its vocabulary."""

    path: str
    """Directory to load with `initial_weights.give`."""
    checkpoint: str
    """Step of a working directory's checkpoint; "latest" for other directories."""
    weights: str
    """Digest of the weights' files, 16 hexadecimal digits."""
    config: ModelConfig
    vocabulary: Vocabulary
    text_rules: TextRules
    trained_length: int
    """Tokens of the longest training example; later positions are untrained."""


def find(path: str, checkpoint: str = checkpoint_files.LATEST) -> PretrainedEncoder:
    """Reads what a directory says about its encoder; loads no weights.

    Args:
        path: a working directory of pretrain.py; a directory of export.py with
            `huggingface/` in it; or a Hugging Face directory with vocab.txt.
        checkpoint: of a working directory: see `checkpoint_files.select`.

    Raises:
        ValueError: the directory holds no usable encoder.
    """
    if workdir := stored_weights.run_at(path):
        return _from_workdir(workdir, checkpoint)
    if checkpoint != checkpoint_files.LATEST:
        raise ValueError(
            f"--checkpoint={checkpoint} needs a working directory, and --model={path} "
            "is none: leave the flag out."
        )
    if directories := stored_weights.huggingface_directories(path, PARTS):
        return _from_huggingface(directories[0].rstrip("/"))
    raise ValueError(
        f"--model={path!r} is neither a working directory of pretrain.py nor an export "
        "with huggingface/ in it (export.py --formats=huggingface) nor a Hugging Face "
        "directory."
    )


def build(
    encoder: PretrainedEncoder, precision: Precision, random_seed: int | None
) -> Electra:
    """Builds the model; call it inside the strategy's scope.

    Args:
        encoder: the value of `find`.
        precision: precision of matrix products.
        random_seed: seed for random weights; None loads the pre-trained ones.
    """
    model = Electra(
        encoder.config, len(encoder.vocabulary), precision, random_seed or 0
    )
    if random_seed is None:
        initial_weights.give(
            model,
            encoder.path,
            encoder.vocabulary,
            encoder.text_rules,
            encoder.checkpoint,
        )
    return model


def _from_workdir(workdir: Workdir, checkpoint: str) -> PretrainedEncoder:
    config = workdir.config().model
    config.disentangled_embeddings = False  # Loading folds them, as exports do.
    directory = workdir.checkpoints
    step = checkpoint_files.select(directory, checkpoint)
    # The index holds the CRC of each tensor.
    index = checkpoint_files.prefix(directory, step) + ".index"
    try:
        counts_P = checkpoints.read_counter(directory, step, positions.CHECKPOINT_KEY)
    except tf.errors.OpError as error:
        there = ", ".join(map(str, checkpoint_files.steps(directory)))
        raise ValueError(
            f"The checkpoint of step {step} in {directory} can't be read "
            f"({files.reason(error)}): choose another by --checkpoint ({there})."
        ) from error
    length = workdir.config().data.max_seq_length
    if counts_P is not None and counts_P.any():
        length = int(np.flatnonzero(counts_P)[-1]) + 1
    return PretrainedEncoder(
        workdir.path,
        str(step),
        files.sha256(index)[:16],
        config,
        workdir.vocabulary(),
        workdir.manifest().text_rules,
        length,
    )


def _from_huggingface(directory: str) -> PretrainedEncoder:
    network = huggingface_config.read(directory)
    if network.network == "generator":
        raise ValueError(
            f"{directory} is a generator, which is thrown away after pre-training: "
            "give the discriminator's directory."
        )
    weights_path = huggingface_reader.weights_path(directory)
    huggingface_config.check_sizes(directory, weights_path, network)
    rules = huggingface_tokenizer.read_text_rules(directory)
    if rules is None:
        raise ValueError(
            f"{directory} has no {huggingface_tokenizer.CONFIG_NAME}, which says how "
            "case and accents are treated: copy it too."
        )
    config = network.model_config()
    vocabulary = Vocabulary.load(tf.io.gfile.join(directory, VOCABULARY_NAME))
    if network.vocab_size != len(vocabulary):
        raise ValueError(
            f"{directory}/{huggingface.CONFIG_NAME} says "
            f"vocab_size={network.vocab_size}, but {VOCABULARY_NAME} beside it has "
            f"{len(vocabulary)} pieces: copy the one that the model was trained with."
        )
    length = huggingface_tokenizer.read_max_length(directory)
    return PretrainedEncoder(
        directory,
        checkpoint_files.LATEST,
        files.sha256(weights_path)[:16],
        config,
        vocabulary,
        rules,
        min(length or config.max_position_embeddings, config.max_position_embeddings),
    )
