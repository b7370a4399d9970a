"""Shards → batches, in an order that is a function of seed and step alone.

A checkpoint holds nothing of the input: a run's position in its data follows from its
step count, and a resumed run skips to it. Skipping reads, but does not parse, the
records of at most one epoch.

Shape letters: B batch, N records or examples, S sequence.
"""

from collections.abc import Sequence

import tensorflow as tf

from electra_tf.batch import Batch
from electra_tf.shards import records
from electra_tf.shards.manifest import Manifest, Shard

CYCLE_LENGTH = 16
"""Maximum number of shards that are read at once and interleaved."""
ROUNDS = 16
"""Minimum number of sets of shards that an epoch reads one after the other, where a
record's place follows from a hash: the more sets, the less the order of one epoch
resembles that of another."""
BLOCK_LENGTH = 16
"""Consecutive records taken from a shard before the next shard's turn."""
CHUNK_EXAMPLES = 1024
"""Examples parsed at once: calling the parser costs as much as 100 examples in it."""


def train_dataset(
    manifest: Manifest,
    directory: str,
    batch_size: int,
    shuffle_buffer: int,
    seed: int,
    first_batch: int = 0,
    context: tf.distribute.InputContext | None = None,
    length: int = 0,
) -> tf.data.Dataset:
    """Endless training batches for one host; each epoch has its own order.

    Args:
        manifest: manifest of the shards.
        directory: directory of the manifest.
        batch_size: examples per replica and step.
        shuffle_buffer: number of examples held in memory to shuffle.
        seed: seed of the order.
        first_batch: global steps already taken, after which a resumed run begins.
        context: which host this is; None for a single host.
        length: tokens per example; 0: as in the shards. Any other length divides that
            of the shards, whose examples are cut before they are shuffled.

    Returns:
        Batches of int32 [batch_size, length].
    """
    context = context or tf.distribute.InputContext()
    hosts, host = context.num_input_pipelines, context.input_pipeline_id
    ours = manifest.split("train")[host::hosts]
    parts = _parts_per_record(manifest, length)
    examples = sum(shard.examples for shard in ours) * parts
    replicas = context.num_replicas_in_sync // hosts
    first_example = first_batch * batch_size * replicas
    first_epoch, skipped = divmod(first_example, examples)
    paths = _paths(directory, ours)
    cycle_length = CYCLE_LENGTH
    if manifest.shuffled:
        cycle_length = min(CYCLE_LENGTH, max(1, len(paths) // ROUNDS))

    def epoch(index: tf.Tensor) -> tf.data.Dataset:
        order, within = tf.unstack(
            tf.random.stateless_uniform(
                [2], tf.stack([tf.cast(seed, "int64"), index]), None, None, "int64"
            )
        )
        ds = tf.data.Dataset.from_tensor_slices(paths)
        ds = ds.shuffle(len(paths), order, reshuffle_each_iteration=False)
        ds = ds.interleave(
            tf.data.TFRecordDataset,
            cycle_length=cycle_length,
            block_length=BLOCK_LENGTH,
            num_parallel_calls=tf.data.AUTOTUNE,
            deterministic=True,
        )
        ds = _repeated(ds, parts)
        ds = ds.shuffle(shuffle_buffer, within, reshuffle_each_iteration=False)
        return ds.skip(tf.where(index == first_epoch, tf.cast(skipped, "int64"), 0))

    ds = tf.data.Dataset.range(first_epoch, tf.int64.max).flat_map(epoch)
    batches = max(1, CHUNK_EXAMPLES // batch_size)
    ds = ds.batch(batches * batch_size, drop_remainder=True)
    ds = ds.map(
        lambda *records_N: _into_batches(_parse(manifest, length, *records_N), batches),
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    )
    ds = ds.unbatch().prefetch(tf.data.AUTOTUNE)
    # The tuner's clock, read for every example at every stage, costs a third of the
    # time. Without it AUTOTUNE means a thread per core, 16 at most.
    options = tf.data.Options()
    options.autotune.enabled = False
    return ds.with_options(options)


def eval_dataset(
    manifest: Manifest,
    directory: str,
    split: str,
    batch_size: int,
    examples: int = 0,
    context: tf.distribute.InputContext | None = None,
    length: int = 0,
) -> tf.data.Dataset:
    """One pass over a split, or a sample of it, in a fixed order.

    Each example comes exactly once, and every call yields the same ones. Empty examples
    (mask 0) fill up the last batches, so that every host takes `eval_batches` steps.

    Args:
        manifest: manifest of the shards.
        directory: directory of the manifest.
        split: "valid" or "train".
        batch_size: examples per replica and step.
        examples: maximum number of the shards' examples, spread over the split; 0: all.
        context: which host this is; None for a single host.
        length: tokens per example, as for `train_dataset`.
    """
    context = context or tf.distribute.InputContext()
    batches = eval_batches(
        manifest, split, batch_size * context.num_replicas_in_sync, examples, length
    )
    replicas = context.num_replicas_in_sync // context.num_input_pipelines

    ds = tf.data.Dataset.from_tensor_slices(_paths(directory, manifest.split(split)))
    ds = ds.flat_map(tf.data.TFRecordDataset)
    if 0 < examples < (available := manifest.examples(split)):
        # If the records are in random order, the first are as good a sample as any.
        ds = ds if manifest.shuffled else _spread(ds, examples, available)
        ds = ds.take(examples)
    ds = _repeated(ds, _parts_per_record(manifest, length))
    # Each host takes its replicas' part of each global batch, so that an example's
    # position there does not depend on the number of hosts.
    ds = ds.batch(batch_size * replicas)
    ds = ds.shard(context.num_input_pipelines, context.input_pipeline_id)
    ds = ds.map(
        lambda *records_N: _into_batches(
            _filled_up(_parse(manifest, length, *records_N), batch_size * replicas),
            replicas,
        )
    ).unbatch()
    empty = tf.zeros((batch_size, length or manifest.max_seq_length), "int32")
    ds = ds.concatenate(
        tf.data.Dataset.from_tensors(Batch(empty, empty, empty)).repeat()
    )
    return ds.take(batches * replicas).prefetch(tf.data.AUTOTUNE)


def _spread(ds: tf.data.Dataset, examples: int, available: int) -> tf.data.Dataset:
    """Takes `examples` of the `available` records, at equal distances."""

    def is_chosen(number: tf.Tensor, _) -> tf.Tensor:
        return number * examples % available < examples

    return ds.enumerate().filter(is_chosen).map(lambda _, record: record)


def eval_batches(
    manifest: Manifest,
    split: str,
    global_batch_size: int,
    examples: int,
    length: int,
) -> int:
    """Number of steps that cover a split, or `examples` of it, at a length."""
    available = manifest.examples(split)
    covered = min(examples or available, available) * _parts_per_record(
        manifest, length
    )
    return -(-covered // global_batch_size)


def _paths(directory: str, shards: Sequence[Shard]) -> list[str]:
    return [tf.io.gfile.join(directory, shard.name) for shard in shards]


def _parts_per_record(manifest: Manifest, length: int) -> int:
    """Number of examples of this length that are cut out of one of the shards'."""
    return manifest.max_seq_length // (length or manifest.max_seq_length)


def _repeated(ds: tf.data.Dataset, parts: int) -> tf.data.Dataset:
    """Repeats each record for every example to be cut out of it, and numbers them.

    Cutting happens later, in batches, so that skipping examples parses nothing.
    """
    if parts == 1:
        return ds

    def repeated(serialized_N: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        numbers = tf.tile(tf.range(parts), [tf.size(serialized_N)])
        return tf.repeat(serialized_N, parts), numbers

    return ds.batch(BLOCK_LENGTH).map(repeated).unbatch()


def _parse(
    manifest: Manifest,
    length: int,
    serialized_B: tf.Tensor,
    parts_B: tf.Tensor | None = None,
) -> Batch:
    batch = records.parse_batch(
        serialized_B,
        manifest.record_format,
        manifest.max_seq_length,
        manifest.special_ids.pad,
    )
    if parts_B is None:
        return batch
    from electra_tf.shards import lengths

    return lengths.shorten(batch, parts_B, length, manifest.special_ids)


def _into_batches(examples: Batch, batches: int) -> Batch:
    """Reshapes fields of [batches x B, S] to [batches, B, S]."""

    def split(values_NS: tf.Tensor) -> tf.Tensor:
        size, length = values_NS.shape
        return tf.reshape(values_NS, (batches, size // batches, length))

    return Batch(*(split(values_NS) for values_NS in examples))


def _filled_up(batch: Batch, batch_size: int) -> Batch:
    def filled(values_BS: tf.Tensor) -> tf.Tensor:
        missing = batch_size - tf.shape(values_BS)[0]
        values_BS = tf.pad(values_BS, [[0, missing], [0, 0]])
        return tf.ensure_shape(values_BS, (batch_size, values_BS.shape[1]))

    return Batch(*(filled(values_BS) for values_BS in batch))
