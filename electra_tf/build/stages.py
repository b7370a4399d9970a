"""Turns a block of text into framed TFRecords: the stage that runs on every worker.

The split of a document, how it is cut and which shards its examples go to depend on the
seed and the document's text alone, not on its place or on the worker that has it.

Shape letters: N examples, D documents, L lines.
"""

import dataclasses
import hashlib
import itertools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from electra_tf.build import examples
from electra_tf.build.config import DeduplicationConfig
from electra_tf.corpus import formats
from electra_tf.corpus.audit import Samples
from electra_tf.corpus.cleaning.cleaner import Cleaner
from electra_tf.corpus.cleaning.config import CleaningConfig
from electra_tf.corpus.formats import Block, Document
from electra_tf.shards import record_writer
from electra_tf.shards.manifest import CorpusCounts
from electra_tf.text.tokenizer import Tokenizer
from electra_tf.text.vocabulary import TextRules, Vocabulary


@dataclasses.dataclass(frozen=True)
class BlockSettings:
    """What the examples of a block depend on besides its text."""

    vocabulary: Vocabulary
    text_rules: TextRules
    max_seq_length: int
    """Most tokens per example, special ones included."""
    num_shards: Mapping[str, int]
    """Number of shards by split."""
    valid_fraction: float
    """Share of the documents of training sources that are held out."""
    seed: int
    cleaning: CleaningConfig
    deduplication: DeduplicationConfig
    language: str
    """ISO 639 code that documents should have, such as "es"; "" if unknown."""
    sampled: bool
    """Whether to keep samples of what the rules keep and drop."""


class Records(NamedTuple):
    """Consecutive examples of one shard."""

    framed: bytes
    """The records as a TFRecord file holds them."""
    examples: int
    tokens: int
    """Real tokens, [CLS] and [SEP] included."""


KEPT, DUPLICATE, NEAR_DUPLICATE = range(3)
"""Marks of a document."""


class Marks(NamedTuple):
    """Which documents and lines of a block are duplicates."""

    documents_D: np.ndarray
    """uint8: KEPT, DUPLICATE or NEAR_DUPLICATE."""
    lines_L: np.ndarray
    """bool: whether it is a duplicate. Lines of dropped documents have marks too."""


class BlockResult(NamedTuple):
    """The records of a block, and what was counted."""

    shards: dict[tuple[str, int], Records]
    """Records by split and index of the shard."""
    counts: CorpusCounts
    samples: Samples | None
    """Samples of what was kept and dropped, if asked for."""


class _Place(NamedTuple):
    """The shard that an example goes to; `shuffling` decides its place there.

    Both follow from the text: a corpus that is cut into other blocks, or stored in
    another format or order, has the same shards.
    """

    split: str
    shard: int


class Fate(NamedTuple):
    """What follows from the text of a document."""

    split: str
    """"train" or "valid"."""
    number: int
    """64-bit hash, which equal documents share."""
    random: Callable[[], float]
    """Draws from [0, 1)."""


class Texts:
    """Reads and cleans the documents of blocks, alike in every stage."""

    def __init__(self, settings: BlockSettings):
        self._settings = settings
        self._clean = Cleaner(settings.cleaning, settings.language)

    def __call__(
        self, block: Block, split: str, samples: Samples | None = None
    ) -> tuple[list[Document], list[Fate], CorpusCounts]:
        """Returns the documents of a block, their fates, and what was dropped.

        Args:
            block: documents of one source.
            split: split of the source; documents of "train" may still be held out.
            samples: takes examples of what was dropped.
        """
        found, counts = formats.read(block)
        documents = self._clean(found, counts, samples)
        fates = [self._fate(document.lines, split) for document in documents]
        return documents, fates, counts

    def _fate(self, lines: Sequence[str], split: str) -> Fate:
        """Equal documents have equal fates, so none is in both splits."""
        digest = hashlib.blake2b(
            "\n".join(lines).encode(),
            digest_size=16,
            key=str(self._settings.seed).encode(),
        ).digest()
        # Python promises to keep this generator's random() as it is.
        generator = random.Random(int.from_bytes(digest, "little"))
        if generator.random() < self._settings.valid_fraction:
            split = "valid"
        return Fate(split, int.from_bytes(digest[:8], "little"), generator.random)


class BlockProcessor:
    """Stage that makes examples of blocks."""

    def __init__(self, settings: BlockSettings):
        """Builds the tokenizer."""
        self._settings = settings
        self._texts = Texts(settings)
        self._special_ids = settings.vocabulary.special_ids
        tokenizer = Tokenizer(settings.vocabulary, settings.text_rules)
        self._tokenize = tf.function(
            tokenizer.tokenize, input_signature=[tf.TensorSpec([None], tf.string)]
        )

    def __call__(
        self, block: Block, split: str, marks: Marks | None = None
    ) -> BlockResult:
        """Cuts, tokenizes and serializes the documents of a block.

        Args:
            block: documents of one source.
            split: split of the source; documents of "train" may still be held out.
            marks: which documents and lines to leave out.
        """
        samples = Samples() if self._settings.sampled else None
        found, fates, counts = self._texts(block, split, samples)
        documents = [document.lines for document in found]
        if marks:
            documents, fates = without_duplicates(documents, fates, marks, counts)
        if not documents:
            return BlockResult({}, counts, samples)
        tokens_T, line_ends = self._tokens(documents)

        cuts: list[examples.Cut] = []
        places: list[_Place] = []
        start = 0
        for document, fate, ends in zip(documents, fates, line_ends, strict=True):
            if ends[-1] > start:
                cuts += examples.cut_document(
                    start, ends, self._settings.max_seq_length, fate.random
                )
                places += self._places(fate, len(cuts) - len(places))
                counts.documents += 1
                counts.lines += len(document)
            start = ends[-1]
        if empty := len(documents) - counts.documents:
            counts.drop("no token", empty)
        data = "\n".join([*itertools.chain(*documents), ""]).encode()
        counts.words = _count_words(data)
        counts.text_bytes = len(data)
        counts.text_tokens = len(tokens_T)
        counts.example_tokens = sum(cut.end - cut.start for cut in cuts)
        counts.unknown_tokens = int(np.sum(tokens_T == self._special_ids.unk))
        records_of_shards = self._records(tokens_T, cuts, places)
        return BlockResult(records_of_shards, counts, samples)

    def _tokens(
        self, documents: Sequence[Sequence[str]]
    ) -> tuple[np.ndarray, list[list[int]]]:
        """Returns all tokens, and where the lines of each document end among them."""
        lines = [line for document in documents for line in document]
        ragged = self._tokenize(tf.constant(lines))
        ends = iter(ragged.row_splits.numpy()[1:].tolist())
        line_ends = [list(itertools.islice(ends, len(lines))) for lines in documents]
        return ragged.values.numpy(), line_ends

    def _places(self, fate: Fate, count: int) -> Iterator[_Place]:
        num_shards = self._settings.num_shards[fate.split]
        for _ in range(count):
            yield _Place(fate.split, int(fate.random() * num_shards))

    def _records(
        self,
        tokens_T: np.ndarray,
        cuts: Sequence[examples.Cut],
        places: Sequence[_Place],
    ) -> dict[tuple[str, int], Records]:
        """Serializes all examples, and splits the bytes by shard."""
        made = examples.assemble(tokens_T, cuts, self._special_ids)
        serialized = record_writer.serialize(
            made.input_ids_U, made.lengths_N, made.first_segment_lengths_N
        )
        order_N = sorted(range(len(cuts)), key=places.__getitem__)
        framed = record_writer.frame([serialized[i] for i in order_N])

        result: dict[tuple[str, int], Records] = {}
        start = 0
        for shard, places_of_shard in itertools.groupby(order_N, places.__getitem__):
            group = list(places_of_shard)
            end = start + sum(len(serialized[i]) for i in group)
            end += len(group) * record_writer.FRAME_BYTES
            tokens = int(made.lengths_N[group].sum())
            result[shard] = Records(framed[start:end], len(group), tokens)
            start = end
        return result


def without_duplicates(
    documents: Sequence[list[str]],
    fates: Sequence[Fate],
    marks: Marks,
    counts: CorpusCounts,
) -> tuple[list[list[str]], list[Fate]]:
    """Removes what is marked from documents and their fates, and counts it."""
    assert len(documents) == len(marks.documents_D)
    counts.drop("duplicate", int(np.sum(marks.documents_D == DUPLICATE)))
    counts.drop("near-duplicate", int(np.sum(marks.documents_D == NEAR_DUPLICATE)))
    duplicates = iter(marks.lines_L.tolist())
    kept: list[list[str]] = []
    kept_fates = []
    for document, fate, mark in zip(documents, fates, marks.documents_D, strict=True):
        lines = [line for line in document if not next(duplicates)]
        if mark != KEPT:
            continue
        if lines:
            kept.append(lines)
            kept_fates.append(fate)
        else:
            counts.drop("only duplicate lines")
        counts.drop_lines("duplicate", len(document) - len(lines))
    return kept, kept_fates


def _count_words(data: bytes) -> int:
    """Counts runs of bytes above the blank: 8 times faster than splitting the text."""
    is_blank = np.frombuffer(data, np.uint8) <= ord(" ")
    return int(np.sum(is_blank[:-1] > is_blank[1:])) + int(not is_blank[0])
