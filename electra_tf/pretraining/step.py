"""One optimizer step, from batch to update; and the loop of steps on the device.

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
from electra_tf.model.kernels.random_bits import for_site
from electra_tf.model.masking import MaskedBatch
from electra_tf.pretraining import metrics, schedules
from electra_tf.pretraining.forward import Forward, Sampler, forward
from electra_tf.pretraining.metrics import Accumulator, Counts
from electra_tf.pretraining.optimizer import AdamWeightDecay
from electra_tf.pretraining.positions import PositionCounts

TRAINING, EVALUATION = 0, 1
"""First halves of the seeds, so that the two never share random numbers."""


class LoopReport(NamedTuple):
    """What a loop of steps tells beside its counts."""

    gradient_norm: tf.Tensor
    """Float32, of the last step, before clipping."""
    input_wait_seconds: tf.Tensor
    """Float64, between a step's end and the arrival of the next batch. On a GPU, whose
    steps are only enqueued here, an upper bound."""


class Step:
    """The training and evaluation steps of a run, on any strategy.

    Args:
        model: built inside the strategy's scope.
        optimizer: of the model's variables.
        accumulator: receives the counts of every step.
        config: of the run, no field AUTO.
        special_ids: from the vocabulary.
        strategy: whose replicas run the steps.
        sampler: overrides `masking.sample`, for comparisons with recorded values.
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
        self._compute_counts = compiled(self._counts)

    @tf.function
    def train(self, iterator, steps: tf.Tensor) -> LoopReport:
        """Takes `steps` optimizer steps without returning to Python.

        Args:
            iterator: over batches, distributed by the strategy.
            steps: int32 scalar tensor (a Python number would trace anew).
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
        """Counts batches `first` to `last` - 1, each example masked by its number."""
        for index in tf.range(first, last):
            batch = next(iterator)
            self.strategy.run(self.evaluate_replica, args=(batch, index))

    def train_replica(self, batch: Batch) -> tf.Tensor:
        """One optimizer step in replica context; returns the gradient norm."""
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
        maskeds = [
            self._mask(micro_batch, seed)
            for micro_batch, seed in zip(batches, seeds, strict=True)
        ]

        # Divided by the weight of the global batch, the result doesn't depend on how
        # examples are spread over replicas and micro-batches.
        slots = tf.add_n([tf.reduce_sum(masked.weights_BM) for masked in maskeds])
        tokens = tf.cast(tf.reduce_sum(batch.input_mask_BS), "float32")
        weights = context.all_reduce(tf.distribute.ReduceOp.SUM, [slots, tokens])
        # A batch of padding alone, which a length schedule may make, has none.
        slots, tokens = (tf.maximum(weight, 1.0) for weight in weights)

        inputs = (_stack(batches), _stack(maskeds), tf.stack(seeds))
        taken = self.optimizer.iterations
        common = (
            slots,
            tokens,
            schedules.temperature(config, taken),
            schedules.attention_slope(config, taken),
        )
        if micro_batches == 1:
            gradients, counts = self._compute_gradients(
                *tf.nest.map_structure(lambda x: x[0], inputs), *common
            )
        else:
            gradients, counts = self._accumulate(inputs, *common)
        self.accumulator.add(counts)
        if self.position_counts is not None:
            self.position_counts.add(batch.input_mask_BS)
        gradients = context.all_reduce(tf.distribute.ReduceOp.SUM, gradients)
        return self.optimizer.apply(gradients)

    def evaluate_replica(self, batch: Batch, index: tf.Tensor) -> None:
        """Counts one batch in replica context."""
        context = tf.distribute.get_replica_context()
        number = index * context.num_replicas_in_sync + context.replica_id_in_sync_group
        seed = random_bits.for_part(self._evaluation_seed(), number)
        self.accumulator.add(self._compute_counts(batch, seed))

    def judge(self, batch: Batch) -> tuple[MaskedBatch, Forward]:
        """Judges the first examples as evaluation does, for a person to look at."""
        seed = self._evaluation_seed()
        masked = self._mask(batch, seed)
        return masked, self._forward_held_out(batch, masked, seed)

    def _accumulate(
        self, inputs: tuple, *common: tf.Tensor | float
    ) -> tuple[list[tf.Tensor], Counts]:
        def body(index, gradients, counts):
            micro = tf.nest.map_structure(lambda x: x[index], inputs)
            more, more_counts = self._compute_gradients(*micro, *common)
            gradients = [x + y for x, y in zip(gradients, more, strict=True)]
            return index + 1, gradients, metrics.add(counts, more_counts)

        variables = self.model.trainable_variables
        nothing = Counts(*(tf.zeros(value.shape) for value in metrics.zeros()))
        _, gradients, counts = tf.while_loop(
            lambda index, *_: index < self.config.gradient_accumulation_steps,
            body,
            (0, [tf.zeros(variable.shape) for variable in variables], nothing),
            parallel_iterations=1,
        )
        return gradients, counts

    def _gradients(
        self,
        batch: Batch,
        masked: MaskedBatch,
        seed: tf.Tensor,
        slots: tf.Tensor,
        tokens: tf.Tensor,
        temperature: float | tf.Tensor,
        attention_slope: float | tf.Tensor,
    ) -> tuple[list[tf.Tensor], Counts]:
        """This micro-batch's share of the gradient of the global loss."""
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
        return gradients, _count(batch, masked, result)

    def _counts(self, batch: Batch, seed: tf.Tensor) -> Counts:
        masked = self._mask(batch, seed)
        result = self._forward_held_out(batch, masked, seed)
        return _count(batch, masked, result)

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
            Dropout(rate, for_site(seed, 2)),
            Dropout(rate, for_site(seed, 3)),
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
                for_site(seed, 1),
                temperature,
                self.config.masking.disallow_correct,
            )

        return self.sampler or sample

    def _mask(self, batch: Batch, seed: tf.Tensor) -> MaskedBatch:
        return masking.mask(
            batch,
            for_site(seed, 0),
            self.config.masking,
            self.config.masking.max_predictions(batch.input_ids_BS.shape[1]),
            self.special_ids,
            self.continues_V,
        )

    def _evaluation_seed(self) -> tf.Tensor:
        return random_bits.seed(self.config.seed, EVALUATION)


def _count(batch: Batch, masked: MaskedBatch, result: Forward) -> Counts:
    return metrics.count(
        masked,
        result.corrupted,
        batch.input_mask_BS,
        result.predicted_ids_BM,
        result.sampled_ids_BM,
        result.discriminator_logits_BS,
        result.masked_lm_loss,
        result.discriminator_loss,
    )


def _stack(parts: list) -> Batch | MaskedBatch:
    return tf.nest.map_structure(lambda *x: tf.stack(x), *parts)


def _local(strategy: tf.distribute.Strategy, values) -> list[tf.Tensor]:
    """Flat tensors of this process's replicas."""
    return tf.nest.flatten(
        [strategy.experimental_local_results(x) for x in tf.nest.flatten(values)]
    )
