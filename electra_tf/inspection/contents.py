"""What shards hold: their examples as text, and counts over a whole split.

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
"""Of the most frequent, the least used and the unused pieces."""


@dataclasses.dataclass(frozen=True)
class Split:
    """The shards of one split, and what they were made with."""

    directory: str
    name: str
    """"train" or "valid"."""
    manifest: Manifest
    vocabulary: Vocabulary

    @classmethod
    def open(cls, directory: str, name: str) -> "Split":
        """Reads manifest and vocabulary.

        Raises:
            ValueError: there is no data directory, the split has no example, a shard
                isn't whole, or the vocabulary is another one.
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
        """Some examples of the split, as int32 [number, max_seq_length] at most."""
        number = min(number, self.manifest.examples(self.name))
        dataset = pipeline.eval_dataset(
            self.manifest, self.directory, self.name, number, number
        )
        return next(iter(dataset))

    def masked(self, batch: Batch, seed: int) -> tf.Tensor:
        """The ids of some examples as the generator sees them, int32 [B, S]."""
        config, manifest = MaskingConfig(), self.manifest
        slots = config.max_predictions(manifest.max_seq_length)
        seeds = random_bits.seed(seed)
        return masking.mask(
            batch, seeds, config, slots, manifest.special_ids
        ).input_ids_BS

    def count(self, limit: int = 0) -> "SplitCounts":
        """Counts examples and pieces, a batch at a time; shows its progress.

        Args:
            limit: examples at most, spread over the split; 0 for all.

        Raises:
            ValueError: a shard has an id that the vocabulary hasn't.
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
    """What was counted so far."""

    examples_L: np.ndarray
    """Examples of each length in real tokens."""
    tokens_V: np.ndarray
    """Of each piece, special ones too; padding is not counted."""
    two_segments: int = 0
    """Examples with a second segment."""

    @property
    def examples(self) -> int:
        """Of any length."""
        return int(self.examples_L.sum())

    @property
    def tokens(self) -> int:
        """Real tokens, [CLS] and [SEP] included."""
        return int(self.tokens_V.sum())

    def add(self, batch: Batch) -> None:
        """Counts a batch; an example without a token, which fills up, is none."""
        ids_BS, mask_BS, segment_ids_BS = (values_BS.numpy() for values_BS in batch)
        lengths_B = mask_BS.sum(axis=1)
        self.examples_L += np.bincount(
            lengths_B[lengths_B > 0], minlength=len(self.examples_L)
        )
        self.tokens_V += np.bincount(ids_BS[mask_BS > 0], minlength=len(self.tokens_V))
        self.two_segments += int(np.sum(segment_ids_BS.any(axis=1)))


@dataclasses.dataclass(frozen=True)
class Summary:
    """What the counts say; shares are from 0 to 1."""

    directory: str
    split: str
    examples_in_split: int
    examples: int
    """Counted."""
    tokens: int
    """Real ones, [CLS] and [SEP] included."""
    max_seq_length: int
    mean_length: float
    median_length: int
    padding: float
    two_segments: float
    text_tokens: int
    """Without [CLS] and [SEP]."""
    words: int
    """Text tokens that don't continue a word; a punctuation mark is a word."""
    tokens_per_word: float
    unknown: float
    """[UNK] among the text tokens."""
    pieces: int
    """Of the vocabulary, without the special ones."""
    pieces_used: int
    """At least once."""
    most_frequent: dict[str, int]
    least_used: dict[str, int]
    """Of those that are used."""
    unused: list[str]
    """The first ones."""
    length_counts: dict[int, int]
    """Examples by length."""
    mixture: tuple[float, ...]
    """As of `mixture.of_an_epoch`; empty where it was not looked at."""


def summarize(
    split: Split, counts: SplitCounts, mixture: tuple[float, ...] = ()
) -> Summary:
    """The counts of a split as ratios and ranks."""
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
    return Summary(
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
