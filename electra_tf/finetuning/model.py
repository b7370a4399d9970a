"""An encoder with a head for a task, and the learning rates of its layers.

Heads have the layers and dropout of transformers' ElectraForTokenClassification,
ElectraForSequenceClassification and ElectraForQuestionAnswering (no dropout in the
last one's head). Shape letters: B batch, S sequence, E embedding, D hidden, L outputs.
"""

import re
from collections.abc import Sequence

import keras
import tensorflow as tf

from electra_tf.model.dropout import Dropout
from electra_tf.model.electra import Electra
from electra_tf.model.encoder import DenseGelu, dense
from electra_tf.model.initialization import initialize
from electra_tf.model.kernels import expressions


class TaskModel(keras.Model):
    """The discriminator's encoder with a new head; build it in the strategy's scope.

    Args:
        electra: its embeddings and discriminator are fine-tuned in place.
        head: "token" or "span" (a linear layer at every token), or "text" (dense, GELU
            and a linear layer at [CLS]).
        outputs: L.
        seed: draws the head's initial weights. They are Glorot's, as in the reference:
            with transformers' initializer_range a narrow network may stay at chance.
    """

    def __init__(self, electra: Electra, head: str, outputs: int, seed: int) -> None:
        super().__init__(name="task", dtype=electra.dtype_policy)
        self.embeddings = electra.embeddings
        self.encoder = electra.discriminator.encoder
        self.head = head
        self.outputs_per_answer = outputs
        width, policy = self.encoder.sizes.hidden_size, self.dtype_policy
        self.head_dense = (
            DenseGelu(width, policy, "classifier_dense") if head == "text" else None
        )
        self.head_product = dense(outputs, policy, "classifier_out")
        layers = [layer for layer in (self.head_dense, self.head_product) if layer]
        for layer in layers:
            layer.build((None, width))
            initialize(layer.variables, electra.config.initializer_range, seed)
        self.built = True

    def call(
        self,
        ids_BS: tf.Tensor,
        mask_BS: tf.Tensor,
        segments_BS: tf.Tensor,
        dropout: Dropout,
    ) -> tf.Tensor:
        """Float32 logits, [B, L] for texts or [B, S, L] for tokens."""
        embedded_BSE = self.embeddings(ids_BS, segments_BS)
        last_BSD = self.encoder(embedded_BSE, mask_BS, dropout=dropout).last_BSD
        if self.head_dense is None:
            hidden_ND = tf.reshape(last_BSD, (-1, self.encoder.sizes.hidden_size))
        else:
            first_BD = dropout(expressions.apply_dropout, last_BSD[:, 0])
            hidden_ND = self.head_dense(first_BD, dropout=dropout)
        if self.head != "span":
            hidden_ND = dropout(expressions.apply_dropout, hidden_ND)
        logits_NL = tf.cast(self.head_product(hidden_ND), "float32")
        if self.head == "text":
            return logits_NL
        shape = tf.concat([tf.shape(ids_BS), [self.outputs_per_answer]], axis=0)
        return tf.reshape(logits_NL, shape)


def rates(variables: Sequence[keras.Variable], decay: float) -> dict[str, float]:
    """Factors of the learning rate by path: 1 for head and top layer, less below.

    Layer i of n has decay ** (n - 1 - i), the embeddings and their projection have
    decay ** n (paper, appendix B). A difference from the reference
    (model/optimization.py, _get_layer_lrs), whose top layer has decay ** 2.

    Args:
        variables: the variables of a task model.
        decay: rate of a layer / rate of the layer above it.
    """
    layers = [re.search(r"/layer_(\d+)/", variable.path) for variable in variables]
    number = 1 + max(int(match[1]) for match in layers if match)
    multipliers = {}
    for variable, match in zip(variables, layers, strict=True):
        below = number if "embeddings" in variable.path else 0
        if match:
            below = number - 1 - int(match[1])
        multipliers[variable.path] = decay**below
    return multipliers
