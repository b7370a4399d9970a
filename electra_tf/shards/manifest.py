"""What a data directory holds: `manifest.json`, and the shards that it lists.

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
    """How an example is laid out in a tf.train.Example."""

    COMPACT = "electra_tf/1"
    REFERENCE = "google-research/electra"


@dataclasses.dataclass(frozen=True)
class Shard:
    """One TFRecord file."""

    name: str
    """Relative to the manifest's directory; absolute for adopted shards."""
    split: Annotated[str, pydantic.Field(pattern="^(train|valid)$")]
    examples: pydantic.NonNegativeInt
    tokens: pydantic.NonNegativeInt
    """Real tokens, [CLS] and [SEP] included."""
    bytes: pydantic.NonNegativeInt
    sha256: str


@dataclasses.dataclass
class Counts:
    """What a build read, kept and dropped, both splits together."""

    text_bytes: int = 0
    """Of the text that examples were made of, line ends included."""
    documents: int = 0
    lines: int = 0
    words: int = 0
    """Separated by ASCII blanks."""
    text_tokens: int = 0
    """Without [CLS] and [SEP]."""
    example_tokens: int = 0
    """Of the text tokens, those that are in an example."""
    unknown_tokens: int = 0
    """[UNK] among the text tokens."""
    invalid_utf8: int = 0
    """Invalid byte sequences replaced by U+FFFD."""
    nul_characters: int = 0
    """U+0000, which the tokenizer drops."""
    malformed_metadata: int = 0
    """Documents kept with a field of metadata missing that had the wrong type."""
    documents_cut: int = 0
    """Cuts in documents that are too long for one."""
    documents_dropped: dict[str, int] = dataclasses.field(default_factory=dict)
    """By reason."""
    lines_dropped: dict[str, int] = dataclasses.field(default_factory=dict)
    """By reason."""
    lines_changed: dict[str, int] = dataclasses.field(default_factory=dict)
    """By rule."""
    documents_not_judged: dict[str, int] = dataclasses.field(default_factory=dict)
    """By rule: the corpus doesn't state what it asks for."""

    def drop(self, reason: str, documents: int = 1) -> None:
        """Counts dropped documents."""
        _count(self.documents_dropped, reason, documents)

    def drop_lines(self, reason: str, lines: int) -> None:
        """Counts dropped lines of documents that may stay."""
        _count(self.lines_dropped, reason, lines)

    def change_line(self, rule: str) -> None:
        """Counts a repaired line."""
        _count(self.lines_changed, rule, 1)

    def not_judged(self, rule: str) -> None:
        """Counts a document that a rule has nothing to judge by."""
        _count(self.documents_not_judged, rule, 1)

    def add(self, other: "Counts") -> None:
        """Adds the other's counts to these."""
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
    """What a data directory holds and how it was made."""

    record_format: RecordFormat
    text_rules: TextRules
    vocabulary_hash: str
    fingerprint: str
    """Of vocabulary and text rules: equal here, in a checkpoint and in an export."""
    special_ids: SpecialIds
    vocabulary_size: pydantic.PositiveInt
    max_seq_length: pydantic.PositiveInt
    shards: tuple[Shard, ...]
    sources: tuple[dict[str, Any], ...] = ()
    """The files that were read: path, bytes and split."""
    counts: Counts = dataclasses.field(default_factory=Counts)
    unreachable_pieces: int = 0
    """Pieces of the vocabulary that no text can produce under the text rules."""
    language: str = ""
    """ISO 639 code of the text, such as "es"; "" where nobody said it."""
    config: dict[str, Any] = dataclasses.field(default_factory=dict)
    """Rules of cleaning and deduplication."""
    seed: int = 0
    shuffled: bool = False
    """Whether records have their places in the shards by hash; else they are in the
    order of the corpus."""
    command: str = ""
    versions: dict[str, str] = dataclasses.field(default_factory=_library_versions)
    """Of the libraries that made the shards."""
    left_out: tuple[Shard, ...] = ()
    """Damaged shards that `prepare.py --without_damaged` took out of `shards`; what the
    build counted in `counts` still has them. In manifest.json only where there are
    any."""
    format_version: int = FORMAT_VERSION

    def split(self, name: str) -> tuple[Shard, ...]:
        """The shards of "train" or "valid"."""
        return tuple(shard for shard in self.shards if shard.split == name)

    def examples(self, split: str) -> int:
        """Examples in all shards of a split."""
        return sum(shard.examples for shard in self.split(split))

    def tokens(self, split: str) -> int:
        """Real tokens in all shards of a split, [CLS] and [SEP] included."""
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
        """Reads a manifest file under whatever name.

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


def check_shards(directory: str, manifest: Manifest, split: str) -> None:
    """Checks that every shard of a split is there and has the size that it should.

    Raises:
        ValueError: a shard is missing or its size isn't the manifest's.
    """
    for shard in manifest.split(split):
        path = tf.io.gfile.join(directory, shard.name)
        if not tf.io.gfile.exists(path):
            raise ValueError(
                f"{path} is missing, but {MANIFEST_NAME} lists it: copy it again, make "
                "the data again with prepare.py, or leave it out with prepare.py "
                f"--without_damaged={directory}."
            )
        size = tf.io.gfile.stat(path).length
        if size != shard.bytes:
            what = "truncated" if size < shard.bytes else "too long"
            raise ValueError(
                f"{path} is {what}: it has {size:,} bytes, {MANIFEST_NAME} says "
                f"{shard.bytes:,}. Copy it again, rerun prepare.py, or leave it out "
                f"with prepare.py --without_damaged={directory}."
            )
