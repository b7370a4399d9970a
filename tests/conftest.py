"""Two virtual CPUs, and one strategy over them for the whole session."""

import os
import pathlib

import pytest
import tensorflow as tf

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0],
    [tf.config.LogicalDeviceConfiguration()] * 2,
)


@pytest.fixture(scope="session")
def two_replicas() -> tf.distribute.MirroredStrategy:
    """One per session: several over the same CPUs break each other's collectives."""
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])


@pytest.fixture(scope="session")
def real_data() -> pathlib.Path:
    """The directory of corpus/, oscar/ and reference/, where there is one."""
    directory = os.environ.get("ELECTRA_TF_DATA")
    if not directory:
        pytest.skip("ELECTRA_TF_DATA names no directory with corpus/ and reference/")
    return pathlib.Path(directory)
