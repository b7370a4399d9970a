"""Muon: keras.optimizers.Muon's numbers, on the kernels of the layers alone."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from electra_tf.config import Config, ModelConfig, Optimizer, Precision
from electra_tf.model.electra import Electra
from electra_tf.pretraining import optimizer as optimizers
from electra_tf.pretraining import schedules
from electra_tf.pretraining.optimizer import AdamWeightDecay
from electra_tf.training import muon
from tests.pretraining.golden_test import NamedVariable

SHAPES = ((12, 12), (6, 20), (20, 6), (12, 12))


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
def test_five_steps_are_those_of_keras(weight_decay):
    rng = np.random.default_rng(0)
    starts = [rng.normal(size=shape).astype("float32") for shape in SHAPES]
    names = [f"electra/generator/encoder/layer_0/{i}/kernel" for i in range(4)]
    ours = [NamedVariable(*named) for named in zip(names, starts, strict=True)]
    theirs = [keras.Variable(start) for start in starts]
    schedule = schedules.learning_rate(
        Config(learning_rate=0.1, warmup_steps=0, num_train_steps=10)
    )
    optimizer = AdamWeightDecay(ours, schedule, weight_decay, 1e9, by_muon=names)
    reference = keras.optimizers.Muon(
        learning_rate=0.1, weight_decay=weight_decay, exclude_embeddings=False
    )
    for step in range(5):
        gradients = [
            tf.constant(rng.normal(size=shape).astype("float32")) for shape in SHAPES
        ]
        reference.learning_rate = float(schedule(step))
        reference.apply(gradients, theirs)
        optimizer.apply(gradients)
    for variable, start, expected in zip(ours, starts, theirs, strict=True):
        assert np.abs(variable.value.numpy() - start).max() > 0.05
        # Twenty products of small matrices in float32, in another order.
        np.testing.assert_allclose(variable.value, expected.numpy(), atol=2e-5)


@pytest.mark.parametrize("dtype, tolerance", [("float32", 1e-4), ("bfloat16", 2e-2)])
def test_singular_values_become_alike(dtype, tolerance):
    rng = np.random.default_rng(1)
    left, _ = np.linalg.qr(rng.normal(size=(16, 16)))
    right, _ = np.linalg.qr(rng.normal(size=(24, 24)))
    singular = np.geomspace(0.02, 1.0, 16)
    matrix = (left * singular) @ right[:16]
    found = muon.orthogonalized(tf.constant(matrix[None], tf.float32), dtype)[0]
    values = np.linalg.svd(found.numpy(), compute_uv=False)
    assert values.min() > 0.65 and values.max() < 1.25
    # The directions stay: the product with the polar factor is nearly symmetric.
    np.testing.assert_allclose(
        left.T @ found.numpy() @ right[:16].T,
        np.diag(np.diagonal(left.T @ found.numpy() @ right[:16].T)),
        atol=tolerance,
    )


@pytest.mark.parametrize(
    "precision, expected",
    [(Precision.FLOAT32, "float32"), (Precision.MIXED_BFLOAT16, "bfloat16")],
)
def test_the_iterations_have_the_precision_of_the_layers(
    precision, expected, monkeypatch
):
    seen = []
    iterate = muon.orthogonalized

    def spy(matrices_NRC, dtype):
        seen.append(dtype)
        return iterate(matrices_NRC, dtype)

    monkeypatch.setattr(muon, "orthogonalized", spy)
    variable = NamedVariable(
        "electra/generator/encoder/layer_0/x/kernel", np.ones((3, 3), "float32")
    )
    config = Config(optimizer=Optimizer.MUON, precision=precision)
    optimizers.create(config, [variable]).apply([tf.eye(3)])
    assert seen == [expected]


def test_a_gradient_that_is_not_finite_changes_nothing():
    start = np.ones((3, 3), "float32")
    variable = NamedVariable("electra/generator/encoder/layer_0/x/kernel", start)
    config = Config(optimizer=Optimizer.MUON, warmup_steps=0, num_train_steps=10)
    optimizer = optimizers.create(config, [variable])
    optimizer.apply([tf.constant(np.full((3, 3), np.nan, "float32"))])
    assert (variable.value.numpy() == start).all() and int(optimizer.skipped) == 1
    assert not optimizer.first_moments[variable.path].numpy().any()
    optimizer.apply([tf.eye(3)])
    assert not (variable.value.numpy() == start).all()


def test_kernels_of_layers_have_no_second_moment_and_all_else_is_adam_s():
    sizes = ModelConfig(embedding_size=8, hidden_size=16, num_layers=1, num_heads=2)
    variables = Electra(sizes, 30).trainable_variables
    optimizer = optimizers.create(Config(optimizer=Optimizer.MUON), variables)
    without = optimizer.first_moments.keys() - optimizer.second_moments.keys()
    kinds = {path.split("layer_0/", 1)[1] for path in without}
    assert kinds == {
        "attention/query/kernel",
        "attention/key/kernel",
        "attention/value/kernel",
        "attention_output/kernel",
        "intermediate/kernel",
        "output/kernel",
    }
    assert len(without) == 12 and len(optimizer.first_moments) == len(variables)
    assert optimizers.create(Config(), variables).second_moments.keys() == (
        optimizer.first_moments.keys()
    )


def test_its_rate_is_a_multiple_of_adam_s():
    changes = []
    for rate in (1.0, 4.0):
        start = np.zeros((4, 4), "float32")
        variable = NamedVariable("electra/generator/encoder/layer_0/x/kernel", start)
        config = Config(
            optimizer=Optimizer.MUON,
            muon_rate=rate,
            warmup_steps=0,
            num_train_steps=10,
        )
        optimizers.create(config, [variable]).apply([tf.eye(4)])
        changes.append(variable.value.numpy())
    np.testing.assert_allclose(changes[1], 4 * changes[0], rtol=1e-5)
