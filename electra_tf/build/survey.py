"""One block of text → hashes: what the first of two readings finds out.

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
    """What decides about duplicates; lines in the order of their documents."""

    is_train_D: np.ndarray
    """bool"""
    num_lines_D: np.ndarray
    """int32"""
    document_hashes_D: np.ndarray
    """uint64. Two different documents of 150 million are taken for one with a
    probability of 6e-4."""
    line_hashes_L: np.ndarray
    """uint64; 0 for lines that are too short. Not computed where not asked for."""
    bands_DB: np.ndarray
    """uint64. Not computed where not asked for."""
    signatures_DP: np.ndarray
    """uint32. Not computed where not asked for."""
    text_bytes: int
    """For the rate."""


class Surveyor:
    """Surveys blocks."""

    def __init__(self, settings: BlockSettings):
        self._texts = Texts(settings)
        self._rules = settings.deduplication

    def __call__(self, block: Block, split: str) -> BlockSurvey:
        """Cleans and hashes the documents of a block.

        Args:
            block: of a source.
            split: the source's; documents of "train" may still be held out.
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
    """Of a line, white space around it aside."""
    line = line.strip()
    if len(line) < MIN_DUPLICATE_CHARACTERS:
        return 0
    digest = hashlib.blake2b(line.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")
