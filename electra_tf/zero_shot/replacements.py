"""Held-out text with words that a run's generator has replaced, as a common test.

The AUC of a run is that of its discriminator against its own generator: a weak one is
easily found out. On one file of replacements all detectors have the same task, whatever
their vocabulary (`labelled_text.token_labels`).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from electra_tf import files
from electra_tf.pretraining import trained
from electra_tf.pretraining.metric_sums import Accumulator
from electra_tf.pretraining.step import Step
from electra_tf.pretraining.workdir import Workdir, check_data
from electra_tf.shards import checks, pipeline
from electra_tf.shards.manifest import Manifest
from electra_tf.training import checkpoint_files

BATCH_SIZE = 64


class Written(NamedTuple):
    """What a file of replacements holds."""

    sentences: int
    words: int
    replaced: int
    """Number of the words with at least one piece that was replaced."""
    left_out: int
    """Examples with a piece that is not in the vocabulary: their text is not known."""


def write(
    workdir: Workdir,
    directory: str,
    examples: int,
    path: str,
    which: str = checkpoint_files.LATEST,
) -> Written:
    """Writes held-out examples as words with labels, 1 for a replaced word.

    An example is masked as in evaluation, and becomes a sentence.

    Args:
        workdir: working directory of the run.
        directory: directory of the shards; "": those of the run.
        examples: at most this many examples; 0: all.
        path: tab-separated file to write.
        which: the checkpoint, as in `checkpoint_files.select`.

    Raises:
        ValueError: there is no run or no checkpoint, or the shards are damaged or have
            another vocabulary.
    """
    config = workdir.config()
    config.data.directory = directory or config.data.directory
    manifest = Manifest.load(config.data.directory)
    check_data(config, manifest, workdir.manifest().fingerprint, workdir.path)
    checks.check_run(manifest, config.data.directory, 1, ["valid"])
    run = trained.load(workdir, which=which)
    vocabulary = run.vocabulary
    step = Step(
        run.model,
        None,
        Accumulator(),
        config,
        vocabulary.special_ids,
        tf.distribute.get_strategy(),
        continues_V=vocabulary.continues_V,
    )
    pieces_V = np.array(vocabulary.pieces)
    sentences: list[list[tuple[str, int]]] = []
    left_out = 0
    for batch in pipeline.eval_dataset(
        manifest, config.data.directory, "valid", BATCH_SIZE, examples
    ):
        _, results = step.predict(batch)
        originals_BS = batch.input_ids_BS.numpy()
        rows = zip(
            originals_BS,
            results.corrupted.input_ids_BS.numpy(),
            results.corrupted.labels_BS.numpy(),
            strict=True,
        )
        for original_S, corrupted_S, labels_S in rows:
            if vocabulary.special_ids.unk in original_S:
                left_out += 1
                continue
            is_text_S = ~np.isin(original_S, vocabulary.special_ids)
            words = joined(pieces_V[corrupted_S[is_text_S]], labels_S[is_text_S])
            sentences += [words] if words else []
    lines = (
        "".join(f"{word}\t{label}\n" for word, label in words) for words in sentences
    )
    files.write(path, "\n".join(lines))
    labels = [label for words in sentences for _, label in words]
    return Written(len(sentences), len(labels), sum(labels), left_out)


def joined(pieces: Sequence[str], labels: Sequence[int]) -> list[tuple[str, int]]:
    """Joins pieces to words; a word's label is the highest of its pieces'."""
    words: list[tuple[str, int]] = []
    for piece, label in zip(pieces, labels, strict=True):
        if piece.startswith("##") and words:
            before, its_label = words.pop()
            words.append((before + piece[2:], max(its_label, int(label))))
        else:
            words.append((piece, int(label)))
    return words
