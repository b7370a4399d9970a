"""Hashes the documents of a block: the stage of the first of two passes.

Shape letters: D documents of a block, L their lines, B bands, P permutations.
"""

import hashlib
from typing import NamedTuple

import numpy as np

from electra_tf.build.stages import BlockSettings, Texts
from electra_tf.corpus import minhash
from electra_tf.corpus.formats import Block

MIN_DUPLICATE_CHARACTERS = 20
"""Shorter lines ("Sí.", a heading) may stand more than once."""


class BlockSurvey(NamedTuple):
    """Hashes that decide about duplicates; lines in the order of their documents."""

    is_train_D: np.ndarray
    """bool"""
    num_lines_D: np.ndarray
    """int32"""
    document_hashes_D: np.ndarray
    """uint64. The probability that any two different documents of 150 million have the
    same hash is 6e-4."""
    line_hashes_L: np.ndarray
    """uint64; 0 for lines that are too short. Empty if no rule needs it."""
    bands_DB: np.ndarray
    """uint64. Empty if no rule needs it."""
    signatures_DP: np.ndarray
    """uint32. Empty if no rule needs it."""
    text_bytes: int
    """Size of the block, for the progress line."""


class Surveyor:
    """Stage that surveys blocks."""

    def __init__(self, settings: BlockSettings):
        self._texts = Texts(settings)
        self._rules = settings.deduplication

    def __call__(self, block: Block, split: str) -> BlockSurvey:
        """Cleans and hashes the documents of a block.

        Args:
            block: documents of one source.
            split: split of the source; documents of "train" may still be held out.
        """
        documents, fates, _ = self._texts(block, split)
        texts = [document.lines for document in documents]
        lines: list[int] = []
        if self._rules.lines:
            lines = [_hash(line) for document in texts for line in document]
        bands_DB = np.zeros([len(texts), 0], np.uint64)
        signatures_DP = np.zeros([len(texts), 0], np.uint32)
        if self._rules.near_documents and texts:
            signatures_DP = minhash.signatures(texts)
            bands_DB = minhash.bands(signatures_DP)
        return BlockSurvey(
            is_train_D=np.array([fate.split == "train" for fate in fates], bool),
            num_lines_D=np.array([len(lines) for lines in texts], np.int32),
            document_hashes_D=np.array([fate.number for fate in fates], np.uint64),
            line_hashes_L=np.array(lines, np.uint64),
            bands_DB=bands_DB,
            signatures_DP=signatures_DP,
            text_bytes=len(block.data),
        )


def _hash(line: str) -> int:
    """Hash of a line, without the white space around it."""
    line = line.strip()
    if len(line) < MIN_DUPLICATE_CHARACTERS:
        return 0
    digest = hashlib.blake2b(line.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")
