"""Short examples out of long ones: well-formed, in order, next to nothing lost."""

import numpy as np
import pytest
import tensorflow as tf

from electra_tf.batch import Batch, SpecialIds
from electra_tf.shards import lengths, record_writer, records
from electra_tf.shards.manifest import RecordFormat

LONG, SHORT = 32, 8
PIECES = LONG // SHORT
# As in no vocabulary of ours, so that a constant of some other one shows.
SPECIAL = SpecialIds(pad=4, unk=3, cls=2, sep=1, mask=0)


def record(first: int, second: int) -> tuple[list[int], int]:
    """Ids, the text from 100 up so that tokens can be told, and where A [SEP] ends."""
    text = list(range(100, 100 + first + second))
    ids = [SPECIAL.cls, *text[:first], SPECIAL.sep]
    if second:
        ids += [*text[first:], SPECIAL.sep]
    return ids, first + 2


def batch(first: int, second: int) -> Batch:
    ids, first_length = record(first, second)
    serialized = record_writer.serialize(
        np.array(ids), np.array([len(ids)]), np.array([first_length])
    )
    return records.parse_batch(
        tf.constant(serialized), RecordFormat.COMPACT, LONG, SPECIAL.pad
    )


def short_examples(long: Batch) -> list[tuple[list[int], list[int]]]:
    """Ids and segment ids of all short examples, padding checked and removed."""
    made = []
    for piece in range(PIECES):
        short = lengths.shorten(long, tf.constant([piece]), SHORT, SPECIAL)
        ids, mask, segments = (values_BS.numpy()[0] for values_BS in short)
        length = int(mask.sum())
        assert len(ids) == len(mask) == len(segments) == SHORT
        assert mask.tolist() == [1] * length + [0] * (SHORT - length)
        assert set(ids[length:]) <= {SPECIAL.pad}
        assert not segments[length:].any()
        made.append((ids[:length].tolist(), segments[:length].tolist()))
    return made


ALL = [
    (first, second)
    for first in range(1, LONG - 1)
    for second in range(LONG - 2 - first)
    if first + second + 2 + (second > 0) <= LONG
]


def test_short_examples_are_well_formed_and_hold_the_text_in_order():
    for first, second in ALL:
        seen = []
        for ids, segments in short_examples(batch(first, second)):
            if not ids:
                continue
            assert (ids[0], ids[-1]) == (SPECIAL.cls, SPECIAL.sep)
            separators = [i for i, piece in enumerate(ids) if piece == SPECIAL.sep]
            assert len(separators) <= 2
            end = separators[0] + 1
            assert end > 2  # No segment is empty.
            assert len(separators) == 1 or len(ids) > end + 1
            assert segments == [0] * end + [1] * (len(ids) - end)
            text = [piece for piece in ids if piece >= 100]
            assert len(text) == len(ids) - 1 - len(separators)
            if len(separators) == 2:  # Segments are those of the long example.
                assert ids[end] == 100 + first
            seen += text
        assert seen == list(range(100, 100 + len(seen))), (first, second)
        lost = first + second - len(seen)
        assert 0 <= lost <= 2 * PIECES - 2
        if first + second + 2 <= PIECES * (SHORT - 2):
            assert lost == 0


def test_padding_does_not_grow():
    for first, second in ALL:
        real = sum(len(ids) for ids, _ in short_examples(batch(first, second)))
        # A [SEP] at the edge of a short example is dropped.
        assert real >= min(first + second + 2 + (second > 0), LONG) - 1


def test_what_an_example_does_not_fill_is_empty_at_its_end():
    lengths = [len(ids) for ids, _ in short_examples(batch(7, 0))]
    assert lengths == [8, 3, 0, 0]


def test_examples_of_a_batch_are_cut_on_their_own():
    rows = [(5, 3), (29, 0), (13, 14), (1, 0)]
    whole = Batch(*(tf.concat(x, 0) for x in zip(*(batch(*r) for r in rows))))
    made = lengths.shorten(whole, tf.constant([1, 3, 2, 0]), SHORT, SPECIAL)
    for index, (row, piece) in enumerate(zip(rows, [1, 3, 2, 0], strict=True)):
        alone = lengths.shorten(batch(*row), tf.constant([piece]), SHORT, SPECIAL)
        for ours, theirs in zip(made, alone, strict=True):
            np.testing.assert_array_equal(ours[index], theirs[0])


@pytest.mark.parametrize("second", [0, 9])
def test_examples_of_the_reference_are_cut_alike(second):
    ids, first_length = record(11, second)
    padded = np.zeros((3, LONG), np.int64)  # The reference pads with 0.
    padded[0, : len(ids)] = ids
    padded[1, : len(ids)] = 1
    padded[2, first_length : len(ids)] = 1
    names = ("input_ids", "input_mask", "segment_ids")
    features = {
        name: tf.train.Feature(int64_list=tf.train.Int64List(value=values))
        for name, values in zip(names, padded, strict=True)
    }
    example = tf.train.Example(features=tf.train.Features(feature=features))
    reference = records.parse_batch(
        tf.constant([example.SerializeToString()]),
        RecordFormat.REFERENCE,
        LONG,
        SPECIAL.pad,
    )
    assert short_examples(reference) == short_examples(batch(11, second))
