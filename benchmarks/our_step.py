"""Our training step on batches in memory, as `pretrain.py` runs it."""

import json
import os
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from benchmarks.turns import Run
from electra_tf.batch import Batch, SpecialIds
from electra_tf.config import Config
from electra_tf.model.electra import Electra
from electra_tf.pretraining import optimizer as optimizers
from electra_tf.pretraining.metric_sums import Accumulator
from electra_tf.pretraining.step import Step
from electra_tf.training import strategy as strategies

SPECIAL_IDS = SpecialIds(pad=0, unk=1, cls=2, sep=3, mask=4)


def prepare(
    config: Config,
    vocabulary_size: int,
    replicas: int = 1,
    cluster: Sequence[str] = (),
    task: int = 0,
) -> Run:
    """Builds model and step; each run is one device loop.

    Args:
        config: resolved: no field is AUTO.
        vocabulary_size: number of pieces.
        replicas: virtual devices of this process.
        cluster: addresses of all processes, where there are several.
        task: which of them this is.
    """
    if cluster:
        task_of = {"type": "worker", "index": task}
        layout = {"cluster": {"worker": list(cluster)}, "task": task_of}
        os.environ["TF_CONFIG"] = json.dumps(layout)
    devices = []
    if replicas > 1:
        tf.config.set_logical_device_configuration(
            tf.config.list_physical_devices("CPU")[0],
            [tf.config.LogicalDeviceConfiguration()] * replicas,
        )
        devices = [f"CPU:{index}" for index in range(replicas)]
    strategy = strategies.create(devices=devices)
    with strategy.scope():
        model = Electra(config.model, vocabulary_size, config.precision)
        optimizer = optimizers.create(config, model.trainable_variables)
        accumulator = Accumulator()
    step = Step(model, optimizer, accumulator, config, SPECIAL_IDS, strategy)
    iterator = iter(
        strategy.distribute_datasets_from_function(
            lambda context: tf.data.Dataset.from_tensors(
                batch(
                    context.get_per_replica_batch_size(config.data.global_batch_size),
                    config.data.max_seq_length,
                    vocabulary_size,
                )
            ).repeat()
        )
    )

    def run(steps: int) -> None:
        step.train(iterator, tf.constant(steps)).gradient_norm.numpy()

    return run


def batch(examples: int, length: int, vocabulary_size: int) -> Batch:
    """A batch of random pieces without padding, the same in every call."""
    rng = np.random.default_rng(0)
    shape = (examples, length)
    ids_BS = rng.integers(len(SPECIAL_IDS), vocabulary_size, shape, "int32")
    ids_BS[:, 0], ids_BS[:, -1] = SPECIAL_IDS.cls, SPECIAL_IDS.sep
    ids_BS = tf.constant(ids_BS)
    return Batch(ids_BS, tf.ones_like(ids_BS), tf.zeros_like(ids_BS))
