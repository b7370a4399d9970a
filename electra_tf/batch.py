"""The batch of examples that a step reads, and the ids with a special meaning."""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # TensorFlow takes seconds to import; special ids don't need it.
    import tensorflow as tf


class SpecialIds(NamedTuple):
    """The ids of a vocabulary's special pieces."""

    pad: int
    unk: int
    cls: int
    sep: int
    mask: int


class Batch(NamedTuple):
    """Examples padded to one length; every field is int32 [B, S]."""

    input_ids_BS: "tf.Tensor"
    input_mask_BS: "tf.Tensor"
    """1 for a real token, 0 for padding."""
    segment_ids_BS: "tf.Tensor"
    """1 over the second segment, its [SEP] included."""
