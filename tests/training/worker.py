"""One worker of tests/training/strategy_test.py.

python -m tests.training.worker DATA WORKDIR STEPS
"""

import sys

from electra_tf.training import loop, strategy
from electra_tf.training.workdir import Workdir
from tests import shards


def main() -> None:
    """Trains with the strategy that TF_CONFIG asks for."""
    data, workdir, steps = sys.argv[1:]
    workers = strategy.create()
    config = shards.config(data, num_train_steps=int(steps))
    result = loop.train(config, Workdir(workdir), workers)
    print(type(workers).__name__, workers.num_replicas_in_sync, result.step)


if __name__ == "__main__":
    main()
