"""Sizes, sharing, initial weights and precision of the model."""

import importlib

import numpy as np
import pytest
import tensorflow as tf

from electra_tf.config import ModelConfig, Precision
from electra_tf.model.dropout import Dropout, inference
from electra_tf.model.electra import Electra
from electra_tf.model.kernels import expressions, random_bits


def parameters(variables) -> int:
    return sum(int(np.prod(variable.shape)) for variable in variables)


def test_small_has_the_published_number_of_parameters():
    model = Electra(ModelConfig(), 31_002)
    assert parameters(model.discriminator.trainable_variables) == 13_610_497
    assert parameters(model.trainable_variables) == 14_258_139
    own = parameters(model.trainable_variables) - parameters(
        model.discriminator.trainable_variables
    )
    assert own == 647_642


def test_small_has_the_published_number_of_parameters_with_berts_vocabulary():
    model = Electra(ModelConfig(), 30_522)
    assert parameters(model.discriminator.trainable_variables) == 13_549_057


def test_mini_has_the_parameters_of_the_reference_run():
    config = importlib.import_module("electra_tf.configs.mini").get_config()
    model = Electra(config.model, 8_192)
    assert parameters(model.trainable_variables) == 2_149_313


@pytest.mark.parametrize(
    ("name", "generator"),
    [
        ("small", (64, 12, 1, 256)),
        ("base", (256, 12, 4, 1024)),
        ("large", (256, 24, 4, 1024)),
        ("small_plus", (256, 12, 4, 1024)),
    ],
)
def test_generator_sizes(name, generator):
    sizes = (
        importlib.import_module(f"electra_tf.configs.{name}")
        .get_config()
        .model.generator
    )
    assert (
        sizes.hidden_size,
        sizes.num_layers,
        sizes.num_heads,
        sizes.intermediate_size,
    ) == generator


@pytest.fixture(scope="module")
def tiny() -> ModelConfig:
    return ModelConfig(
        hidden_size=32,
        num_layers=2,
        num_heads=2,
        intermediate_size=64,
        embedding_size=16,
        generator_fraction=0.5,
        max_position_embeddings=16,
    )


IDS = tf.constant([[2, 7, 8, 3], [2, 9, 3, 0]])
MASK = tf.constant([[1, 1, 1, 1], [1, 1, 1, 0]])
SEGMENTS = tf.zeros_like(IDS)


def test_both_networks_read_the_same_embeddings(tiny):
    model = Electra(tiny, 50)
    shared = {id(v) for v in model.generator.trainable_variables} & {
        id(v) for v in model.discriminator.trainable_variables
    }
    assert shared == {id(v) for v in model.embeddings.trainable_variables}
    assert len(shared) == 5


def test_initial_weights_follow_seed_and_name(tiny):
    first, again, other = Electra(tiny, 50, seed=1), Electra(tiny, 50, seed=1), None
    other = Electra(tiny, 50, seed=2)
    kernels = []
    for x, y, z in zip(first.variables, again.variables, other.variables, strict=True):
        np.testing.assert_array_equal(x.numpy(), y.numpy())
        kind = x.path.rsplit("/", 1)[-1]
        if kind in ("bias", "output_bias", "beta"):
            assert not np.any(x.numpy())
        elif kind == "gamma":
            assert np.all(x.numpy() == 1.0)
        else:
            assert np.any(x.numpy() != z.numpy())
            kernels.append(x)
    values = [kernel.numpy().ravel()[:8].tobytes() for kernel in kernels]
    assert len(set(values)) == len(values)  # No two start alike.


def test_initial_scales_are_those_of_the_reference():
    model = Electra(ModelConfig(num_layers=1), 3000)
    for variable in model.trainable_variables:
        value, kind = variable.numpy(), variable.path.rsplit("/", 1)[-1]
        if kind not in ("kernel", "word_embeddings"):
            continue
        if variable.path.endswith(("embeddings_project/kernel", "prediction/kernel")):
            limit = np.sqrt(6.0 / sum(value.shape))
            assert 0.9 * limit < np.abs(value).max() <= limit
        else:
            # Cut at two standard deviations, a normal keeps 0.88 of its own.
            assert np.abs(value).max() <= 0.04
            assert value.std() == pytest.approx(0.88 * 0.02, rel=0.05)


def test_padding_does_not_change_the_scores_of_real_tokens(tiny):
    model = Electra(tiny, 50)
    scores = model.discriminator(IDS, MASK, SEGMENTS, dropout=inference()).logits_BS
    alone = model.discriminator(
        IDS[1:, :3], MASK[1:, :3], SEGMENTS[1:, :3], dropout=inference()
    ).logits_BS
    # Rounding alone: other shapes are summed in another order.
    np.testing.assert_allclose(scores[1, :3], alone[0], atol=1e-6)


def test_dropout_is_a_function_of_its_seed(tiny):
    model = Electra(tiny, 50)

    def scores(seed: int) -> np.ndarray:
        dropout = Dropout(0.1, random_bits.seed(seed))
        return model.discriminator(
            IDS, MASK, SEGMENTS, dropout=dropout
        ).logits_BS.numpy()

    np.testing.assert_array_equal(scores(1), scores(1))
    assert np.any(scores(1) != scores(2))


def test_dropout_has_its_rate_and_keeps_the_mean():
    dropout = Dropout(0.1, random_bits.seed(1, 2))
    values = dropout(expressions.apply_dropout, tf.ones((1000, 100)))
    # 100,000 draws of 0.1: a standard deviation of 0.00095.
    assert float(tf.reduce_mean(tf.cast(values == 0.0, "float32"))) == pytest.approx(
        0.1, abs=0.004
    )
    assert float(tf.reduce_mean(values)) == pytest.approx(1.0, abs=0.005)
    assert np.any(
        values != dropout(expressions.apply_dropout, tf.ones((1000, 100)))
    )  # Another site.


def test_dropout_takes_any_width():
    values = Dropout(0.5, random_bits.seed(1, 2))(
        expressions.apply_dropout, tf.ones((50, 3, 33))
    )
    assert values.shape == (50, 3, 33)
    assert set(np.unique(values).tolist()) == {0.0, 2.0}


def test_bfloat16_keeps_variables_and_logits_in_float32(tiny):
    exact = Electra(tiny, 50)
    mixed = Electra(tiny, 50, Precision.MIXED_BFLOAT16)
    assert {variable.dtype for variable in mixed.variables} == {"float32"}
    outputs = [
        model.discriminator(IDS, MASK, SEGMENTS, dropout=inference()).logits_BS
        for model in (exact, mixed)
    ]
    assert outputs[1].dtype == tf.float32
    # bfloat16 has 8 bits: the two must be close, and not the same.
    np.testing.assert_allclose(outputs[0], outputs[1], atol=0.02)
    assert np.any(outputs[0] != outputs[1])
    assert (
        mixed.generator(
            IDS, MASK, SEGMENTS, IDS[:, :2] * 0, dropout=inference()
        ).logits_BMV.dtype
        == tf.float32
    )


def test_gelu_is_exact_and_so_is_its_gradient():
    x = tf.linspace(-6.0, 6.0, 1001)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        ours, theirs = (
            expressions.gelu(x, tf.zeros(())),
            tf.nn.gelu(x, approximate=False),
        )
    np.testing.assert_allclose(ours, theirs, atol=1e-6)
    np.testing.assert_allclose(
        tape.gradient(ours, x), tape.gradient(theirs, x), atol=1e-6
    )
    assert np.abs(ours - tf.nn.gelu(x, approximate=True)).max() > 1e-4


def test_a_slope_lowers_scores_by_distance(tiny):
    model = Electra(tiny, 50, seed=1)
    ids = tf.constant([[5, 6, 7, 8, 9, 10]])
    mask, segments = tf.ones_like(ids), tf.zeros_like(ids)

    def attention(slope) -> np.ndarray:
        output = model.discriminator(
            ids, mask, segments, dropout=inference(), attention_slope=slope
        )
        return output.encoder.attention_BHSS[0].numpy()

    plain, sloping = attention(0.0), attention(tf.constant(0.5))
    distance = np.abs(np.arange(6)[:, None] - np.arange(6))
    expected = plain * np.exp(-0.5 * distance)
    expected /= expected.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(sloping, expected, rtol=1e-5)
    np.testing.assert_array_equal(attention(tf.constant(0.0)), plain)
