"""Which devices a run uses, and which process does what."""

import os
from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from absl import logging

from electra_tf import files
from electra_tf.config import Config
from electra_tf.training import host_memory


def create(tpu: str = "", devices: Sequence[str] = ()) -> tf.distribute.Strategy:
    """Returns the distribution strategy for this machine and its environment.

    Args:
        tpu: name or grpc:// address of a TPU, or "local" on a TPU VM; "": no TPU.
        devices: devices to mirror over, such as two virtual CPUs in a test; by default
            all GPUs.

    Returns:
        TPUStrategy if a TPU is named, MultiWorkerMirroredStrategy if TF_CONFIG is set,
        MirroredStrategy if there are several GPUs, else the strategy of one device.

    Raises:
        ValueError: no TPU is found under the name.
    """
    host_memory.keep_freed_pages()
    if tpu:
        strategy = _tpu_strategy(tpu)
    elif os.environ.get("TF_CONFIG"):
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
    elif devices or len(tf.config.list_logical_devices("GPU")) > 1:
        strategy = tf.distribute.MirroredStrategy(list(devices) or None)
    else:
        strategy = tf.distribute.get_strategy()
    logging.info(
        "%s with %d replicas; %d GPUs",
        type(strategy).__name__,
        strategy.num_replicas_in_sync,
        len(tf.config.list_logical_devices("GPU")),
    )
    return strategy


def hosts(strategy: tf.distribute.Strategy) -> int:
    """Returns the number of processes, each of which reads its part of the data."""
    if isinstance(strategy, tf.distribute.TPUStrategy):
        return strategy.extended.num_hosts
    resolver = strategy.cluster_resolver
    if resolver is None:
        return 1
    tasks = resolver.cluster_spec().as_dict()
    return max(1, len(tasks.get("worker", ())) + len(tasks.get("chief", ())))


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """Whether this process is the one that writes logs and checkpoints."""
    resolver = strategy.cluster_resolver
    if resolver is None or not resolver.task_type:
        return True
    return resolver.task_type == "chief" or (
        resolver.task_type == "worker"
        and resolver.task_id == 0
        and not resolver.cluster_spec().as_dict().get("chief")
    )


def from_chief(strategy: tf.distribute.Strategy, value: np.ndarray) -> np.ndarray:
    """Returns the chief's value in every process; all of them must call it.

    Processors of different kinds may round differently, and copies of a variable that
    begin apart stay apart.
    """
    if hosts(strategy) == 1:
        return value

    def summed(mine: tf.Tensor) -> tf.Tensor:
        context = tf.distribute.get_replica_context()
        is_first = tf.cast(context.replica_id_in_sync_group == 0, mine.dtype)
        return context.all_reduce(tf.distribute.ReduceOp.SUM, is_first * mine)

    sums = tf.function(lambda mine: strategy.run(summed, args=(mine,)))(value)
    return strategy.experimental_local_results(sums)[0].numpy()


def check_divisible(config: Config, replicas: int) -> None:
    """Checks that every replica gets whole micro-batches.

    Raises:
        ValueError: the batch size is not divisible.
    """
    parts = replicas * config.gradient_accumulation_steps
    if config.data.global_batch_size % parts:
        raise ValueError(
            f"config.data.global_batch_size={config.data.global_batch_size} is not "
            f"divisible by {replicas} replicas x "
            f"{config.gradient_accumulation_steps} accumulation steps: use a multiple "
            f"of {parts}."
        )


def _tpu_strategy(tpu: str) -> tf.distribute.TPUStrategy:
    try:
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver.connect(tpu)
    except (ValueError, tf.errors.OpError) as error:
        raise ValueError(
            f"No TPU answers to --tpu={tpu!r} ({files.reason(error)}): give its name, "
            'its grpc:// address, or "local" on a TPU VM with tensorflow-tpu installed.'
        ) from error
    return tf.distribute.TPUStrategy(resolver)
