"""Embeddings of a discriminator that must not change the generator's.

Shape letters: B batch, S sequence, E embedding.
"""

import numpy as np
import tensorflow as tf

from electra_tf.model.embeddings import Embeddings


class DisentangledEmbeddings(Embeddings):
    """Embeddings of a discriminator that does not train the generator's tables.

    Each table is the sum of the generator's, without gradient, and one of its own that
    starts at 0; the layer norm is its own. Source: DeBERTaV3 (He et al., 2021),
    section 3.2, gradient-disentangled embedding sharing.
    """

    def __init__(self, base: Embeddings, **kwargs) -> None:
        super().__init__(base.config, base.vocabulary_size, **kwargs)
        self.base = base

    def total(self, input_ids_BS: tf.Tensor, segment_ids_BS: tf.Tensor) -> tf.Tensor:
        """Returns the sums of each token's rows in both sets of tables."""
        base_BSE = self.base.total(input_ids_BS, segment_ids_BS)
        own_BSE = super().total(input_ids_BS, segment_ids_BS)
        return tf.stop_gradient(base_BSE) + own_BSE

    def start_from_base(self) -> None:
        """Copies the generator's layer norm; its tables are part of the sum already."""
        norms = zip(
            self.layer_norm.variables, self.base.layer_norm.variables, strict=True
        )
        for own, theirs in norms:
            own.assign(theirs.value)

    def folded(self) -> dict[str, np.ndarray]:
        """Returns equivalent plain embeddings, by the paths of the generator's."""
        values = {
            table.path: table.numpy() + own.numpy()
            for table, own in (
                (self.base.word, self.word),
                (self.base.position, self.position),
                (self.base.token_type, self.token_type),
            )
        }
        norms = zip(
            self.base.layer_norm.variables, self.layer_norm.variables, strict=True
        )
        return values | {theirs.path: own.numpy() for theirs, own in norms}
