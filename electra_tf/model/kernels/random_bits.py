"""Fast random numbers as a function of a seed and the place in the global batch.

Philox, TensorFlow's generator, spends ten rounds on four words to pass any statistical
test. Dropout and sampling need numbers that look independent of the data and of each
other. A hash of the place takes a tenth of the time, and the compiler computes it where
it is used, without a pass over memory.

A seed is int32 [3]: two words that choose the numbers, and the index of a part of the
global batch. All parts have the same shape, and row numbers continue from one part to
the next: an example's numbers do not depend on the number of replicas and
micro-batches.
"""

import tensorflow as tf


def seed(first: int, second: int = 0, part: int = 0) -> tf.Tensor:
    """Makes a seed from two words and the part of the batch."""
    return tf.constant([first, second, part], "int32")


def for_site(seed: tf.Tensor, site: tf.Tensor | int) -> tf.Tensor:
    """Derives an independent seed for one use of a seed, in the same part.

    TensorFlow's `stateless_fold_in` returns the site itself as its second word, so that
    `neighbour` of two sites could be equal: both words are hashed once more. The seed
    is added because the first hash keeps only one of its words.
    """
    key_2 = tf.random.experimental.stateless_fold_in(seed[:2], site, alg="philox")
    words_2 = tf.random.stateless_uniform([2], key_2, None, None, "int32", alg="philox")
    return tf.concat([seed[:2] + words_2, seed[2:]], axis=0)


def for_part(seed: tf.Tensor, part: tf.Tensor | int) -> tf.Tensor:
    """Returns the seed for another part of the batch."""
    return tf.concat([seed[:2], [part]], axis=0)


def neighbour(seed: tf.Tensor, number: int) -> tf.Tensor:
    """Derives an independent seed as `for_site` does, but without computing a hash.

    `words` hashes the seed anyway.
    """
    return seed + tf.constant([0, number, 0])


def words(shape: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Returns uniform uint32 words of `shape` (int32 vector, not empty).

    The first two words of a seed choose one of 2**63 progressions through the 32-bit
    words, whose members are hashed: no two seeds give the same numbers, or the same
    numbers shifted. They repeat after 2**32 numbers, over all parts.
    """
    first, second, part = tf.unstack(tf.bitcast(seed, tf.uint32))
    start = _mix(first + _mix(second))
    stride = tf.bitwise.bitwise_or(_mix(second + _mix(start)), _constant(1))
    # The progression is computed row by row: a range over all places would become a
    # constant of the compiled program, as large as the result.
    width, rows = shape[-1], tf.reduce_prod(shape[:-1])
    row_R1 = _range(rows)[:, None] + part * tf.bitcast(rows, tf.uint32)
    column_C = _range(width)
    row_start_R1 = row_R1 * (tf.bitcast(width, tf.uint32) * stride) + start
    return _mix(tf.reshape(row_start_R1 + column_C * stride, shape))


def uniform(shape: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Returns uniform float32 numbers in [0, 1), multiples of 2**-24."""
    high = tf.bitwise.right_shift(words(shape, seed), _constant(8))
    return tf.cast(tf.bitcast(high, tf.int32), "float32") * 2.0**-24


def _range(length: tf.Tensor) -> tf.Tensor:
    return tf.bitcast(tf.range(length), tf.uint32)


def _mix(word: tf.Tensor) -> tf.Tensor:
    """A bijection of 32-bit words with little bias (C. Wellons' "lowbias32")."""
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        word = _xor_shift(word, shift) * _constant(factor)
    return _xor_shift(word, 16)


def _xor_shift(word: tf.Tensor, places: int) -> tf.Tensor:
    return tf.bitwise.bitwise_xor(word, tf.bitwise.right_shift(word, _constant(places)))


def _constant(value: int) -> tf.Tensor:
    return tf.constant(value, tf.uint32)
