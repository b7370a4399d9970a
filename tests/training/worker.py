"""One worker of tests/training/strategy_test.py.

python -m tests.training.worker DATA WORKDIR STEPS EXAMPLES

EXAMPLES is a file to which the token ids that this worker trains on are appended, a
line per step.
"""

import sys

import tensorflow as tf

from electra_tf.data.records import Batch
from electra_tf.training import evaluation, loop, strategy
from electra_tf.training.step import Step
from electra_tf.training.workdir import Workdir
from tests import shards


def main() -> None:
    """Trains with the strategy that TF_CONFIG asks for."""
    data, workdir, steps, examples = sys.argv[1:]
    train_replica, scalars = Step.train_replica, evaluation.Evaluator.scalars

    def recorded(self: Step, batch: Batch) -> tf.Tensor:
        ids = tf.reshape(batch.input_ids_BS, [-1])
        tf.print(ids, summarize=-1, output_stream=f"file://{examples}")
        return train_replica(self, batch)

    def printed(self: evaluation.Evaluator, counts):
        print("held-out tokens", int(counts.tokens))
        return scalars(self, counts)

    Step.train_replica, evaluation.Evaluator.scalars = recorded, printed
    workers = strategy.create()
    config = shards.config(data, num_train_steps=int(steps))
    result = loop.train(config, Workdir(workdir), workers)
    print(type(workers).__name__, workers.num_replicas_in_sync, result.step)


if __name__ == "__main__":
    main()
