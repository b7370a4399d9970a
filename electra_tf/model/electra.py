"""The pair of generator and discriminator with shared embeddings."""

import keras
import numpy as np

from electra_tf.config import ModelConfig, PositionInitializer, Precision
from electra_tf.model.discriminator import Discriminator
from electra_tf.model.embeddings import Embeddings
from electra_tf.model.generator import Generator
from electra_tf.model.initialization import initialize, sinusoids

OWN_EMBEDDINGS = "own_embeddings"
"""Part of the paths of the variables of disentangled embeddings."""


class Electra(keras.Model):
    """The two networks of a pre-training run, built and initialised.

    Every variable exists when the constructor returns: make it inside the strategy's
    scope. `generator` and `discriminator` are called one after the other by the
    training step, which samples in between; the pair has no call of its own.

    Args:
        config: sizes of both networks.
        vocabulary_size: number of pieces.
        precision: precision of matrix products; variables are always float32.
        seed: seed of the initial weights.
    """

    def __init__(
        self,
        config: ModelConfig,
        vocabulary_size: int,
        precision: Precision = Precision.FLOAT32,
        seed: int = 0,
    ) -> None:
        policy = keras.DTypePolicy(precision.value)
        super().__init__(name="electra", dtype=policy)
        self.config = config
        # Float32 in every policy: table lookups and layer norm are not matrix products.
        self.embeddings = Embeddings(
            config, vocabulary_size, name="embeddings", dtype="float32"
        )
        self.generator = Generator(
            config, self.embeddings, name="generator", dtype=policy
        )
        discriminator_embeddings = self.embeddings
        if config.disentangled_embeddings:
            from electra_tf.model.disentangled import DisentangledEmbeddings

            discriminator_embeddings = DisentangledEmbeddings(
                self.embeddings, name=OWN_EMBEDDINGS, dtype="float32"
            )
        self.discriminator = Discriminator(
            config, discriminator_embeddings, name="discriminator", dtype=policy
        )
        self.build()
        random = [v for v in self.trainable_variables if OWN_EMBEDDINGS not in v.path]
        initialize(random, config.initializer_range, seed)
        if config.position_initializer is PositionInitializer.SINUSOIDAL:
            table = sinusoids(config.max_position_embeddings, config.embedding_size)
            self.embeddings.position.assign(config.initializer_range * table)

    def build(self, input_shape=None) -> None:
        """Makes the variables of embeddings, generator and discriminator."""
        self.embeddings.build()
        self.generator.build()
        self.discriminator.build()
        self.built = True

    def paths(self, network: str) -> list[str]:
        """Returns the paths of the weights that one network needs by itself.

        Args:
            network: "discriminator" or "generator".
        """
        prefixes = ("electra/embeddings/", f"electra/{network}/")
        return [
            variable.path
            for variable in self.variables
            if variable.path.startswith(prefixes)
            and OWN_EMBEDDINGS not in variable.path
        ]

    def values(self, network: str) -> dict[str, np.ndarray]:
        """Returns the weights at `paths`, with disentangled embeddings folded in."""
        variables = {variable.path: variable for variable in self.variables}
        values = {path: variables[path].numpy() for path in self.paths(network)}
        return values | getattr(self, network).embeddings.folded()
