"""Training steps and predictions of a task model, on any strategy.

Shape letters: N examples, B batch, S sequence, L outputs.
"""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from electra_tf.finetuning import batches
from electra_tf.finetuning.batches import TaskBatch
from electra_tf.finetuning.features import Features
from electra_tf.finetuning.model import TaskModel
from electra_tf.model.dropout import Dropout, inference
from electra_tf.model.kernels import random_bits
from electra_tf.pretraining.losses import WeightedSum
from electra_tf.pretraining.optimizer import AdamWeightDecay


class FinetuneStep:
    """Trains a task model and computes its logits.

    Args:
        model: built inside the strategy's scope.
        optimizer: updates the model's variables.
        loss: loss of logits, targets and weights of the rows.
        dropout: rate.
        seed: draws the dropout.
        strategy: its replicas run the steps.
    """

    def __init__(
        self,
        model: TaskModel,
        optimizer: AdamWeightDecay,
        loss: Callable[[tf.Tensor, tf.Tensor, tf.Tensor], WeightedSum],
        dropout: float,
        seed: int,
        strategy: tf.distribute.Strategy,
    ) -> None:
        self.model = model
        self.optimizer = optimizer
        self._loss = loss
        self._dropout = dropout
        self._seed = seed
        self._strategy = strategy

    @tf.function
    def train(self, iterator, steps: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Takes `steps` optimizer steps without returning to Python.

        Returns:
            The sum of their losses, and the last gradient's norm before clipping.
        """
        total, norm = tf.constant(0.0), tf.constant(0.0)
        for _ in tf.range(steps):
            losses, norms = self._strategy.run(
                self._train_replica, args=(next(iterator),)
            )
            total += self._strategy.reduce(tf.distribute.ReduceOp.SUM, losses, None)
            norm = self._strategy.experimental_local_results(norms)[0]
        return total, norm

    def logits(self, features: Features, batch_size: int) -> np.ndarray:
        """Float32 logits of all examples, [N, L] for texts or [N, S, L] for tokens."""
        order = batches.by_length(features, batch_size)
        shape = features.ids_NS.shape[: 1 if self.model.head == "text" else 2]
        logits = np.zeros((*shape, self.model.outputs_per_answer), np.float32)
        dataset = batches.dataset(features, order, self._strategy)
        for rows_B, batch in zip(order, dataset, strict=True):
            is_real_B = rows_B >= 0
            ours = self._predict(batch).numpy()[is_real_B]
            # A truncated batch has no logits for the padding at its rows' ends.
            inner = [slice(size) for size in ours.shape[1:]]
            logits[(rows_B[is_real_B], *inner)] = ours
        return logits

    @tf.function(reduce_retracing=True)
    def _predict(self, batch: TaskBatch) -> tf.Tensor:
        """The logits of all replicas' examples, in their order."""
        logits = self._strategy.run(self._predict_replica, args=(batch,))
        return self._strategy.gather(logits, axis=0)

    def _train_replica(self, batch: TaskBatch) -> tuple[tf.Tensor, tf.Tensor]:
        context = tf.distribute.get_replica_context()
        seed = random_bits.for_site(
            random_bits.seed(self._seed), tf.cast(self.optimizer.iterations, "int32")
        )
        seed = random_bits.for_part(seed, context.replica_id_in_sync_group)
        variables = [variable.value for variable in self.model.trainable_variables]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(variables)
            logits = self.model(
                batch.ids_BS,
                batch.mask_BS,
                batch.segments_BS,
                dropout=Dropout(self._dropout, seed),
            )
            total, weight = self._loss(logits, batch.targets, batch.weights_B)
            weight = context.all_reduce(tf.distribute.ReduceOp.SUM, weight)
            share = total / tf.maximum(weight, 1.0)
        gradients = tape.gradient(share, variables)
        gradients = [tf.convert_to_tensor(gradient) for gradient in gradients]
        gradients = context.all_reduce(tf.distribute.ReduceOp.SUM, gradients)
        return share, self.optimizer.apply(gradients)

    def _predict_replica(self, batch: TaskBatch) -> tf.Tensor:
        return self.model(
            batch.ids_BS, batch.mask_BS, batch.segments_BS, dropout=inference()
        )
