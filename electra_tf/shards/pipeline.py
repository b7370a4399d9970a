"""Shards → batches, in an order that is a function of seed and step alone.

Nothing of the input is saved in a checkpoint: the position of a run in its data follows
from its step count, and a resumed run skips to it. Skipping reads unparsed records of
at most one epoch.
"""

from collections.abc import Sequence

import tensorflow as tf
from absl import logging

from electra_tf.batch import Batch
from electra_tf.shards import lengths, records
from electra_tf.shards.manifest import Manifest, Shard, check_shards

CYCLE_LENGTH = 16
"""Shards read at once and interleaved, at most."""
ROUNDS = 16
"""Sets of shards that an epoch reads one after the other, at least, where records have
their places by hash: the more, the less an epoch's order tells of another's."""
UNEQUAL_HOSTS = 1.02
"""Examples of the host with the most / those of the one with the fewest, from which a
warning is due."""
BLOCK_LENGTH = 16
"""Consecutive records taken from one of them."""
CHUNK_EXAMPLES = 1024
"""Parsed at once: a call of the parser costs as much as a hundred examples in it."""


def check(
    manifest: Manifest,
    directory: str,
    hosts: int,
    splits: Sequence[str],
) -> None:
    """Checks, before anything is written, that a run on these shards can go.

    Raises:
        ValueError: a shard is not whole, there are fewer shards than hosts, or a host
            or a split has no example.
    """
    for split in splits:
        check_shards(directory, manifest, split)
    for split in splits:
        if not manifest.examples(split):
            raise ValueError(
                f"The {split!r} split in {directory} has 0 examples: rerun prepare.py "
                "with more text, or with another --valid_fraction or --valid_corpus."
            )
    if "train" not in splits:
        return
    shards = manifest.split("train")
    if len(shards) < hosts or not all(
        sum(shard.examples for shard in shards[host::hosts]) for host in range(hosts)
    ):
        raise ValueError(
            f"{len(shards)} training shards in {directory}, but {hosts} hosts need one "
            "each with examples in it: rerun prepare.py with "
            f"--num_shards={hosts} or a multiple of it, or with more text."
        )
    _warn_of_order(manifest, directory)
    _warn_of_unequal_hosts(shards, hosts)


def _warn_of_order(manifest: Manifest, directory: str) -> None:
    if not manifest.shuffled:
        logging.warning(
            "The records of %s are in the order of their corpus: parts of an epoch may "
            "differ from each other (look.py --data shows it). Shards made from text "
            "by this version of prepare.py have them in random order",
            directory,
        )


def _warn_of_unequal_hosts(shards: Sequence[Shard], hosts: int) -> None:
    examples = [
        sum(shard.examples for shard in shards[host::hosts]) for host in range(hosts)
    ]
    most, fewest = max(examples), min(examples)
    if most > UNEQUAL_HOSTS * fewest:
        logging.warning(
            "Hosts have from %s to %s training examples: the run sees those of the "
            "smallest part %.0f %% more often. Make the shards again with prepare.py "
            "--num_shards=N, N a multiple of %d hosts and large",
            f"{fewest:,}",
            f"{most:,}",
            100 * (most / fewest - 1),
            hosts,
        )


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
    """Endless training batches of one host, each epoch in an order of its own.

    Args:
        manifest: of the shards.
        directory: where the manifest is.
        batch_size: examples per replica and step.
        shuffle_buffer: examples held to shuffle.
        seed: of the order.
        first_batch: global steps already taken; where a resumed run begins.
        context: which host this is; None for a single one.
        length: tokens per example; 0: the shards'. Otherwise it divides that, and every
            example of the shards is cut before examples are shuffled.

    Returns:
        Batches of int32 [batch_size, length].
    """
    context = context or tf.distribute.InputContext()
    hosts, host = context.num_input_pipelines, context.input_pipeline_id
    ours = manifest.split("train")[host::hosts]
    pieces = _pieces(manifest, length)
    examples = sum(shard.examples for shard in ours) * pieces
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
        ds = _in_pieces(ds, pieces)
        ds = ds.shuffle(shuffle_buffer, within, reshuffle_each_iteration=False)
        return ds.skip(tf.where(index == first_epoch, tf.cast(skipped, "int64"), 0))

    ds = tf.data.Dataset.range(first_epoch, tf.int64.max).flat_map(epoch)
    batches = max(1, CHUNK_EXAMPLES // batch_size)
    ds = ds.batch(batches * batch_size, drop_remainder=True)
    ds = ds.map(
        lambda *records_N: _split(_parse(manifest, length, *records_N), batches),
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

    Every example comes exactly once, and they are the same ones each time. The last
    batches are filled up with empty examples (mask 0), so that every host takes
    `eval_batches` steps.

    Args:
        manifest: of the shards.
        directory: where the manifest is.
        split: "valid" or "train".
        batch_size: examples per replica and step.
        examples: of the shards, at most this many, spread over them; 0 for all.
        context: which host this is; None for a single one.
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
        # Of records in random order the first are a sample as good as any other.
        ds = ds if manifest.shuffled else _spread(ds, examples, available)
        ds = ds.take(examples)
    ds = _in_pieces(ds, _pieces(manifest, length))
    # A host takes its replicas' part of each global batch: an example's number there
    # does not depend on the number of hosts.
    ds = ds.batch(batch_size * replicas)
    ds = ds.shard(context.num_input_pipelines, context.input_pipeline_id)
    ds = ds.map(
        lambda *records_N: _split(
            _fill(_parse(manifest, length, *records_N), batch_size * replicas), replicas
        )
    ).unbatch()
    empty = tf.zeros((batch_size, length or manifest.max_seq_length), "int32")
    ds = ds.concatenate(
        tf.data.Dataset.from_tensors(Batch(empty, empty, empty)).repeat()
    )
    return ds.take(batches * replicas).prefetch(tf.data.AUTOTUNE)


def _spread(ds: tf.data.Dataset, examples: int, available: int) -> tf.data.Dataset:
    """So many of the available records, at equal distances."""

    def is_chosen(number: tf.Tensor, _) -> tf.Tensor:
        return number * examples % available < examples

    return ds.enumerate().filter(is_chosen).map(lambda _, record: record)


def eval_batches(
    manifest: Manifest,
    split: str,
    global_batch_size: int,
    examples: int = 0,
    length: int = 0,
) -> int:
    """Steps that cover a split, or `examples` of it, at a length."""
    available = manifest.examples(split)
    covered = min(examples or available, available) * _pieces(manifest, length)
    return -(-covered // global_batch_size)


def _paths(directory: str, shards: Sequence[Shard]) -> list[str]:
    return [tf.io.gfile.join(directory, shard.name) for shard in shards]


def _pieces(manifest: Manifest, length: int) -> int:
    """Examples of a length that one of the shards is cut into."""
    return manifest.max_seq_length // (length or manifest.max_seq_length)


def _in_pieces(ds: tf.data.Dataset, pieces: int) -> tf.data.Dataset:
    """Each record once for every example to be cut out of it, with its number.

    A batch cuts only the examples that it is made of: skipping parses nothing.
    """
    if pieces == 1:
        return ds

    def repeated(serialized_N: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        numbers = tf.tile(tf.range(pieces), [tf.size(serialized_N)])
        return tf.repeat(serialized_N, pieces), numbers

    return ds.batch(BLOCK_LENGTH).map(repeated).unbatch()


def _parse(
    manifest: Manifest,
    length: int,
    serialized_B: tf.Tensor,
    pieces_B: tf.Tensor | None = None,
) -> Batch:
    batch = records.parse_batch(
        serialized_B,
        manifest.record_format,
        manifest.max_seq_length,
        manifest.special_ids.pad,
    )
    if pieces_B is None:
        return batch
    return lengths.shorten(batch, pieces_B, length, manifest.special_ids)


def _split(examples: Batch, batches: int) -> Batch:
    """Fields [batches x B, S] → [batches, B, S]."""

    def split(values_NS: tf.Tensor) -> tf.Tensor:
        size, length = values_NS.shape
        return tf.reshape(values_NS, (batches, size // batches, length))

    return Batch(*(split(values_NS) for values_NS in examples))


def _fill(batch: Batch, batch_size: int) -> Batch:
    def filled(values_BS: tf.Tensor) -> tf.Tensor:
        missing = batch_size - tf.shape(values_BS)[0]
        values_BS = tf.pad(values_BS, [[0, missing], [0, 0]])
        return tf.ensure_shape(values_BS, (batch_size, values_BS.shape[1]))

    return Batch(*(filled(values_BS) for values_BS in batch))
