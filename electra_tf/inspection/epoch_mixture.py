"""Measures whether every part of an epoch is a sample of the corpus.

Shape letters: B batch, S sequence, D draws, P parts of an epoch, V vocabulary.
"""

import numpy as np

from electra_tf.config import DataConfig
from electra_tf.inspection.shard_contents import InspectedSplit
from electra_tf.progress import Progress
from electra_tf.shards import pipeline

PARTS = 20
"""Number of equal parts of an epoch that are compared."""
DRAWS = 5
"""Number of random divisions into as many parts, for comparison."""
_BATCH_SIZE = 1024
_SEED = 0


def divergences(
    split: InspectedSplit, shuffle_buffer: int = DataConfig.shuffle_buffer
) -> tuple[float, ...]:
    """Divergence of each part of a first epoch from the whole epoch.

    The measure is the Jensen-Shannon divergence between the frequencies of pieces in
    the part and in the epoch, divided by the largest one of `DRAWS` x `PARTS` parts
    with examples drawn at random: up to about 1 for a sample of the corpus, several
    times as much for a part with a source, a topic or a language of its own. The epoch
    is read as training reads it, on one host.

    Args:
        split: the training split.
        shuffle_buffer: number of examples held to shuffle, as in `DataConfig`.

    Returns:
        One number per part; () if there are too few examples for so many parts.
    """
    manifest = split.manifest
    examples = manifest.examples(split.name)
    if examples < PARTS * PARTS:
        return ()
    batch_size = min(_BATCH_SIZE, examples // PARTS)
    batches = examples // batch_size
    dataset = pipeline.train_dataset(
        manifest, split.directory, batch_size, shuffle_buffer, _SEED
    )
    size = len(split.vocabulary)
    in_order_PV = np.zeros((PARTS, size), np.int64)
    at_random_DPV = np.zeros((DRAWS, PARTS, size), np.int64)
    random = np.random.default_rng(_SEED)
    progress = Progress(batches, unit="million", what="million tokens of an epoch")
    for number, batch in enumerate(dataset.take(batches)):
        ids_BS, mask_BS = batch.input_ids_BS.numpy(), batch.input_mask_BS.numpy() > 0
        part = number * PARTS // batches
        in_order_PV[part] += np.bincount(ids_BS[mask_BS], minlength=size)
        for at_random_PV in at_random_DPV:
            parts_B1 = random.integers(PARTS, size=(batch_size, 1))
            indices = (ids_BS + size * parts_B1)[mask_BS]
            counts = np.bincount(indices, minlength=PARTS * size)
            at_random_PV += counts.reshape(PARTS, size)
        progress.update(number, int(in_order_PV.sum()))
    progress.close()
    largest = max(float(_divergence(dealt_PV).max()) for dealt_PV in at_random_DPV)
    return tuple(float(each) / largest for each in _divergence(in_order_PV))


def _divergence(counts_PV: np.ndarray) -> np.ndarray:
    """Jensen-Shannon divergence of each part from the whole, float64 [P], in nats."""
    parts_PV = counts_PV / np.maximum(counts_PV.sum(axis=1, keepdims=True), 1)
    whole_V = counts_PV.sum(axis=0) / counts_PV.sum()
    mean_PV = (parts_PV + whole_V) / 2

    def relative_entropy(values_PV: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            terms_PV = values_PV * np.log(values_PV / mean_PV)
        return np.nansum(terms_PV, axis=1)

    whole_PV = np.broadcast_to(whole_V, parts_PV.shape)
    return (relative_entropy(parts_PV) + relative_entropy(whole_PV)) / 2
