"""Training steps and answers of a task model, on any strategy.

Shape letters: B batch of one replica, S sequence, L outputs.
"""

from collections.abc import Callable

import tensorflow as tf

from electra_tf.finetuning.batches import Batch
from electra_tf.finetuning.losses import SumAndWeight
from electra_tf.finetuning.model import TaskModel
from electra_tf.model.dropout import Dropout, inference
from electra_tf.model.kernels import random_bits
from electra_tf.pretraining.optimizer import AdamWeightDecay


class Step:
    """Trains and asks a task model.

    Args:
        model: built inside the strategy's scope.
        optimizer: of the model's variables.
        loss: of logits, targets and weights of rows: a sum and its weight.
        dropout: rate.
        seed: of the dropout.
        strategy: whose replicas run the steps.
    """

    def __init__(
        self,
        model: TaskModel,
        optimizer: AdamWeightDecay,
        loss: Callable[[tf.Tensor, tf.Tensor, tf.Tensor], SumAndWeight],
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
        """Takes some steps.

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

    @tf.function(reduce_retracing=True)
    def answer(self, batch: Batch) -> tf.Tensor:
        """The logits of all replicas' examples, in their order."""
        logits = self._strategy.run(self._answer_replica, args=(batch,))
        return self._strategy.gather(logits, axis=0)

    def _train_replica(self, batch: Batch) -> tuple[tf.Tensor, tf.Tensor]:
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

    def _answer_replica(self, batch: Batch) -> tf.Tensor:
        return self.model(
            batch.ids_BS, batch.mask_BS, batch.segments_BS, dropout=inference()
        )
