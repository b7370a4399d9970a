"""Checkpoints in the reference's form, made of its recorded weights."""

import os
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from electra_tf.interop import tf1
from electra_tf.model.dropout import inference
from electra_tf.model.electra import Electra
from electra_tf.pretraining import step
from tests.golden import cases


def write(prefix: pathlib.Path, arrays: dict[str, np.ndarray]) -> str:
    """Writes variables as the reference does, by tf.compat.v1's Saver."""
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        for name, array in arrays.items():
            v1.get_variable(name, initializer=array, use_resource=False)
        session.run(v1.global_variables_initializer())
        return v1.train.Saver().save(session, str(prefix), global_step=20)


def recorded(case: cases.Case) -> dict[str, np.ndarray]:
    """Weights, moments and step, as a checkpoint of the reference has them."""
    arrays = {"global_step": np.int64(20)}
    for key, array in case.arrays.items():
        if key.startswith("var/"):
            name = key.removeprefix("var/")
            arrays |= {name: array, f"{name}/adam_m": array, f"{name}/adam_v": array}
    return arrays


@pytest.fixture(scope="module", params=["a", "b"])
def case(request) -> cases.Case:
    """The recorded inputs, and a model whose weights went through a checkpoint."""
    return cases.load(request.param)


@pytest.fixture(scope="module")
def prefix(case, tmp_path_factory) -> str:
    return write(tmp_path_factory.mktemp("reference") / "model.ckpt", recorded(case))


@pytest.fixture(scope="module")
def model(case, prefix) -> Electra:
    model = Electra(case.config.model, 100, seed=7)
    weights = tf1.read(prefix).weights
    assert weights.keys() == {variable.path for variable in model.variables}
    for variable in model.variables:
        variable.assign(weights[variable.path])
    return model


def test_generator_logits_are_the_recorded_ones(case, model):
    output = model.generator(
        case.masked.input_ids_BS,
        case.batch.input_mask_BS,
        case.batch.segment_ids_BS,
        case.masked.positions_BM,
        dropout=inference(),
    )
    # Logits of these weights reach 20, where a float32 step is 2e-6.
    np.testing.assert_allclose(
        output.logits_BMV, case.arrays["gen/mlm_logits"], rtol=1e-5, atol=1e-5
    )


def test_discriminator_logits_are_the_recorded_ones(case, model):
    output = model.discriminator(
        tf.constant(case.arrays["disc/input_ids"]),
        case.batch.input_mask_BS,
        case.batch.segment_ids_BS,
        dropout=inference(),
    )
    # As in the golden tests of the model: float32 in another order.
    np.testing.assert_allclose(
        output.logits_BS, case.arrays["disc/logits"], rtol=0, atol=1e-5
    )


def test_losses_are_the_recorded_ones(case, model):
    result = step.forward(
        model,
        case.batch,
        case.masked,
        lambda logits_BMV, original_ids_BM: case.sampled_ids_BM,
        inference(),
        inference(),
    )
    for name, loss in (
        ("loss/mlm", result.masked_lm_loss),
        ("loss/disc", result.discriminator_loss),
    ):
        # As in the golden tests of the model: float32 in another order.
        np.testing.assert_allclose(
            loss.total / loss.weight, case.arrays[name], rtol=0, atol=1e-5
        )


def test_moments_and_the_step_are_ignored_and_named(case, prefix):
    found = tf1.read(prefix)
    assert len(found.ignored) == 2 * len(found.weights) + 1
    assert "global_step" in found.ignored
    assert "electra/embeddings/word_embeddings/adam_m" in found.ignored


def test_a_directory_stands_for_its_latest_checkpoint(prefix):
    found = tf1.read(os.path.dirname(prefix))
    assert found.weights.keys() == tf1.read(prefix).weights.keys()


def test_a_name_of_any_layer_is_known_and_names_of_others_are_not():
    path = tf1.variable_path
    assert path("generator/encoder/layer_23/attention/output/LayerNorm/beta") == (
        "electra/generator/encoder/layer_23/attention_norm/beta"
    )
    for name in (
        "electra/encoder/layer_0/output/dense/kernel/adam_m",
        "generator/embeddings/word_embeddings",
        "task_specific/ner/dense/kernel",
        "electra/encoder/layer_x/output/dense/kernel",
        "electra/pooler/dense/kernel",
    ):
        assert path(name) is None


def test_a_path_without_a_checkpoint_is_an_error_that_helps(prefix, tmp_path):
    with pytest.raises(ValueError, match=r"no checkpoint .*/none.*without \.index"):
        tf1.read(str(tmp_path / "none"))
    with pytest.raises(ValueError, match=r"20\.index\.index: give .* without \.index"):
        tf1.read(prefix + ".index")
    with pytest.raises(ValueError, match="no file `checkpoint`.*give a checkpoint's"):
        tf1.read(str(tmp_path))


def test_a_checkpoint_of_something_else_is_an_error_that_helps(tmp_path):
    path = write(tmp_path / "bert", {"bert/pooler/dense/kernel": np.zeros((2, 2))})
    with pytest.raises(ValueError, match=r"none of ELECTRA's.*bert/pooler/dense"):
        tf1.read(path)
    path = tf.train.Checkpoint(x=tf.Variable(1.0)).save(str(tmp_path / "tf2"))
    with pytest.raises(ValueError, match=r"written by TensorFlow 2.*--workdir"):
        tf1.read(path)


@pytest.mark.parametrize("damage", ["data-00000-of-00001", "index"])
@pytest.mark.parametrize("content", ["cut", "changed", "absent"])
def test_a_damaged_file_is_an_error_that_helps(tmp_path, damage, content):
    path = write(
        tmp_path / "model.ckpt",
        {"electra/embeddings/word_embeddings": np.ones((9, 9), "float32")},
    )
    file = pathlib.Path(f"{path}.{damage}")
    data = file.read_bytes()
    if content == "absent":
        file.unlink()
    else:
        file.write_bytes(data[:20] if content == "cut" else b"x" * len(data))
    message = "damaged or incomplete"
    if (damage, content) == ("index", "absent"):
        message = r"no file .*\.index"
    with pytest.raises(ValueError, match=message):
        tf1.read(path)
