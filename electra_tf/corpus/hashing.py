"""Hashes of whole arrays."""

import numpy as np


def mixed(hashes: np.ndarray) -> np.ndarray:
    """Mixes the bits of uint64 hashes: the finalizer of SplitMix64."""
    hashes = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    hashes = (hashes ^ (hashes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return hashes ^ (hashes >> np.uint64(31))
