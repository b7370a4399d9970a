"""Adam with decoupled weight decay and no bias correction.

Source: google-research/electra, model/optimization.py. Not a `keras.optimizers` class:
those clip the gradient of each replica before the sum, and correct the bias.
"""

from collections.abc import Collection, Mapping, Sequence

import keras
import tensorflow as tf

from electra_tf.config import Config, Optimizer, Precision
from electra_tf.model.kernels import fused
from electra_tf.pretraining import schedules
from electra_tf.pretraining.schedules import WarmupAndDecay

BETA_1 = 0.9
BETA_2 = 0.999
EPSILON = 1e-6
NOT_DECAYED = ("bias", "output_bias", "gamma", "beta")
"""Last parts of the paths of variables without weight decay."""


def is_decayed(path: str) -> bool:
    """Whether weight decay applies: not to biases and layer norms, but to tables."""
    return path.rsplit("/", 1)[-1] not in NOT_DECAYED


class AdamWeightDecay(tf.Module):
    """Adam with decoupled weight decay; its `iterations` are the run's step count.

    Make it inside the strategy's scope: every slot exists when the constructor returns.

    Args:
        variables: trainable, with unique paths.
        learning_rate: schedule of the rate.
        weight_decay: decay per step / learning rate; not of biases and layer norms.
        gradient_clip_norm: bound on the global norm of the gradient.
        multipliers: factors of the learning rate, by path; None: 1 for all.
        by_muon: paths of matrices that Muon updates, which have no second moment.
        muon_dtype: of Muon's iterations.
    """

    def __init__(
        self,
        variables: Sequence[keras.Variable],
        learning_rate: WarmupAndDecay,
        weight_decay: float,
        gradient_clip_norm: float,
        multipliers: Mapping[str, float] | None = None,
        by_muon: Collection[str] = (),
        muon_dtype: str = "float32",
    ) -> None:
        super().__init__(name="optimizer")
        self.learning_rate = learning_rate
        self._weight_decay = weight_decay
        self._clip_norm = gradient_clip_norm
        self.targets = {variable.path: variable.value for variable in variables}
        self._multipliers = multipliers or dict.fromkeys(self.targets, 1.0)
        self._by_adam = [path for path in self.targets if path not in by_muon]
        self._muon_dtype = muon_dtype
        self._by_muon = [path for path in self.targets if path in by_muon]
        self.iterations = _counter("iterations")
        self.skipped = _counter("skipped")
        """Updates with a non-finite gradient, in the whole run."""
        self.skipped_in_a_row = _counter("skipped_in_a_row")
        self._longest_row = _counter("longest_row")
        strategy = tf.distribute.get_strategy()
        self.first_moments: dict[str, tf.Variable] = {}
        self.second_moments: dict[str, tf.Variable] = {}
        for path, variable in self.targets.items():
            with strategy.extended.colocate_vars_with(variable):
                self.first_moments[path] = _zeros_like(variable)
                if path not in by_muon:
                    self.second_moments[path] = _zeros_like(variable)

    def apply(self, gradients: Sequence[tf.Tensor]) -> tf.Tensor:
        """Updates the variables; call it in replica context.

        Args:
            gradients: dense float32, one per variable, already summed over replicas.

        Returns:
            The global norm before clipping, float32 scalar. Where it is not finite,
            variables and moments stay as they are, and the step is counted as skipped.
        """
        norm = tf.linalg.global_norm(gradients)
        scale = self._clip_norm / tf.maximum(norm, self._clip_norm)
        rate = self.learning_rate(self.iterations)
        tf.distribute.get_replica_context().merge_call(
            self._update, args=(list(gradients), scale, rate, tf.math.is_finite(norm))
        )
        return norm

    def take_longest_skipped_row(self) -> int:
        """Returns the most updates skipped in a row since the last call; resets it."""
        longest = int(self._longest_row.numpy())
        if longest:
            self._longest_row.assign(0)
        return longest

    def _update(
        self,
        strategy: tf.distribute.Strategy,
        gradients: list[tf.Tensor],
        scale: tf.Tensor,
        rate: tf.Tensor,
        finite: tf.Tensor,
    ) -> None:
        """Updates all variables, in cross-replica context."""

        def adam_and_muon(_, gradients, scale, rate, finite):
            # Read and assigned here, where each replica has its own component: a
            # function that is given a mirrored variable always sees the first one.
            by_path = dict(zip(self.targets, gradients, strict=True))
            self._update_by_adam(by_path, scale, rate, finite)
            if self._by_muon:
                self._update_by_muon(by_path, scale, rate, finite)

        strategy.extended.update(
            next(iter(self.targets.values())),
            adam_and_muon,
            args=(gradients, scale, rate, finite),
            group=False,
        )

        def count(iterations, skipped, skipped_in_a_row, longest_row, finite):
            was_skipped = tf.cast(~finite, "int64")
            skipped.assign_add(was_skipped)
            row = (skipped_in_a_row + 1) * was_skipped
            skipped_in_a_row.assign(row)
            longest_row.assign(tf.maximum(longest_row, row))
            iterations.assign_add(1)

        strategy.extended.update(
            self.iterations,
            count,
            args=(self.skipped, self.skipped_in_a_row, self._longest_row, finite),
            group=False,
        )

    def _update_by_adam(self, gradients, scale, rate, finite) -> None:
        paths = self._by_adam
        states = [
            [part[path] for path in paths]
            for part in (self.targets, self.first_moments, self.second_moments)
        ]
        changed = _adam(
            *tf.nest.map_structure(tf.convert_to_tensor, states),
            [gradients[path] for path in paths],
            scale,
            self._rates(paths, rate),
            finite,
            decays=tuple(self._decay(path) for path in paths),
        )
        _assign(states, changed)

    def _update_by_muon(self, gradients, scale, rate, finite) -> None:
        from electra_tf.training import muon

        paths = self._by_muon
        states = [
            [part[path] for path in paths]
            for part in (self.targets, self.first_moments)
        ]
        variables, momenta = tf.nest.map_structure(tf.convert_to_tensor, states)
        changed = muon.update(
            variables,
            momenta,
            [gradients[path] for path in paths],
            scale,
            self._rates(paths, rate),
            finite,
            self._weight_decay,
            self._muon_dtype,
        )
        _assign(states, changed)

    def _rates(self, paths: Sequence[str], rate: tf.Tensor) -> list[tf.Tensor]:
        return [rate * self._multipliers[path] for path in paths]

    def _decay(self, path: str) -> float:
        return self._weight_decay if is_decayed(path) else 0.0


def create(config: Config, variables: Sequence[keras.Variable]) -> AdamWeightDecay:
    """Makes the optimizer of a pre-training run, inside the strategy's scope.

    Args:
        config: configuration of the run.
        variables: the model's trainable ones.
    """
    paths = [variable.path for variable in variables]
    by_muon: set[str] = set()
    if config.optimizer is Optimizer.MUON:
        from electra_tf.training import muon

        by_muon = {path for path in paths if muon.is_for(path)}
    multipliers = dict.fromkeys(paths, 1.0)
    for path in paths:
        if path.startswith("electra/discriminator/"):
            multipliers[path] *= config.discriminator_rate
        if path in by_muon:
            multipliers[path] *= config.muon_rate
    in_bfloat16 = config.precision is Precision.MIXED_BFLOAT16
    return AdamWeightDecay(
        variables,
        schedules.learning_rate(config),
        config.weight_decay,
        config.gradient_clip_norm,
        multipliers,
        by_muon,
        "bfloat16" if in_bfloat16 else "float32",
    )


@fused.compiled
def _adam(
    variables, first_moments, second_moments, gradients, scale, rates, finite, *, decays
):
    """Updates m and v, then w -= rate * (m / (sqrt(v) + e) + decay * w).

    All variables in one compiled function: run one by one, hundreds of small operations
    take longer to start than to compute.

    Returns:
        The new values of the variables, the first moments and the second moments.
    """
    changed: tuple[list, list, list] = ([], [], [])
    columns = (variables, first_moments, second_moments, gradients, rates, decays)
    rows = zip(*columns, strict=True)
    for variable, first_moment, second_moment, gradient, rate, decay in rows:
        gradient *= scale
        first = first_moment + (1.0 - BETA_1) * (gradient - first_moment)
        second = second_moment + (1.0 - BETA_2) * (tf.square(gradient) - second_moment)
        change = first / (tf.sqrt(second) + EPSILON) + decay * variable
        changed[0].append(tf.where(finite, variable - rate * change, variable))
        changed[1].append(tf.where(finite, first, first_moment))
        changed[2].append(tf.where(finite, second, second_moment))
    return changed


def _counter(name: str) -> tf.Variable:
    return tf.Variable(
        0,
        trainable=False,
        dtype="int64",
        name=name,
        aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
    )


def _zeros_like(variable: tf.Variable) -> tf.Variable:
    return tf.Variable(tf.zeros(variable.shape), trainable=False)


def _assign(
    states: Sequence[Sequence[tf.Variable]], values: Sequence[Sequence[tf.Tensor]]
) -> None:
    for variables, new_values in zip(states, values, strict=True):
        for variable, value in zip(variables, new_values, strict=True):
            variable.assign(value)
