"""A word table from co-occurrences: the dense arithmetic, on few pieces."""

import pathlib

import numpy as np
import pytest
import scipy.sparse
import tensorflow as tf

from electra_tf.batch import Batch
from electra_tf.config import ModelConfig, Optimizer, WordInitializer
from electra_tf.model.electra import Electra
from electra_tf.pretraining import loop
from electra_tf.pretraining.workdir import Workdir
from electra_tf.shards.manifest import Manifest
from electra_tf.training import spectral
from tests import small

VOCABULARY = 7


def batch(*rows: list[int], length: int = 6) -> Batch:
    """Examples padded with 0, which is also an id that occurs."""
    ids_BS = tf.constant([row + [0] * (length - len(row)) for row in rows])
    mask_BS = tf.sequence_mask([len(row) for row in rows], length, tf.int32)
    return Batch(ids_BS, mask_BS, tf.zeros_like(ids_BS))


def test_pairs_weigh_one_over_their_distance_and_padding_has_none():
    pairs_VV, counts_V = spectral.cooccurrences([batch([1, 2, 1, 3], [4])], VOCABULARY)
    expected = np.zeros((VOCABULARY, VOCABULARY))
    row = [1, 2, 1, 3]
    for i, left in enumerate(row):
        for j, right in enumerate(row):
            if i != j:
                expected[left, right] += 1 / abs(i - j)
    np.testing.assert_allclose(pairs_VV.toarray(), expected)
    assert counts_V.tolist() == [0, 2, 1, 1, 1, 0, 0]


def test_pairs_farther_than_the_window_are_not_counted():
    pairs_VV, _ = spectral.cooccurrences([batch([1, 2, 3, 4, 5])], VOCABULARY, window=3)
    assert pairs_VV[1, 4] == pytest.approx(1 / 3) and pairs_VV[1, 5] == 0


def test_the_counts_do_not_depend_on_when_they_are_summed(monkeypatch):
    rng = np.random.default_rng(0)
    batches = [batch(*rng.integers(0, 7, (4, 6)).tolist()) for _ in range(5)]
    whole = spectral.cooccurrences(batches, VOCABULARY)[0].toarray()
    monkeypatch.setattr(spectral, "_PAIRS_AT_ONCE", 10)
    parts = spectral.cooccurrences(batches, VOCABULARY)[0].toarray()
    np.testing.assert_allclose(parts, whole, rtol=1e-12)


def dense(pairs_VV: np.ndarray, dimensions: int) -> np.ndarray:
    """PPMI and its SVD, written out."""
    marginals_V = pairs_VV.sum(1)
    contexts_V = marginals_V**0.75 / (marginals_V**0.75).sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        joint = pairs_VV / pairs_VV.sum()
        pmi = np.log(joint / (marginals_V / marginals_V.sum())[:, None] / contexts_V)
    left, singular, _ = np.linalg.svd(np.where(pmi > 0, pmi, 0.0))
    return left[:, :dimensions] * np.sqrt(singular[:dimensions])


def test_the_table_is_that_of_a_dense_factorization():
    topics = np.random.default_rng(1).normal(size=(40, 3)) * [1.5, 1.0, 0.6]
    counts = np.exp(topics @ topics.T)
    counts[11] = counts[:, 11] = 0.0
    table_VE = spectral.factorize(scipy.sparse.csr_matrix(counts), 3)
    expected_VE = dense(counts, 3)
    # Up to the signs of the columns; few topics let the randomized SVD converge.
    signs_E = np.sign(np.sum(table_VE * expected_VE, axis=0))
    np.testing.assert_allclose(table_VE * signs_E, expected_VE, atol=1e-4)
    assert np.abs(table_VE[11]).max() < 1e-12


def test_a_table_wider_than_the_vocabulary_ends_in_zeros():
    counts = np.ones((3, 3)) + 5.0 * np.eye(3)
    table_VE = spectral.factorize(scipy.sparse.csr_matrix(counts), 8)
    assert table_VE.shape == (3, 8)
    assert table_VE[:, :3].any() and not table_VE[:, 3:].any()


def test_rare_contexts_are_left_out_of_a_large_vocabulary(monkeypatch):
    monkeypatch.setattr(spectral, "MAX_CONTEXTS", 2)
    counts = np.diag([9.0, 8.0, 1.0])
    table_VE = spectral.factorize(scipy.sparse.csr_matrix(counts), 2)
    assert table_VE[:2].any() and not table_VE[2].any()


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> str:
    return small.write(
        tmp_path_factory.mktemp("shards") / "data", train_shards=3, per_shard=40
    )


def start(data: str, max_tokens: int = spectral.MAX_TOKENS) -> spectral.WordStart:
    size = len(small.vocabulary())
    return spectral.word_start(Manifest.load(data), data, size, 8, max_tokens)


def test_the_same_shards_give_the_same_start(data):
    first, second = start(data), start(data)
    assert first.table_VE.tobytes() == second.table_VE.tobytes()
    assert first.counts_V.sum() == Manifest.load(data).tokens("train")
    occurs_V = first.counts_V > 0
    assert np.square(first.table_VE[occurs_V]).mean() == pytest.approx(1, rel=1e-5)


def test_a_limit_reads_the_same_share_of_every_shard(data):
    manifest = Manifest.load(data)
    read = list(spectral.read(manifest, data, manifest.tokens("train") // 2))
    assert [int(batch.input_ids_BS.shape[0]) for batch in read] == [20, 20, 20]


def test_a_model_starts_from_it_and_unseen_pieces_stay_random(data, tmp_path):
    config = ModelConfig(embedding_size=8, hidden_size=16, num_layers=1, num_heads=2)
    size = len(small.vocabulary())
    model, untouched = Electra(config, size), Electra(config, size)
    path, strategy = str(tmp_path / spectral.FILE_NAME), tf.distribute.get_strategy()
    spectral.initialize(model, Manifest.load(data), data, path, strategy)
    table, random = model.embeddings.word.numpy(), untouched.embeddings.word.numpy()
    counts_V = start(data).counts_V
    occurs_V = counts_V > 0
    assert 0 < occurs_V.sum() < size
    assert (table[~occurs_V] == random[~occurs_V]).all()
    np.testing.assert_allclose(
        np.sqrt(np.square(table[occurs_V]).mean()), config.initializer_range, rtol=1e-5
    )
    probabilities_V = tf.nn.softmax(model.generator.output_bias.value).numpy()
    expected_V = (counts_V + 0.5) / (counts_V + 0.5).sum()
    np.testing.assert_allclose(probabilities_V, expected_V, rtol=1e-4)
    # The file that it left is as good as the shards.
    spectral.initialize(untouched, Manifest.load(data), "nowhere", path, strategy)
    assert (untouched.embeddings.word.numpy() == table).all()


def run(data: str, workdir: pathlib.Path, strategy, stop: int = 0) -> dict[str, bytes]:
    """Trains with Muon from a spectral start; returns the weights of all replicas."""
    config = small.config(data, optimizer=Optimizer.MUON, discriminator_rate=0.5)
    config.model.word_initializer = WordInitializer.SPECTRAL
    with loop.opened(config, Workdir(str(workdir)), strategy) as training:
        if stop:
            training._preemption.is_requested = lambda: training.run.step + 5 >= stop
        training.train()
        return {
            variable.path: [
                replica.numpy().tobytes()
                for replica in strategy.experimental_local_results(variable.value)
            ]
            for variable in training.run.model.variables
        }


def test_a_run_with_muon_and_this_start_resumes_bit_for_bit(data, tmp_path):
    strategy = tf.distribute.get_strategy()
    whole = run(data, tmp_path / "whole", strategy)
    half = run(data, tmp_path / "parts", strategy, stop=10)
    assert (tmp_path / "parts" / spectral.FILE_NAME).exists()
    assert half != whole == run(data, tmp_path / "parts", strategy)


def test_replicas_stay_equal(data, tmp_path, two_replicas):
    weights = run(data, tmp_path / "run", two_replicas)
    assert all(len(replicas) == 2 for replicas in weights.values())
    assert all(len(set(replicas)) == 1 for replicas in weights.values())
