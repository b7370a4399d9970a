"""Long examples → short ones, for the part of a run that is at a shorter length.

Of [CLS] A [SEP] B [SEP], what stands between the outer two, A [SEP] B, is cut into runs
of equal length, and each run gets a [CLS] and a [SEP] of its own: the short example in
which A ends has two segments, the others have one. A [SEP] at the edge of a run is
dropped. Cut into k, a full example of L tokens loses its last 2k - 2 (six of 512 for
four of 128). One that isn't full leaves its last short examples partly or wholly empty:
together they hold no more padding than the long one did.

Shape letters: B batch, S the long length, T the short one.
"""

import tensorflow as tf

from electra_tf.batch import Batch, SpecialIds


def shorten(
    batch: Batch, pieces_B: tf.Tensor, length: int, special_ids: SpecialIds
) -> Batch:
    """Cuts one short example out of each long one.

    Args:
        batch: well-formed long examples, [B, S].
        pieces_B: which of its S / length short examples, from 0.
        length: T.
        special_ids: from the manifest.

    Returns:
        A Batch of [B, T]. An example of which nothing is left has mask 0 throughout.
    """
    lengths_B = tf.reduce_sum(batch.input_mask_BS, axis=1)
    # Places are those of A [SEP] B, from 0. Without a B, the [SEP] is past the end.
    inner_B = tf.maximum(lengths_B - 2, 0)
    separators_B = inner_B - tf.reduce_sum(batch.segment_ids_BS, axis=1)
    starts_B = tf.cast(pieces_B, "int32") * (length - 2)
    ends_B = tf.minimum(starts_B + length - 2, inner_B)
    starts_B += tf.cast(starts_B == separators_B, "int32")
    ends_B -= tf.cast(ends_B - 1 == separators_B, "int32")
    texts_B = ends_B - starts_B
    totals_B = tf.where(texts_B > 0, texts_B + 2, 0)

    place_T = tf.range(length)
    mask_BT = tf.sequence_mask(totals_B, length, "int32")
    # The example's [CLS] shifts places by one, as does the short example's.
    sources_BT = (starts_B[:, None] + place_T) * mask_BT
    ids_BT = tf.gather(batch.input_ids_BS, sources_BT, batch_dims=1)
    ids_BT = tf.where(place_T == 0, special_ids.cls, ids_BT)
    ids_BT = tf.where(place_T == totals_B[:, None] - 1, special_ids.sep, ids_BT)
    ids_BT = tf.where(mask_BT > 0, ids_BT, special_ids.pad)

    has_first_B = starts_B < separators_B
    after_BT = sources_BT - 1 > separators_B[:, None]
    segments_BT = tf.cast(has_first_B[:, None] & after_BT, "int32") * mask_BT
    return Batch(ids_BT, mask_BT, segments_BT)
