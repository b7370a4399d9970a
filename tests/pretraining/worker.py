"""A training of the small model, in a process of its own.

python -m tests.pretraining.worker DATA WORKDIR STEPS [EXAMPLES]

With EXAMPLES, appends the token ids that this worker trains on and those that it is
evaluated on to the files EXAMPLES.train and EXAMPLES.valid, a line per step.
"""

import sys
from collections.abc import Callable

import tensorflow as tf

from electra_tf.batch import Batch
from electra_tf.pretraining import loop
from electra_tf.pretraining.step import Step
from electra_tf.pretraining.workdir import Workdir
from electra_tf.training import strategy
from tests import small


def recorded(replica_step: Callable, path: str) -> Callable:
    """The step of one replica, which writes down its batch first."""

    def wrapper(self: Step, batch: Batch, *args: tf.Tensor) -> tf.Tensor:
        ids = tf.reshape(batch.input_ids_BS, [-1])
        tf.print(ids, summarize=-1, output_stream=f"file://{path}")
        return replica_step(self, batch, *args)

    return wrapper


def main() -> None:
    """Trains with the strategy that TF_CONFIG asks for."""
    data, workdir, steps, *examples = sys.argv[1:]
    for path in examples:
        Step.train_replica = recorded(Step.train_replica, f"{path}.train")
        Step.evaluate_replica = recorded(Step.evaluate_replica, f"{path}.valid")
    workers = strategy.create()
    config = small.config(data, num_train_steps=int(steps))
    result = loop.train(config, Workdir(workdir), workers)
    print(type(workers).__name__, workers.num_replicas_in_sync, result.step)


if __name__ == "__main__":
    main()
