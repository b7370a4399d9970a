"""Writes a manifest for existing shards, without a rebuild.

The shards are in the format of google-research/electra: one vocabulary, one length,
fixed-length features. Every record is read once and checked.

Shape letters: B batch, S sequence.
"""

import dataclasses
import itertools
import os
from collections.abc import Callable, Sequence

import tensorflow as tf

from electra_tf import files
from electra_tf.batch import Batch
from electra_tf.build import output
from electra_tf.corpus import streams
from electra_tf.shards import records
from electra_tf.shards.manifest import VOCABULARY_NAME, Manifest, RecordFormat, Shard
from electra_tf.text.vocabulary import TextRules, Vocabulary
from electra_tf.text.wordpiece import unreachable

BATCH_SIZE = 1024
"""Number of records checked at once."""


@dataclasses.dataclass(frozen=True)
class AdoptSettings:
    """The shards to adopt, and what they were made with."""

    train_patterns: str
    """Comma-separated globs."""
    valid_patterns: str
    """Comma-separated globs; empty for none."""
    vocabulary: Vocabulary
    text_rules: TextRules
    output: str
    language: str
    """ISO 639 code; "" if unknown."""
    overwrite: bool
    command: str


def adopt(settings: AdoptSettings) -> Manifest:
    """Reads and checks shards, and writes a manifest that lists them where they are.

    Raises:
        ValueError: a pattern matches no file, a record can't be parsed, or it doesn't
            fit the vocabulary.
    """
    output.check_output(settings.output, settings.overwrite)
    paths = [(path, "train") for path in _paths(settings.train_patterns)]
    if settings.valid_patterns:
        paths += [(path, "valid") for path in _paths(settings.valid_patterns)]
    max_seq_length = _sequence_length([path for path, _ in paths])
    parse = _parser(max_seq_length, settings.vocabulary.special_ids.pad)
    shards = tuple(
        _checked_shard(path, split, parse, max_seq_length, settings.vocabulary)
        for path, split in paths
    )
    vocabulary, text_rules = settings.vocabulary, settings.text_rules
    manifest = Manifest(
        record_format=RecordFormat.REFERENCE,
        text_rules=text_rules,
        vocabulary_hash=vocabulary.hash,
        fingerprint=vocabulary.fingerprint(text_rules),
        special_ids=vocabulary.special_ids,
        vocabulary_size=len(vocabulary),
        max_seq_length=max_seq_length,
        shards=shards,
        unreachable_pieces=len(unreachable(vocabulary, text_rules)),
        language=settings.language,
        command=settings.command,
    )
    with output.working(settings.output) as directory:
        vocabulary.save(tf.io.gfile.join(directory, VOCABULARY_NAME))
        manifest.save(directory)
        return output.publish(directory, settings.output, settings.overwrite)


def _paths(patterns: str) -> list[str]:
    """The absolute paths of all matches; the manifest can be anywhere."""
    found = streams.matching(patterns)
    return [path if files.is_remote(path) else os.path.abspath(path) for path in found]


def _sequence_length(paths: Sequence[str]) -> int:
    """Length of the first record."""
    for serialized in tf.data.TFRecordDataset(paths).take(1):
        features = tf.train.Example.FromString(serialized.numpy()).features.feature
        if "input_ids" in features:
            return len(features["input_ids"].int64_list.value)
        raise ValueError(
            f"The first record of {paths[0]} has the features {sorted(features)}, but "
            "not input_ids: only shards in the format of google-research/electra can "
            "be adopted."
        )
    raise ValueError(
        f"{len(paths)} shards, beginning with {paths[0]}, have 0 records: check the "
        "globs of --adopt_train."
    )


def _parser(max_seq_length: int, pad_id: int) -> Callable[[tf.Tensor], Batch]:
    """Makes a traced function: a dataset or eager operations take 50 ms per file."""

    def parse(serialized_B: tf.Tensor) -> Batch:
        form = RecordFormat.REFERENCE
        return records.parse_batch(serialized_B, form, max_seq_length, pad_id)

    return tf.function(parse, input_signature=[tf.TensorSpec([None], tf.string)])


def _checked_shard(
    path: str,
    split: str,
    parse: Callable[[tf.Tensor], Batch],
    max_seq_length: int,
    vocabulary: Vocabulary,
) -> Shard:
    """Reads a whole shard, and describes it.

    Raises:
        ValueError: a record is broken, or doesn't fit the vocabulary or the length.
    """
    examples = tokens = 0
    try:
        serialized = tf.compat.v1.io.tf_record_iterator(path)
        while some := list(itertools.islice(serialized, BATCH_SIZE)):
            batch = parse(tf.constant(some))
            _check_ids(batch.input_ids_BS, path, vocabulary)
            examples += len(some)
            tokens += int(tf.reduce_sum(batch.input_mask_BS))
    except (tf.errors.InvalidArgumentError, tf.errors.DataLossError) as error:
        raise ValueError(
            f"{path} can't be read after {examples:,} records as records of input_ids, "
            f"input_mask and segment_ids of length {max_seq_length}, the first "
            f"record's: {files.reason(error)} Leave the file out or make it again."
        ) from error
    size = tf.io.gfile.stat(path).length
    return Shard(path, split, examples, tokens, size, files.sha256(path))


def _check_ids(input_ids_BS: tf.Tensor, path: str, vocabulary: Vocabulary) -> None:
    greatest = int(tf.reduce_max(input_ids_BS))
    if greatest >= len(vocabulary) or int(tf.reduce_min(input_ids_BS)) < 0:
        raise ValueError(
            f"{path} has the id {greatest}, but the vocabulary has {len(vocabulary)} "
            "pieces: give the vocab.txt that the shards were made with as --vocab."
        )
    cls_id = vocabulary.special_ids.cls
    first_ids_B = input_ids_BS[:, 0]
    if tf.reduce_any(first_ids_B != cls_id):
        wrong = int(first_ids_B[tf.argmax(first_ids_B != cls_id)])
        raise ValueError(
            f"{path} has an example that begins with id {wrong}, but [CLS] is "
            f"{cls_id} in the vocabulary: give the vocab.txt that the shards were "
            "made with as --vocab."
        )
