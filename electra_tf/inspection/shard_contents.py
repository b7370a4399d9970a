"""Examples of shards, and counts of lengths and pieces over a whole split.

Shape letters: B batch, S sequence, L lengths (0 to max_seq_length), V vocabulary.
"""

import dataclasses
import math

import numpy as np
import tensorflow as tf

from electra_tf.batch import Batch
from electra_tf.config import MaskingConfig
from electra_tf.model import masking
from electra_tf.model.kernels import random_bits
from electra_tf.progress import Progress
from electra_tf.quantities import ratio
from electra_tf.shards import checks, pipeline
from electra_tf.shards.manifest import VOCABULARY_NAME, Manifest
from electra_tf.text.vocabulary import SPECIAL_PIECES, SUFFIX_INDICATOR, Vocabulary

BATCH_SIZE = 1024
PIECES_SHOWN = 20
"""Number of the most frequent, the least used and the unused pieces in a summary."""


@dataclasses.dataclass(frozen=True)
class InspectedSplit:
    """The shards of one split, with their manifest and vocabulary."""

    directory: str
    name: str
    """"train" or "valid"."""
    manifest: Manifest
    vocabulary: Vocabulary

    @classmethod
    def open(cls, directory: str, name: str) -> "InspectedSplit":
        """Opens a split of a data directory.

        Raises:
            ValueError: there is no data directory, the split has no example, a shard
                isn't whole, or the vocabulary isn't that of the manifest.
        """
        manifest = Manifest.load(directory)
        checks.check_run(manifest, directory, 1, [name])
        path = tf.io.gfile.join(directory, VOCABULARY_NAME)
        vocabulary = Vocabulary.load(path)
        if vocabulary.hash != manifest.vocabulary_hash:
            raise ValueError(
                f"{path} has the hash {vocabulary.hash[:16]}..., but the shards were "
                f"made with {manifest.vocabulary_hash[:16]}...: put the vocabulary "
                "back that made them, or rerun prepare.py."
            )
        return cls(directory, name, manifest, vocabulary)

    def first(self, number: int) -> Batch:
        """The first examples of the split, int32 [number, max_seq_length] at most."""
        number = min(number, self.manifest.examples(self.name))
        dataset = pipeline.eval_dataset(
            self.manifest, self.directory, self.name, number, number
        )
        return next(iter(dataset))

    def masked(self, batch: Batch, seed: int) -> tf.Tensor:
        """Masked ids of these examples, as the generator sees them, int32 [B, S]."""
        config, manifest = MaskingConfig(), self.manifest
        slots = config.max_predictions(manifest.max_seq_length)
        seeds = random_bits.seed(seed)
        return masking.mask(
            batch, seeds, config, slots, manifest.special_ids
        ).input_ids_BS

    def count(self, limit: int = 0) -> "SplitCounts":
        """Counts examples and pieces, and shows its progress.

        Args:
            limit: maximum number of examples, spread over the split; 0: all.

        Raises:
            ValueError: a shard has an id that is not in the vocabulary.
        """
        manifest = self.manifest
        examples = min(limit or math.inf, manifest.examples(self.name))
        counts = SplitCounts(
            np.zeros(manifest.max_seq_length + 1, np.int64),
            np.zeros(len(self.vocabulary), np.int64),
        )
        progress = Progress(int(examples), unit="million", what="million tokens")
        try:
            for batch in pipeline.eval_dataset(
                manifest, self.directory, self.name, BATCH_SIZE, limit
            ):
                self._check_ids(batch)
                counts.add(batch)
                progress.update(counts.examples, counts.tokens)
        finally:
            progress.close()
        return counts

    def _check_ids(self, batch: Batch) -> None:
        ids_BS = batch.input_ids_BS.numpy()
        if not 0 <= ids_BS.min() <= ids_BS.max() < len(self.vocabulary):
            raise ValueError(
                f"The {self.name!r} shards in {self.directory} hold ids from "
                f"{ids_BS.min()} to {ids_BS.max()}, but the vocabulary has "
                f"{len(self.vocabulary)} pieces: put the {VOCABULARY_NAME} there that "
                "made them."
            )


@dataclasses.dataclass
class SplitCounts:
    """Counts of lengths and pieces."""

    examples_L: np.ndarray
    """Number of examples of each length, padding not included."""
    tokens_V: np.ndarray
    """Number of tokens of each piece, special ones included, padding not."""
    two_segments: int = 0
    """Number of examples with a second segment."""

    @property
    def examples(self) -> int:
        """Number of examples."""
        return int(self.examples_L.sum())

    @property
    def tokens(self) -> int:
        """Number of tokens without padding, [CLS] and [SEP] included."""
        return int(self.tokens_V.sum())

    def add(self, batch: Batch) -> None:
        """Counts a batch, without the empty examples that fill it up."""
        ids_BS, mask_BS, segment_ids_BS = (values_BS.numpy() for values_BS in batch)
        lengths_B = mask_BS.sum(axis=1)
        self.examples_L += np.bincount(
            lengths_B[lengths_B > 0], minlength=len(self.examples_L)
        )
        self.tokens_V += np.bincount(ids_BS[mask_BS > 0], minlength=len(self.tokens_V))
        self.two_segments += int(np.sum(segment_ids_BS.any(axis=1)))


@dataclasses.dataclass(frozen=True)
class SplitSummary:
    """Numbers that describe a split; shares are from 0 to 1."""

    directory: str
    split: str
    examples_in_split: int
    examples: int
    """Examples counted."""
    tokens: int
    """Tokens counted, without padding, [CLS] and [SEP] included."""
    max_seq_length: int
    mean_length: float
    median_length: int
    padding: float
    two_segments: float
    text_tokens: int
    """Tokens counted without [CLS] and [SEP]."""
    words: int
    """Text tokens that don't continue a word; a punctuation mark is a word."""
    tokens_per_word: float
    unknown: float
    """Share of [UNK] in the text tokens."""
    pieces: int
    """Pieces of the vocabulary, special ones not included."""
    pieces_used: int
    """Pieces used at least once."""
    most_frequent: dict[str, int]
    least_used: dict[str, int]
    """Least frequent pieces of those that are used."""
    unused: list[str]
    """First pieces of the vocabulary that are never used."""
    length_counts: dict[int, int]
    """Number of examples by length."""
    mixture: tuple[float, ...]
    """Result of `epoch_mixture.divergences`; empty if not measured."""


def summarize(
    split: InspectedSplit, counts: SplitCounts, mixture: tuple[float, ...] = ()
) -> SplitSummary:
    """Computes shares and ranks from the counts of a split."""
    pieces, special = split.vocabulary.pieces, split.vocabulary.special_ids
    examples, tokens = counts.examples, counts.tokens
    text_tokens = tokens - int(counts.tokens_V[[special.cls, special.sep]].sum())
    by_piece = {
        piece: int(count)
        for piece, count in zip(pieces, counts.tokens_V, strict=True)
        if piece not in SPECIAL_PIECES
    }
    words = text_tokens - sum(
        count for piece, count in by_piece.items() if piece.startswith(SUFFIX_INDICATOR)
    )
    # Equals keep the order of the vocabulary, in which frequent pieces come first.
    ranked = sorted(by_piece, key=by_piece.__getitem__, reverse=True)
    used = [piece for piece in ranked if by_piece[piece]]
    unused = [piece for piece in ranked if not by_piece[piece]]
    return SplitSummary(
        directory=split.directory,
        split=split.name,
        examples_in_split=split.manifest.examples(split.name),
        examples=examples,
        tokens=tokens,
        max_seq_length=split.manifest.max_seq_length,
        mean_length=ratio(tokens, examples),
        median_length=int(np.searchsorted(np.cumsum(counts.examples_L), examples / 2)),
        padding=1 - ratio(tokens, examples * split.manifest.max_seq_length),
        two_segments=ratio(counts.two_segments, examples),
        text_tokens=text_tokens,
        words=words,
        tokens_per_word=ratio(text_tokens, words),
        unknown=ratio(int(counts.tokens_V[special.unk]), text_tokens),
        pieces=len(by_piece),
        pieces_used=len(used),
        most_frequent={piece: by_piece[piece] for piece in used[:PIECES_SHOWN]},
        least_used={piece: by_piece[piece] for piece in used[: -PIECES_SHOWN - 1 : -1]},
        unused=unused[:PIECES_SHOWN],
        length_counts={
            length: int(count)
            for length, count in enumerate(counts.examples_L)
            if count
        },
        mixture=mixture,
    )
