"""The optimizer step, from batch to update, and the loop of steps on the device.

Shape letters: B batch, S sequence, M masked slots.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from electra_tf.batch import Batch, SpecialIds
from electra_tf.config import Config, JitCompile
from electra_tf.model import masking
from electra_tf.model.dropout import Dropout, inference
from electra_tf.model.electra import Electra
from electra_tf.model.kernels import random_bits
from electra_tf.model.masking import MaskedBatch
from electra_tf.pretraining import metric_sums, schedules
from electra_tf.pretraining.forward import Forward, Sampler, forward
from electra_tf.pretraining.metric_sums import Accumulator, MetricSums
from electra_tf.pretraining.optimizer import AdamWeightDecay
from electra_tf.pretraining.positions import PositionCounts

TRAINING, EVALUATION = 0, 1
"""Second words of the seeds, so that the two never share random numbers."""


class LoopReport(NamedTuple):
    """What a loop of steps reports besides its metric sums."""

    gradient_norm: tf.Tensor
    """Float32, of the last step, before clipping."""
    input_wait_seconds: tf.Tensor
    """Float64, from the end of a step to the arrival of the next batch. An upper bound
    on a GPU, whose steps are only enqueued here."""


class Step:
    """Training and evaluation steps of a pre-training run, on any strategy.

    Args:
        model: built inside the strategy's scope.
        optimizer: updates the model's variables; None if there is only evaluation.
        accumulator: receives the metric sums of every step.
        config: configuration of the run, no field AUTO.
        special_ids: from the vocabulary.
        strategy: its replicas run the steps.
        sampler: replaces `masking.sample`, for comparisons with recorded values.
        position_counts: receives the training batches' tokens by position.
        continues_V: from the vocabulary; needed to mask whole words.
    """

    def __init__(
        self,
        model: Electra,
        optimizer: AdamWeightDecay | None,
        accumulator: Accumulator,
        config: Config,
        special_ids: SpecialIds,
        strategy: tf.distribute.Strategy,
        sampler: Sampler | None = None,
        position_counts: PositionCounts | None = None,
        continues_V: np.ndarray | None = None,
    ) -> None:
        self.model = model
        self.optimizer = optimizer
        self.accumulator = accumulator
        self.config = config
        self.special_ids = special_ids
        self.strategy = strategy
        self.sampler = sampler
        self.position_counts = position_counts
        self.continues_V = continues_V
        # A TPU compiles the whole replica step anyway.
        on_tpu = isinstance(strategy, tf.distribute.TPUStrategy)
        jit_compile = config.jit_compile is JitCompile.ON and not on_tpu
        compiled = tf.function(jit_compile=jit_compile)
        self._compute_gradients = compiled(self._gradients)
        self._compute_sums = compiled(self._sums)

    @tf.function
    def train(self, iterator, steps: tf.Tensor) -> LoopReport:
        """Takes `steps` optimizer steps without returning to Python.

        Args:
            iterator: over batches, distributed by the strategy.
            steps: int32 scalar tensor (each Python number would be traced).
        """
        gradient_norm = tf.constant(0.0)
        waited = tf.constant(0.0, "float64")
        for _ in tf.range(steps):
            with tf.control_dependencies([gradient_norm]):
                before = tf.timestamp()
            with tf.control_dependencies([before]):
                batch = next(iterator)
            with tf.control_dependencies(_local(self.strategy, batch)):
                after = tf.timestamp()
            waited += after - before
            # The clock is read before the step begins, on a single core too.
            with tf.control_dependencies([after]):
                norm = self.strategy.run(self.train_replica, args=(batch,))
            gradient_norm = _local(self.strategy, norm)[0]
        return LoopReport(gradient_norm, waited)

    @tf.function
    def evaluate(self, iterator, first: tf.Tensor, last: tf.Tensor) -> None:
        """Adds up metric sums of batches `first` to `last` - 1.

        The masks of a batch are a function of its index.
        """
        for index in tf.range(first, last):
            batch = next(iterator)
            self.strategy.run(self.evaluate_replica, args=(batch, index))

    def train_replica(self, batch: Batch) -> tf.Tensor:
        """Takes one optimizer step in replica context; returns the gradient norm."""
        assert self.optimizer is not None
        config = self.config
        context = tf.distribute.get_replica_context()
        micro_batches = config.gradient_accumulation_steps
        replica = context.replica_id_in_sync_group
        batches = [
            Batch(*parts)
            for parts in zip(*(tf.split(x, micro_batches) for x in batch), strict=True)
        ]
        seed = random_bits.for_site(
            random_bits.seed(config.seed, TRAINING),
            tf.cast(self.optimizer.iterations, "int32"),
        )
        seeds = [
            random_bits.for_part(seed, replica * micro_batches + index)
            for index in range(micro_batches)
        ]
        all_masked = [
            self._mask(micro_batch, seed)
            for micro_batch, seed in zip(batches, seeds, strict=True)
        ]

        # Divided by the weight of the global batch, the result doesn't depend on how
        # examples are spread over replicas and micro-batches.
        slots = tf.add_n([tf.reduce_sum(masked.weights_BM) for masked in all_masked])
        tokens = tf.cast(tf.reduce_sum(batch.input_mask_BS), "float32")
        weights = context.all_reduce(tf.distribute.ReduceOp.SUM, [slots, tokens])
        # A batch of padding alone, which a length schedule may make, has weights of 0.
        slots, tokens = (tf.maximum(weight, 1.0) for weight in weights)

        inputs = (_stack(batches), _stack(all_masked), tf.stack(seeds))
        taken = self.optimizer.iterations
        common = (
            slots,
            tokens,
            schedules.temperature(config, taken),
            schedules.attention_slope(config, taken),
        )
        if micro_batches == 1:
            gradients, sums = self._compute_gradients(
                *tf.nest.map_structure(lambda x: x[0], inputs), *common
            )
        else:
            gradients, sums = self._accumulate(inputs, *common)
        self.accumulator.add(sums)
        if self.position_counts is not None:
            self.position_counts.add(batch.input_mask_BS)
        gradients = context.all_reduce(tf.distribute.ReduceOp.SUM, gradients)
        return self.optimizer.apply(gradients)

    def evaluate_replica(self, batch: Batch, index: tf.Tensor) -> None:
        """Adds up metric sums of one batch in replica context."""
        context = tf.distribute.get_replica_context()
        number = index * context.num_replicas_in_sync + context.replica_id_in_sync_group
        seed = random_bits.for_part(self._evaluation_seed(), number)
        self.accumulator.add(self._compute_sums(batch, seed))

    def predict(self, batch: Batch) -> tuple[MaskedBatch, Forward]:
        """Masks a batch as evaluation masks its first one, and runs both networks."""
        seed = self._evaluation_seed()
        masked = self._mask(batch, seed)
        return masked, self._forward_held_out(batch, masked, seed)

    def _accumulate(
        self, inputs: tuple, *common: tf.Tensor | float
    ) -> tuple[list[tf.Tensor], MetricSums]:
        """Sums over the micro-batches."""

        def body(index, gradients, sums):
            micro = tf.nest.map_structure(lambda x: x[index], inputs)
            more, more_sums = self._compute_gradients(*micro, *common)
            gradients = [x + y for x, y in zip(gradients, more, strict=True)]
            return index + 1, gradients, metric_sums.add(sums, more_sums)

        variables = self.model.trainable_variables
        empty = MetricSums(*(tf.zeros(value.shape) for value in metric_sums.zeros()))
        _, gradients, sums = tf.while_loop(
            lambda index, *_: index < self.config.gradient_accumulation_steps,
            body,
            (0, [tf.zeros(variable.shape) for variable in variables], empty),
            parallel_iterations=1,
        )
        return gradients, sums

    def _gradients(
        self,
        batch: Batch,
        masked: MaskedBatch,
        seed: tf.Tensor,
        slots: tf.Tensor,
        tokens: tf.Tensor,
        temperature: float | tf.Tensor,
        attention_slope: float | tf.Tensor,
    ) -> tuple[list[tf.Tensor], MetricSums]:
        """Share of this micro-batch in the gradient of the global batch's loss."""
        variables = [variable.value for variable in self.model.trainable_variables]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(variables)
            result = self._forward_in_training(
                batch, masked, seed, temperature, attention_slope
            )
            loss = (
                self.config.generator_weight * result.masked_lm_loss.total / slots
                + self.config.discriminator_weight
                * result.discriminator_loss.total
                / tokens
            )
        gradients = tape.gradient(loss, variables)
        # The word table's gradient joins two lookups and a product: make it dense.
        gradients = [tf.convert_to_tensor(gradient) for gradient in gradients]
        return gradients, metric_sums.count(batch, masked, result)

    def _sums(self, batch: Batch, seed: tf.Tensor) -> MetricSums:
        masked = self._mask(batch, seed)
        result = self._forward_held_out(batch, masked, seed)
        return metric_sums.count(batch, masked, result)

    def _forward_in_training(
        self,
        batch: Batch,
        masked: MaskedBatch,
        seed: tf.Tensor,
        temperature: float | tf.Tensor,
        attention_slope: float | tf.Tensor,
    ) -> Forward:
        rate = self.config.model.dropout
        return forward(
            self.model,
            batch,
            masked,
            self._sampler(seed, temperature),
            Dropout(rate, random_bits.for_site(seed, 2)),
            Dropout(rate, random_bits.for_site(seed, 3)),
            attention_slope,
        )

    def _forward_held_out(
        self, batch: Batch, masked: MaskedBatch, seed: tf.Tensor
    ) -> Forward:
        sampler = self._sampler(seed, schedules.held_out_temperature(self.config))
        return forward(self.model, batch, masked, sampler, inference(), inference())

    def _sampler(self, seed: tf.Tensor, temperature: float | tf.Tensor) -> Sampler:
        def sample(logits_BMV: tf.Tensor, original_ids_BM: tf.Tensor) -> tf.Tensor:
            return masking.sample(
                logits_BMV,
                original_ids_BM,
                random_bits.for_site(seed, 1),
                temperature,
                self.config.masking.disallow_correct,
            )

        return self.sampler or sample

    def _mask(self, batch: Batch, seed: tf.Tensor) -> MaskedBatch:
        return masking.mask(
            batch,
            random_bits.for_site(seed, 0),
            self.config.masking,
            self.config.masking.max_predictions(batch.input_ids_BS.shape[1]),
            self.special_ids,
            self.continues_V,
        )

    def _evaluation_seed(self) -> tf.Tensor:
        return random_bits.seed(self.config.seed, EVALUATION)


def _stack(parts: list) -> Batch | MaskedBatch:
    return tf.nest.map_structure(lambda *x: tf.stack(x), *parts)


def _local(strategy: tf.distribute.Strategy, values) -> list[tf.Tensor]:
    """Returns the tensors of this process's replicas as a flat list."""
    return tf.nest.flatten(
        [strategy.experimental_local_results(x) for x in tf.nest.flatten(values)]
    )
