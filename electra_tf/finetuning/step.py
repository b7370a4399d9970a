"""Training steps and answers of a task model, on any strategy.

Shape letters: B batch of one replica, S sequence, L outputs.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from electra_tf.finetuning.features import Features
from electra_tf.finetuning.losses import SumAndWeight
from electra_tf.finetuning.model import TaskModel
from electra_tf.model import random_bits
from electra_tf.model.dropout import Dropout, inference
from electra_tf.training.optimizer import AdamWeightDecay


class Batch(NamedTuple):
    """Features of some examples; rows that fill a batch up have weight 0."""

    ids_BS: tf.Tensor
    mask_BS: tf.Tensor
    segments_BS: tf.Tensor
    targets: tf.Tensor
    weights_B: tf.Tensor
    """float32."""


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
    def train(self, iterator, steps: tf.Tensor) -> tf.Tensor:
        """Takes some steps; returns the sum of their losses."""
        total = tf.constant(0.0)
        for _ in tf.range(steps):
            losses = self._strategy.run(self._train_replica, args=(next(iterator),))
            total += self._strategy.reduce(tf.distribute.ReduceOp.SUM, losses, None)
        return total

    @tf.function
    def answer(self, batch: Batch) -> tf.Tensor:
        """The logits of all replicas' examples, in their order."""
        logits = self._strategy.run(self._answer_replica, args=(batch,))
        return self._strategy.gather(logits, axis=0)

    def _train_replica(self, batch: Batch) -> tf.Tensor:
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
        self.optimizer.apply(gradients)
        return share

    def _answer_replica(self, batch: Batch) -> tf.Tensor:
        return self.model(
            batch.ids_BS, batch.mask_BS, batch.segments_BS, dropout=inference()
        )


def in_order(examples: int, batch_size: int) -> np.ndarray:
    """Int32 [steps, batch_size]: all examples, and -1 to fill the last batch up."""
    return _filled(np.arange(examples), batch_size)


def shuffled(examples: int, batch_size: int, seed: int, epoch: int) -> np.ndarray:
    """As `in_order`, in the order of an epoch."""
    order_N = np.random.default_rng([seed, epoch]).permutation(examples)
    return _filled(order_N, batch_size)


def _filled(order_N: np.ndarray, batch_size: int) -> np.ndarray:
    steps = -(-len(order_N) // batch_size)
    filled = np.full(steps * batch_size, -1, np.int32)
    filled[: len(order_N)] = order_N
    return filled.reshape(steps, batch_size)


def dataset(
    features: Features, order: np.ndarray, strategy: tf.distribute.Strategy
) -> tf.data.Dataset:
    """Batches of `features` in an order, spread over the strategy's replicas.

    Args:
        features: of all examples.
        order: int32 [steps, batch], -1 for a row that doesn't count.
        strategy: of the devices; the batch divides by its replicas.
    """
    arrays = [tf.constant(values) for values in features]

    def gather(order_B: tf.Tensor) -> Batch:
        index_B = tf.maximum(order_B, 0)
        ids, mask, segments, targets = (tf.gather(rows, index_B) for rows in arrays)
        return Batch(ids, mask, segments, targets, tf.cast(order_B >= 0, "float32"))

    ds = tf.data.Dataset.from_tensor_slices(order).map(gather)
    return strategy.experimental_distribute_dataset(ds.prefetch(2))
