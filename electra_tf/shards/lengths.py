"""Long examples → short ones, for the part of a run that is at a shorter length.

The inside of [CLS] A [SEP] B [SEP], which is A [SEP] B, is cut into parts of equal
length, and each part gets its own [CLS] and [SEP]: the short example in which A ends
has two segments, the others have one. A [SEP] at the edge of a part is dropped. Cut
into k parts, a full example of L tokens loses its last 2k - 2 (6 of 512 for 4 parts of
128). An example that isn't full leaves its last parts partly or wholly empty: together
they hold no more padding than the long example did.

Shape letters: B batch, S the long length, T the short one.
"""

import tensorflow as tf

from electra_tf.batch import Batch, SpecialIds


def shorten(
    batch: Batch, parts_B: tf.Tensor, length: int, special_ids: SpecialIds
) -> Batch:
    """Cuts one short example out of each long one.

    Args:
        batch: well-formed long examples, [B, S].
        parts_B: number of the part to cut out, from 0 to S / length - 1.
        length: T, the length of a short example.
        special_ids: ids of [CLS], [SEP] and [PAD].

    Returns:
        A Batch of [B, T]. An empty part has mask 0 throughout.
    """
    lengths_B = tf.reduce_sum(batch.input_mask_BS, axis=1)
    # Positions are counted within A [SEP] B. Without a B, the [SEP] is past the end.
    inner_B = tf.maximum(lengths_B - 2, 0)
    separators_B = inner_B - tf.reduce_sum(batch.segment_ids_BS, axis=1)
    starts_B = tf.cast(parts_B, "int32") * (length - 2)
    ends_B = tf.minimum(starts_B + length - 2, inner_B)
    starts_B += tf.cast(starts_B == separators_B, "int32")
    ends_B -= tf.cast(ends_B - 1 == separators_B, "int32")
    texts_B = ends_B - starts_B
    totals_B = tf.where(texts_B > 0, texts_B + 2, 0)

    position_T = tf.range(length)
    mask_BT = tf.sequence_mask(totals_B, length, "int32")
    # The [CLS] of the long and of the short example each shift positions by one.
    sources_BT = (starts_B[:, None] + position_T) * mask_BT
    ids_BT = tf.gather(batch.input_ids_BS, sources_BT, batch_dims=1)
    ids_BT = tf.where(position_T == 0, special_ids.cls, ids_BT)
    ids_BT = tf.where(position_T == totals_B[:, None] - 1, special_ids.sep, ids_BT)
    ids_BT = tf.where(mask_BT > 0, ids_BT, special_ids.pad)

    has_first_B = starts_B < separators_B
    after_BT = sources_BT - 1 > separators_B[:, None]
    segments_BT = tf.cast(has_first_B[:, None] & after_BT, "int32") * mask_BT
    return Batch(ids_BT, mask_BT, segments_BT)
