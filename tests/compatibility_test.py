"""Runs that former versions started are resumed to the results that those had.

`stored/` has them; `stored/make.py` says how they were made. Its values are from one
processor: on another one sums are rounded otherwise.
"""

import dataclasses
import json
import pathlib
import shutil

import numpy as np
import pytest
import tensorflow as tf

from electra_tf.config import Config
from electra_tf.model.electra import Electra
from electra_tf.pretraining import loop
from electra_tf.pretraining.workdir import Workdir
from electra_tf.training.checkpoints import Checkpoints
from tests import small

STORED = pathlib.Path(__file__).parent / "stored"
VERSIONS = ("version_0_1", "before_the_rooms")


@dataclasses.dataclass(frozen=True)
class Resumed:
    """A stored run after its last step."""

    config: Config
    workdir: Workdir
    stored: pathlib.Path


@pytest.fixture(scope="module", params=VERSIONS)
def resumed(request, tmp_path_factory) -> Resumed:
    """A stored run, which was at half of its steps, trained to its end."""
    stored, path = STORED / request.param, tmp_path_factory.mktemp("resumed")
    shutil.copytree(stored / "run", path / "run")
    workdir = Workdir(str(path / "run"))
    data = dataclasses.replace(workdir.config().data, directory=str(stored / "data"))
    config = dataclasses.replace(workdir.config(), data=data)
    strategy = tf.distribute.get_strategy()
    assert loop.train(config, workdir, strategy).step == 8
    return Resumed(config, workdir, stored)


def test_a_stored_run_resumes_to_the_weights_it_had(resumed):
    model = Electra(resumed.config.model, len(small.vocabulary()))
    assert Checkpoints(resumed.workdir.checkpoints, model).restore() == 8
    expected = np.load(resumed.stored / "expected.npz")
    assert {variable.path for variable in model.variables} == set(expected.files)
    for variable in model.variables:
        # Equal on the processor that made them. Another rounding moves a weight by some
        # 1e-6; other masks or dropout by up to the learning rate, 5e-3, per step.
        np.testing.assert_allclose(
            variable.numpy(), expected[variable.path], atol=1e-5, err_msg=variable.path
        )


def test_a_stored_run_resumes_to_the_readings_it_had(resumed):
    ours, theirs = (
        [json.loads(line) for line in path.read_text().splitlines()]
        for path in (
            pathlib.Path(resumed.workdir.metrics),
            resumed.stored / "expected.jsonl",
        )
    )
    keys = ("step", "split", "loss/generator", "loss/discriminator")
    counted = ("generator/masked_accuracy", "discriminator/replaced_rate")
    for our, their in zip(ours, theirs, strict=True):
        for key in (*keys, *counted):
            if isinstance(their[key], float):
                assert our[key] == pytest.approx(their[key], rel=1e-5), (our, key)
            else:
                assert our[key] == their[key]
