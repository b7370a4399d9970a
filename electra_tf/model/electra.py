"""Generator and discriminator over one set of embeddings."""

import keras

from electra_tf.config import ModelConfig, Precision
from electra_tf.model.discriminator import Discriminator
from electra_tf.model.embeddings import Embeddings
from electra_tf.model.generator import Generator
from electra_tf.model.initialization import initialize


class Electra(keras.Model):
    """The two networks of a pre-training run, built and initialised.

    Every variable exists when the constructor returns: make it inside the strategy's
    scope. `generator` and `discriminator` are called one after the other by the
    training step, which samples in between; the pair has no call of its own.

    Args:
        config: sizes of both networks.
        vocabulary_size: number of pieces, from the vocabulary's file.
        precision: of matrix products; variables are float32 always.
        seed: of the initial weights.
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
        # Float32 in every policy: tables and their layer norm are not matrix products.
        self.embeddings = Embeddings(
            config, vocabulary_size, name="embeddings", dtype="float32"
        )
        self.generator = Generator(
            config, self.embeddings, name="generator", dtype=policy
        )
        self.discriminator = Discriminator(
            config, self.embeddings, name="discriminator", dtype=policy
        )
        self.build()
        initialize(self.trainable_variables, config.initializer_range, seed)

    def build(self, input_shape=None) -> None:
        """Makes the variables of all three parts, the shared ones once."""
        self.embeddings.build()
        self.generator.build()
        self.discriminator.build()
        self.built = True
