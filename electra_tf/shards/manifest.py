"""The format of `manifest.json`, which describes the shards of a data directory.

Beside it are `vocab.txt` and the shards, `train-00000-of-00032.tfrecord` and
`valid-...`, unless they were adopted from elsewhere.
"""

import dataclasses
import enum
import importlib.metadata
from typing import Annotated, Any

import pydantic
import tensorflow as tf

from electra_tf import files
from electra_tf.batch import SpecialIds
from electra_tf.text.vocabulary import TextRules

FORMAT_VERSION = 2
READ_VERSIONS = (1, 2)
"""Version 1, of electra_tf 0.1, has no `shuffled`."""
MANIFEST_NAME = "manifest.json"
VOCABULARY_NAME = "vocab.txt"


class RecordFormat(enum.Enum):
    """Layout of an example in a tf.train.Example."""

    COMPACT = "electra_tf/1"
    REFERENCE = "google-research/electra"


@dataclasses.dataclass(frozen=True)
class Shard:
    """One TFRecord file of examples."""

    name: str
    """Path relative to the manifest's directory; absolute for adopted shards."""
    split: Annotated[str, pydantic.Field(pattern="^(train|valid)$")]
    examples: pydantic.NonNegativeInt
    tokens: pydantic.NonNegativeInt
    """Number of tokens without padding, [CLS] and [SEP] included."""
    bytes: pydantic.NonNegativeInt
    sha256: str


@dataclasses.dataclass
class CorpusCounts:
    """Counts of what was read, kept and dropped of a corpus, both splits together."""

    text_bytes: int = 0
    """Bytes of the text that examples were made of, line ends included."""
    documents: int = 0
    """Documents kept."""
    lines: int = 0
    """Lines kept."""
    words: int = 0
    """Words kept, as separated by ASCII blanks."""
    text_tokens: int = 0
    """Tokens of the text kept, without [CLS] and [SEP]."""
    example_tokens: int = 0
    """Text tokens that are in an example."""
    unknown_tokens: int = 0
    """Text tokens that are [UNK]."""
    invalid_utf8: int = 0
    """Invalid byte sequences replaced by U+FFFD."""
    nul_characters: int = 0
    """Characters U+0000, which the tokenizer drops."""
    malformed_metadata: int = 0
    """Documents that lost a field of their metadata, as it had the wrong type."""
    documents_cut: int = 0
    """Cuts made in documents that are too long."""
    documents_dropped: dict[str, int] = dataclasses.field(default_factory=dict)
    """Documents dropped, by reason."""
    lines_dropped: dict[str, int] = dataclasses.field(default_factory=dict)
    """Lines dropped, by reason."""
    lines_changed: dict[str, int] = dataclasses.field(default_factory=dict)
    """Lines repaired, by rule."""
    documents_not_judged: dict[str, int] = dataclasses.field(default_factory=dict)
    """Documents kept as the corpus doesn't state the value that a rule needs, by
    rule."""

    def drop(self, reason: str, documents: int = 1) -> None:
        """Counts dropped documents."""
        _count(self.documents_dropped, reason, documents)

    def drop_lines(self, reason: str, lines: int) -> None:
        """Counts lines dropped from documents that may stay."""
        _count(self.lines_dropped, reason, lines)

    def change_line(self, rule: str) -> None:
        """Counts a repaired line."""
        _count(self.lines_changed, rule, 1)

    def keep_unstated(self, rule: str) -> None:
        """Counts a document for which the corpus doesn't state what a rule needs."""
        _count(self.documents_not_judged, rule, 1)

    def add(self, other: "CorpusCounts") -> None:
        """Adds other counts to these."""
        for field in dataclasses.fields(self):
            ours, theirs = getattr(self, field.name), getattr(other, field.name)
            if isinstance(ours, dict):
                for reason, count in theirs.items():
                    _count(ours, reason, count)
            else:
                setattr(self, field.name, ours + theirs)


def _count(counts: dict[str, int], reason: str, count: int) -> None:
    if count:
        counts[reason] = counts.get(reason, 0) + count


def _library_versions() -> dict[str, str]:
    names = ("tensorflow", "tensorflow-text", "tokenizers")
    return {name: importlib.metadata.version(name) for name in names}


@dataclasses.dataclass
class _Versioned:
    format_version: int


@dataclasses.dataclass(frozen=True)
class Manifest:
    """Description of a data directory: its shards and how they were made."""

    record_format: RecordFormat
    text_rules: TextRules
    vocabulary_hash: str
    fingerprint: str
    """Hash of vocabulary and text rules; the same in checkpoints and exports."""
    special_ids: SpecialIds
    vocabulary_size: pydantic.PositiveInt
    max_seq_length: pydantic.PositiveInt
    shards: tuple[Shard, ...]
    sources: tuple[dict[str, Any], ...] = ()
    """Files that were read: path, bytes and split of each."""
    counts: CorpusCounts = dataclasses.field(default_factory=CorpusCounts)
    unreachable_pieces: int = 0
    """Pieces of the vocabulary that no text can produce under the text rules."""
    language: str = ""
    """ISO 639 code of the text's language, such as "es"; "": not stated."""
    config: dict[str, Any] = dataclasses.field(default_factory=dict)
    """Settings of cleaning and deduplication."""
    seed: int = 0
    shuffled: bool = False
    """Whether each record's place in the shards follows from a hash; otherwise records
    are in the order of the corpus."""
    command: str = ""
    versions: dict[str, str] = dataclasses.field(default_factory=_library_versions)
    """Versions of the libraries that made the shards."""
    left_out: tuple[Shard, ...] = ()
    """Damaged shards that `prepare.py --without_damaged` took out of `shards`; `counts`
    still include them. manifest.json has this field only if there are any."""
    format_version: int = FORMAT_VERSION

    def split(self, name: str) -> tuple[Shard, ...]:
        """The shards of "train" or "valid"."""
        return tuple(shard for shard in self.shards if shard.split == name)

    def examples(self, split: str) -> int:
        """Examples in all shards of a split."""
        return sum(shard.examples for shard in self.split(split))

    def tokens(self, split: str) -> int:
        """Tokens without padding in all shards of a split, [CLS] and [SEP] included."""
        return sum(shard.tokens for shard in self.split(split))

    def save(self, directory: str) -> None:
        """Writes manifest.json."""
        fields = dataclasses.asdict(self)
        fields["record_format"] = self.record_format.value
        fields["special_ids"] = self.special_ids._asdict()
        if not self.left_out:
            del fields["left_out"]
        files.write_json(tf.io.gfile.join(directory, MANIFEST_NAME), fields)

    @classmethod
    def load(cls, directory: str) -> "Manifest":
        """Reads manifest.json.

        Raises:
            ValueError: it is missing, of another format version, or unreadable.
        """
        path = tf.io.gfile.join(directory, MANIFEST_NAME)
        if not tf.io.gfile.exists(path):
            what = "has no" if tf.io.gfile.isdir(directory) else "doesn't exist: no"
            raise ValueError(
                f"{directory} {what} {MANIFEST_NAME}. Make one from text with "
                f"prepare.py --corpus=... --output={directory}, or from shards in the "
                "format of google-research/electra with prepare.py --adopt_train=..."
            )
        return cls.read(path)

    @classmethod
    def read(cls, path: str) -> "Manifest":
        """Reads a manifest from a file of any name.

        Raises:
            ValueError: it is of another format version, or unreadable.
        """
        version = files.read_json(path, _Versioned, "ignore").format_version
        if version not in READ_VERSIONS:
            raise ValueError(
                f"{path} has format version {version}, but this code reads versions "
                f"{READ_VERSIONS[0]} to {READ_VERSIONS[-1]}: make the data again with "
                "prepare.py."
            )
        return files.read_json(path, cls)
