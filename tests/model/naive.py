"""An independent discriminator with dropout in float64 NumPy.

Written from the equations of the paper and of BERT's, not from the code: it shares
nothing but the names of the weights. Shape letters: B batch, S sequence, D hidden,
H heads, K = D / H.
"""

from collections.abc import Mapping

import numpy as np
import scipy.special

Seed = tuple[int, int, int]
"""Two words and the part of the batch."""


def mix(word: np.ndarray) -> np.ndarray:
    """The 32-bit hash "lowbias32"."""
    word = word ^ (word >> np.uint32(16))
    word = word * np.uint32(0x7FEB352D)
    word = word ^ (word >> np.uint32(15))
    word = word * np.uint32(0x846CA68B)
    return word ^ (word >> np.uint32(16))


def words(shape: tuple[int, ...], seed: Seed) -> np.ndarray:
    """Returns uint32 hashes of the members of an arithmetic progression."""
    first, second, part = np.array(seed, "int64").astype("uint32")[:, None]
    start = mix(first + mix(second))
    stride = mix(second + mix(start)) | np.uint32(1)
    number = np.prod(shape)
    place = part * np.uint32(number) + np.arange(number, dtype="uint32")
    return mix(start + place * stride).reshape(shape)


class Discriminator:
    """Forward pass of a discriminator in training.

    Args:
        weights: weights by the last parts of their paths.
        layers: number of layers.
        heads: H.
        rate: dropout rate.
        seed: of dropout; site n adds n to the second word.
    """

    def __init__(
        self,
        weights: Mapping[str, np.ndarray],
        layers: int,
        heads: int,
        rate: float,
        seed: Seed,
    ) -> None:
        self.weights = {path: w.astype("float64") for path, w in weights.items()}
        self.layers, self.heads, self.rate, self.seed = layers, heads, rate, seed
        self.sites = 0

    def __call__(
        self, ids_BS: np.ndarray, mask_BS: np.ndarray, segments_BS: np.ndarray
    ) -> list[np.ndarray]:
        """Returns the encoder's input, the output of each layer and the logits."""
        length = ids_BS.shape[1]
        table = self.weights
        embedded = table["embeddings/word_embeddings"][ids_BS]
        embedded = embedded + table["embeddings/position_embeddings"][:length]
        embedded = embedded + table["embeddings/token_type_embeddings"][segments_BS]
        hidden = self.drop(self.norm("embeddings/layer_norm", embedded))
        hidden = self.dense("encoder/embeddings_project", hidden)
        states = [hidden]
        for index in range(self.layers):
            hidden = self.layer(f"encoder/layer_{index}", hidden, mask_BS)
            states.append(hidden)
        inner = gelu(self.dense("head_dense", hidden))
        return [*states, self.dense("head_prediction", inner)[..., 0]]

    def layer(self, name: str, hidden: np.ndarray, mask_BS: np.ndarray) -> np.ndarray:
        """Computes a layer, with dropout of the probabilities and of both updates."""

        def heads(kind: str) -> np.ndarray:
            projected = self.dense(f"{name}/attention/{kind}", hidden)
            split = projected.reshape(*projected.shape[:2], self.heads, -1)
            return split.transpose(0, 2, 1, 3)

        query, key, value = heads("query"), heads("key"), heads("value")
        scores = query @ key.swapaxes(2, 3) / np.sqrt(query.shape[-1])
        scores = np.where(mask_BS[:, None, None, :] > 0, scores, -np.inf)
        context = self.drop(scipy.special.softmax(scores, axis=-1)) @ value
        context = context.transpose(0, 2, 1, 3).reshape(hidden.shape)
        update = self.drop(self.dense(f"{name}/attention_output", context))
        hidden = self.norm(f"{name}/attention_norm", hidden + update)
        inner = gelu(self.dense(f"{name}/intermediate", hidden))
        update = self.drop(self.dense(f"{name}/output", inner))
        return self.norm(f"{name}/output_norm", hidden + update)

    def dense(self, name: str, inputs: np.ndarray) -> np.ndarray:
        """Returns inputs * kernel + bias."""
        return inputs @ self.weights[f"{name}/kernel"] + self.weights[f"{name}/bias"]

    def norm(self, name: str, inputs: np.ndarray) -> np.ndarray:
        """Layer norm, epsilon 1e-12."""
        centred = inputs - inputs.mean(axis=-1, keepdims=True)
        deviation = np.sqrt(np.mean(centred**2, axis=-1, keepdims=True) + 1e-12)
        scaled = centred / deviation * self.weights[f"{name}/gamma"]
        return scaled + self.weights[f"{name}/beta"]

    def drop(self, values: np.ndarray) -> np.ndarray:
        """Sets a share of the values to 0 and scales the others up."""
        self.sites += 1
        first, second, part = self.seed
        bits = words(values.shape, (first, second + self.sites, part))
        keep = bits >= round(self.rate * 2**32)
        return np.where(keep, values / (1.0 - self.rate), 0.0)


def gelu(values: np.ndarray) -> np.ndarray:
    """Returns each value times the probability that a normal variable is below it."""
    return values * scipy.special.ndtr(values)
