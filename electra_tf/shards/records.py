"""Training examples on disk: the TFRecord schemas and their reader.

Two record formats can be read; `record_writer` writes the first.

COMPACT: `input_ids` int64 [length], the real tokens only; `first_segment_length`
    int64, the number of tokens with segment id 0: [CLS] A [SEP].
REFERENCE: google-research/electra's `input_ids`, `input_mask` and `segment_ids`,
    each int64 [max_seq_length].

Shape letters: B batch, S sequence.
"""

import tensorflow as tf

from electra_tf.batch import Batch
from electra_tf.shards.manifest import RecordFormat

UNREADABLE = (
    tf.errors.DataLossError,
    tf.errors.InvalidArgumentError,
    tf.errors.UnknownError,  # A disk that fails (EIO).
    # TensorFlow's message about an example that it can't parse quotes its bytes.
    UnicodeDecodeError,
)
"""Exceptions raised by reading a shard that is not as it was written."""


def parse_batch(
    serialized_B: tf.Tensor,
    record_format: RecordFormat,
    max_seq_length: int,
    pad_id: int,
) -> Batch:
    """Serialized examples → padded tensors; a graph operation for tf.data.

    Args:
        serialized_B: serialized tf.train.Example.
        record_format: their layout.
        max_seq_length: length to pad to.
        pad_id: id to pad with.

    Returns:
        A Batch of int32 [B, max_seq_length].

    Raises:
        tf.errors.InvalidArgumentError: at run time, where an example is longer than
            max_seq_length or doesn't have the features of the format.
    """
    if record_format is RecordFormat.REFERENCE:
        return _parse_reference(serialized_B, max_seq_length, pad_id)
    features = tf.io.parse_example(
        serialized_B,
        {
            "input_ids": tf.io.RaggedFeature(tf.int64, row_splits_dtype=tf.int64),
            "first_segment_length": tf.io.FixedLenFeature([], tf.int64),
        },
    )
    input_ids = tf.cast(features["input_ids"], tf.int32)
    lengths_B = input_ids.row_lengths()
    fits = tf.debugging.assert_less_equal(
        lengths_B,
        tf.constant(max_seq_length, tf.int64),
        f"A record has more than max_seq_length={max_seq_length} tokens: its shard "
        "doesn't belong to this manifest. Make the shards again with prepare.py.",
    )
    with tf.control_dependencies([] if fits is None else [fits]):
        input_ids_BS = input_ids.to_tensor(pad_id, shape=[None, max_seq_length])
    input_mask_BS = tf.sequence_mask(lengths_B, max_seq_length, tf.int32)
    first_BS = tf.sequence_mask(
        features["first_segment_length"], max_seq_length, tf.int32
    )
    return Batch(input_ids_BS, input_mask_BS, input_mask_BS * (1 - first_BS))


def _parse_reference(
    serialized_B: tf.Tensor, max_seq_length: int, pad_id: int
) -> Batch:
    fixed_length = tf.io.FixedLenFeature([max_seq_length], tf.int64)
    names = ("input_ids", "input_mask", "segment_ids")
    features = tf.io.parse_example(serialized_B, dict.fromkeys(names, fixed_length))
    input_ids_BS, input_mask_BS, segment_ids_BS = (
        tf.cast(features[name], tf.int32) for name in names
    )
    # The reference pads with 0, whatever the vocabulary says.
    input_ids_BS = tf.where(input_mask_BS > 0, input_ids_BS, pad_id)
    return Batch(input_ids_BS, input_mask_BS, segment_ids_BS)
