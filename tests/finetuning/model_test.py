"""The rates of the layers, and the loss, by hand."""

import math

import numpy as np
import pytest
import tensorflow as tf

from electra_tf.config import ModelConfig
from electra_tf.finetuning import batches, features, losses
from electra_tf.finetuning.model import TaskModel, rates
from electra_tf.model.dropout import inference
from electra_tf.model.electra import Electra
from electra_tf.pretraining.optimizer import AdamWeightDecay
from electra_tf.pretraining.schedules import WarmupAndDecay
from tests.interop import models


@pytest.fixture(scope="module")
def electra() -> Electra:
    return Electra(
        ModelConfig(
            hidden_size=32,
            num_layers=3,
            num_heads=2,
            intermediate_size=64,
            embedding_size=16,
        ),
        30,
    )


@pytest.mark.parametrize("head", ["token", "text", "span"])
def test_each_layer_has_its_rate(electra, head):
    model = TaskModel(electra, head, 4, seed=0)
    found = rates(model.trainable_variables, 0.8)
    assert len(found) == len(model.trainable_variables)
    expected = {
        "/layer_2/": 1.0,
        "/layer_1/": 0.8,
        "/layer_0/": 0.64,
        "electra/embeddings/": 0.8**3,
        "embeddings_project": 0.8**3,
        "classifier_": 1.0,
    }
    for path, rate in found.items():
        (part,) = [part for part in expected if part in path]
        assert rate == pytest.approx(expected[part]), path
    assert set(rates(model.trainable_variables, 1.0).values()) == {1.0}


def test_heads_begin_with_the_deviation_of_glorot(electra):
    model = TaskModel(electra, "text", 4, seed=0)
    for layer in (model.head_dense, model.head_product):
        expected = math.sqrt(2 / sum(layer.kernel.shape))
        assert np.std(layer.kernel.numpy()) == pytest.approx(expected, rel=0.15)


def test_each_layer_moves_by_its_rate(electra):
    model = TaskModel(electra, "text", 4, seed=0)
    variables = model.trainable_variables
    schedule = WarmupAndDecay(5e-4, num_steps=10, warmup_steps=0)
    optimizer = AdamWeightDecay(variables, schedule, 0.01, 1e9, rates(variables, 0.5))
    before = [variable.numpy() for variable in variables]
    optimizer.apply([tf.ones(variable.shape) for variable in variables])
    moved = {
        variable.path: np.abs(variable.numpy() - old).mean()
        for variable, old in zip(variables, before, strict=True)
        if variable.path.endswith("bias")  # Without weight decay.
    }
    head = moved["classifier_out/bias"]
    assert head > 0
    for layer, rate in (("layer_2", 1), ("layer_1", 0.5), ("layer_0", 0.25)):
        of_layer = [value for path, value in moved.items() if f"/{layer}/" in path]
        assert of_layer == pytest.approx([rate * head] * len(of_layer)), layer
        assert of_layer


@pytest.mark.parametrize(("head", "shape"), [("token", (2, 10, 4)), ("text", (2, 4))])
def test_answers_do_not_depend_on_padding(head, shape):
    model = TaskModel(models.random_model(), head, 4, seed=0)
    ids_BS, mask_BS, segments_BS = models.batch()
    logits = model(ids_BS, mask_BS, segments_BS, dropout=inference())
    assert logits.shape == shape and logits.dtype == tf.float32
    shorter = model(
        ids_BS[1:, :4], mask_BS[1:, :4], segments_BS[1:, :4], dropout=inference()
    )
    ours = logits[1:, :4] if head == "token" else logits[1:]
    tf.debugging.assert_near(ours, shorter, atol=1e-5)


def test_the_loss_counts_what_has_a_target():
    logits = tf.constant([[0.0, 0.0], [0.0, math.log(3)], [5.0, 0.0]])
    weights = tf.constant([1.0, 1.0, 0.0])
    total, weight = losses.text_label_loss(logits, tf.constant([0, 1, 1]), weights)
    assert float(total) == pytest.approx(math.log(2) + math.log(4 / 3))
    assert float(weight) == 2
    total, weight = losses.text_label_loss(logits, tf.constant([0, -1, 1]), weights)
    assert float(total) == pytest.approx(math.log(2))
    assert float(weight) == 1


def test_the_losses_of_tokens_numbers_and_spans():
    logits_BSL, weights = tf.zeros((2, 3, 4)), tf.constant([1.0, 0.0])
    targets_BS = tf.constant([[0, -1, 1], [2, 2, 2]])
    total, weight = losses.token_label_loss(logits_BSL, targets_BS, weights)
    assert float(total) == pytest.approx(2 * math.log(4))
    assert float(weight) == 2
    numbers = tf.constant([[1.0], [2.0]])
    total, weight = losses.squared_error(numbers, tf.constant([3.0, 0.0]), weights)
    assert (float(total), float(weight)) == (4.0, 1.0)
    # First token: 1 of 3; last: 2 of 3, where the logit is log 2 higher.
    logits_BS2 = tf.constant([[[0.0, 0.0], [0.0, 0.0], [0.0, math.log(2)]]] * 2)
    total, weight = losses.span_loss(logits_BS2, tf.constant([[1, 2]] * 2), weights)
    assert float(total) == pytest.approx((math.log(3) + math.log(4 / 2)) / 2)
    assert float(weight) == 1


def test_every_example_comes_once_per_epoch_and_each_epoch_has_its_order():
    mask = np.arange(8) < np.arange(1, 11)[:, None] % 8
    found = features.Features(*3 * [mask.astype("int32")], np.zeros(10, "int32"))
    first, second = (batches.shuffled(found, 4, 1, epoch) for epoch in (0, 1))
    assert first.shape == (3, 4)
    assert sorted(first.ravel())[2:] == list(range(10))
    assert first.ravel().tolist().count(-1) == 2
    assert first.tolist() != second.tolist()
    assert first.tolist() == batches.shuffled(found, 4, 1, epoch=0).tolist()
    lengths = mask.sum(axis=1)[batches.by_length(found, 4).ravel()[:10]]
    assert lengths.tolist() == sorted(mask.sum(axis=1))


def test_batches_are_cut_to_their_longest_example():
    mask = np.arange(128) < np.array([3, 128, 40, 30])[:, None]
    mask = mask.astype("int32")
    order = np.array([[0, 3], [2, -1], [1, 0]])
    for targets in (mask, np.zeros((4, 2), "int32")):
        found = batches.dataset(
            features.Features(mask, mask, mask, targets),
            order,
            tf.distribute.get_strategy(),
        )
        lengths = [batch.ids_BS.shape[1] for batch in found]
        assert lengths == [32, 64, 128]
        for rows, batch in zip(order, found, strict=True):
            assert batch.weights_B.numpy().tolist() == [float(i >= 0) for i in rows]
            kept = batch.targets.shape[1]
            assert kept == (2 if targets is not mask else batch.ids_BS.shape[1])
            np.testing.assert_array_equal(batch.targets[0], targets[rows[0]][:kept])
