"""First word embeddings from the corpus itself: which pieces stand near which.

Rows of the word table begin as the left singular vectors of the pieces' positive
pointwise mutual information (PPMI), and the generator's output bias as the logarithms
of their frequencies. So the first thousands of steps need not learn the frequencies of
words and what company they keep.

Source: Levy, Goldberg and Dagan, "Improving Distributional Similarity with Lessons
Learned from Word Embeddings" (TACL 2015): shifted contexts to the power 0.75 (section
3.1), the square root of the singular values (section 3.3), and counts weighted by
1/distance as in GloVe (Pennington et al., 2014, section 3.1). The reference has random
rows.

Shape letters: B batch, S sequence, V vocabulary, C contexts, E embedding.
"""

import io
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import scipy.sparse
import tensorflow as tf
from absl import logging
from sklearn.utils.extmath import randomized_svd

from electra_tf import files
from electra_tf.batch import Batch
from electra_tf.model.electra import Electra
from electra_tf.shards import records
from electra_tf.shards.manifest import Manifest
from electra_tf.training import strategy as strategies

FILE_NAME = "word_start.npz"
"""In the working directory of a run."""
WINDOW = 4
"""Tokens on each side of a piece that count as its contexts."""
CONTEXT_POWER = 0.75
"""Exponent that smooths the frequencies of contexts."""
MAX_TOKENS = 16_000_000
"""Tokens to count at most: about half a minute on one core."""
MAX_CONTEXTS = 16_384
"""Contexts at most, the most frequent pieces: bounds a large vocabulary's memory."""
_PAIRS_AT_ONCE = 8_000_000
_BATCH_SIZE = 512


class WordStart(NamedTuple):
    """Values to start from, for the pieces that occur."""

    table_VE: np.ndarray
    """float32, scaled to a root mean square of 1 over the pieces that occur; 0 for the
    others."""
    counts_V: np.ndarray
    """int64, how often each piece was counted."""

    @property
    def log_frequencies_V(self) -> np.ndarray:
        """float32, logarithms of the smoothed frequencies, less their mean."""
        logs_V = np.log((self.counts_V + 0.5) / self.counts_V.sum())
        return (logs_V - logs_V.mean()).astype("float32")


def read(manifest: Manifest, directory: str, max_tokens: int) -> Iterator[Batch]:
    """Yields examples of the training split, the first of every shard.

    Args:
        manifest: of the shards. Where records have their places by hash, the first are
            a sample of the corpus.
        directory: where the shards are.
        max_tokens: what the examples may add up to, about.
    """
    shards = manifest.split("train")
    tokens = manifest.tokens("train")
    share = min(1.0, max_tokens / max(1, tokens))
    for shard in shards:
        path = tf.io.gfile.join(directory, shard.name)
        examples = max(1, round(share * shard.examples)) if shard.examples else 0
        dataset = tf.data.TFRecordDataset(path).take(examples).batch(_BATCH_SIZE)
        for serialized_B in dataset:
            yield records.parse_batch(
                serialized_B,
                manifest.record_format,
                manifest.max_seq_length,
                manifest.special_ids.pad,
            )


def cooccurrences(
    batches: Iterable[Batch], vocabulary_size: int, window: int = WINDOW
) -> tuple[scipy.sparse.csr_matrix, np.ndarray]:
    """Counts pairs of pieces at most `window` tokens apart, each weighted 1/distance.

    Returns:
        Symmetric float64 [V, V], and how often each piece occurs, int64 [V].
    """
    shape = (vocabulary_size, vocabulary_size)
    counts_V = np.zeros(vocabulary_size, np.int64)
    total = scipy.sparse.csr_matrix(shape)
    lefts: list[np.ndarray] = []
    rights: list[np.ndarray] = []
    weights: list[np.ndarray] = []

    def added() -> scipy.sparse.csr_matrix:
        pairs = (np.concatenate(lefts), np.concatenate(rights))
        part = scipy.sparse.coo_matrix((np.concatenate(weights), pairs), shape)
        for held in (lefts, rights, weights):
            held.clear()
        return total + part.tocsr()

    for batch in batches:
        ids_BS = batch.input_ids_BS.numpy()
        is_token_BS = batch.input_mask_BS.numpy() > 0
        counts_V += np.bincount(ids_BS[is_token_BS], minlength=vocabulary_size)
        for distance in range(1, window + 1):
            are_tokens = is_token_BS[:, :-distance] & is_token_BS[:, distance:]
            lefts.append(ids_BS[:, :-distance][are_tokens])
            rights.append(ids_BS[:, distance:][are_tokens])
            weights.append(np.full(len(lefts[-1]), 1.0 / distance))
        if sum(map(len, lefts)) > _PAIRS_AT_ONCE:
            total = added()
    if lefts:
        total = added()
    return total + total.T, counts_V


def factorize(
    pairs_VV: scipy.sparse.csr_matrix, dimensions: int, seed: int = 0
) -> np.ndarray:
    """Embeds pieces by the truncated SVD of their PPMI.

    Args:
        pairs_VV: from `cooccurrences`.
        dimensions: columns of the table, E.
        seed: of the randomized SVD's first guess.

    Returns:
        float64 [V, E]: U sqrt(S) of the `dimensions` largest singular values; 0 in the
        rows of pieces that never occur, and in the columns beyond the rank.
    """
    marginals_V = np.asarray(pairs_VV.sum(axis=1)).ravel()
    # A stable order, so that ties don't depend on how they are sorted.
    frequent_C = np.sort(np.argsort(-marginals_V, kind="stable")[:MAX_CONTEXTS])
    pairs = pairs_VV[:, frequent_C].tocoo()
    contexts_C = marginals_V[frequent_C] ** CONTEXT_POWER
    contexts_C /= contexts_C.sum()
    row_shares_V = marginals_V / marginals_V.sum()
    information = np.log(
        pairs.data
        / marginals_V.sum()
        / (row_shares_V[pairs.row] * contexts_C[pairs.col])
    )
    positive = information > 0
    ppmi_VC = scipy.sparse.csr_matrix(
        (information[positive], (pairs.row[positive], pairs.col[positive])), pairs.shape
    )
    rank = min(dimensions, *ppmi_VC.shape)
    left_VE, singular_E, _ = randomized_svd(ppmi_VC, rank, n_iter=4, random_state=seed)
    table_VE = np.zeros((pairs_VV.shape[0], dimensions))
    table_VE[:, :rank] = left_VE * np.sqrt(singular_E)
    return table_VE


def word_start(
    manifest: Manifest,
    directory: str,
    vocabulary_size: int,
    dimensions: int,
    max_tokens: int = MAX_TOKENS,
) -> WordStart:
    """Computes the start of a word table from the shards of a run.

    The same shards give the same values. Memory is bounded by `max_tokens`, not by the
    corpus.

    Args:
        manifest: of the shards.
        directory: where they are.
        vocabulary_size: rows, V.
        dimensions: columns, E.
        max_tokens: tokens to count at most.
    """
    batches = read(manifest, directory, max_tokens)
    pairs_VV, counts_V = cooccurrences(batches, vocabulary_size)
    table_VE = factorize(pairs_VV, dimensions)
    occurs_V = counts_V > 0
    table_VE[~occurs_V] = 0.0
    scale = np.sqrt(np.mean(np.square(table_VE[occurs_V]))) or 1.0
    return WordStart((table_VE / scale).astype("float32"), counts_V)


def initialize(
    model: Electra,
    manifest: Manifest,
    directory: str,
    path: str,
    strategy: tf.distribute.Strategy,
) -> None:
    """Gives a model its first word table and output bias, the same in every process.

    Rows of pieces that never occur stay random; the others are scaled to the root mean
    square `config.initializer_range`, that of the random rows.

    Args:
        model: at its random weights.
        manifest: of the shards.
        directory: where they are.
        path: file that keeps the values; an earlier start of the run may have made it.
        strategy: distribution strategy of the run.
    """
    word, config = model.embeddings.word, model.config
    start = _load(path)
    if start is None:
        logging.info(
            "Counting which pieces stand near each other, for the first weights"
        )
        start = word_start(manifest, directory, *word.shape)
        if strategies.is_chief(strategy):
            _save(start, path)
    occurs_V1 = start.counts_V[:, None] > 0
    table_VE = config.initializer_range * start.table_VE
    table_VE = np.where(occurs_V1, table_VE, word.numpy())
    word.assign(strategies.from_chief(strategy, table_VE))
    bias_V = strategies.from_chief(strategy, start.log_frequencies_V)
    model.generator.output_bias.assign(bias_V)


def _save(start: WordStart, path: str) -> None:
    content = io.BytesIO()
    np.savez(content, **start._asdict())
    files.write(path, content.getvalue())


def _load(path: str) -> WordStart | None:
    if not tf.io.gfile.exists(path):
        return None
    with tf.io.gfile.GFile(path, "rb") as file, np.load(io.BytesIO(file.read())) as old:
        return WordStart(**old)
