"""Models and batches that carry the recorded values of the reference."""

import dataclasses
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from electra_tf.batch import Batch, SpecialIds
from electra_tf.config import Config, DataConfig, ModelConfig
from electra_tf.interop.tf1 import variable_path
from electra_tf.model.electra import Electra
from electra_tf.model.masking import MaskedBatch
from tests.golden import make_golden

SPECIAL_IDS = SpecialIds(pad=0, unk=1, cls=2, sep=3, mask=4)


class Case(NamedTuple):
    """A model with the recorded weights, its inputs, and all recorded arrays."""

    arrays: dict[str, np.ndarray]
    config: Config
    model: Electra
    batch: Batch
    masked: MaskedBatch
    sampled_ids_BM: tf.Tensor


def load(name: str) -> Case:
    """Case "a": no projection in the generator. "b": one, and a doubled position."""
    arrays = make_golden.load(name)
    config = Config(
        model=GoldenModelConfig(
            hidden_size=32,
            num_layers=2,
            num_heads=2,
            intermediate_size=64,
            embedding_size=16,
            generator_fraction={"a": 0.5, "b": 0.25}[name],
            max_position_embeddings=32,
            dropout=0.0,
        ),
        data=DataConfig(max_seq_length=16, global_batch_size=2),
        learning_rate=5e-4,
        warmup_steps=5,
        num_train_steps=20,
    )
    model = Electra(config.model, 100)
    weights = by_path(arrays, "var/")
    for variable in model.trainable_variables:
        variable.assign(weights[variable.path])

    def inputs(*names: str) -> list[tf.Tensor]:
        return [tf.constant(arrays[f"in/{name}"]) for name in names]

    batch = Batch(*inputs("input_ids", "input_mask", "segment_ids"))
    masked = MaskedBatch(
        *inputs(
            "masked_input_ids",
            "masked_lm_positions",
            "masked_lm_ids",
            "masked_lm_weights",
        )
    )
    return Case(arrays, config, model, batch, masked, *inputs("sampled_ids"))


def by_path(arrays: dict[str, np.ndarray], prefix: str) -> dict[str | None, np.ndarray]:
    """The arrays recorded under a prefix, by the paths of our variables."""
    return {
        variable_path(name.removeprefix(prefix)): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }


class GoldenModelConfig(ModelConfig):
    """The reference's generator has 4 x hidden feed-forward, whatever is asked."""

    @property
    def generator(self):
        """Sizes with the reference's own rule."""
        sizes = super().generator
        return dataclasses.replace(sizes, intermediate_size=4 * sizes.hidden_size)
