"""The flags that prepare.py and electra_tf.build.beam have in common."""

import sys
from typing import TYPE_CHECKING, Any

from absl import flags
from ml_collections import config_flags

from electra_tf import cli, shipped
from electra_tf.build.config import BuildConfig

if TYPE_CHECKING:
    from electra_tf.build.settings import BuildSettings

_FLAGS = flags.FLAGS
with cli.known_fields(BuildConfig()):
    _CONFIG = config_flags.DEFINE_config_file(
        "config",
        shipped.path("text_as_it_is"),
        "Configuration file with the rules that clean and deduplicate the text.",
    )
flags.DEFINE_string("corpus", "", "Comma-separated globs of text or JSON files.")
flags.DEFINE_enum(
    "format",
    "auto",
    ["auto", "text", "oscar2109", "oscar2201", "oscar2301", "jsonl"],
    "Format of the corpus files.",
)
flags.DEFINE_string("text_field", "text", "Field of JSON lines that holds the text.")
flags.DEFINE_string("output", "", "Data directory to make.")
flags.DEFINE_string("vocab", "", "Use this vocab.txt instead of learning one.")
flags.DEFINE_integer("vocab_size", 31_002, "Number of pieces to learn.")
flags.DEFINE_integer(
    "vocab_sample_megabytes", 256, "Learn the vocabulary from at most this much text."
)
flags.DEFINE_string(
    "language", "", "Language of the text as an ISO 639 code, such as es."
)
flags.DEFINE_bool("lowercase", True, "Lower-case the text.")
flags.DEFINE_bool("strip_accents", False, "Strip accents: año becomes ano.")
flags.DEFINE_integer("max_seq_length", 128, "Most tokens per example.")
flags.DEFINE_float("valid_fraction", 0.01, "Share of the documents to hold out.")
flags.DEFINE_string(
    "valid_corpus", "", "Hold out these files instead; globs as in --corpus."
)
flags.DEFINE_integer(
    "num_shards", 0, "Number of training shards; 0: about 100 MB each."
)
flags.DEFINE_integer("seed", 0, "Seed of every random choice.")
flags.DEFINE_bool("overwrite", False, "Replace a finished build at --output.")


def common() -> dict[str, Any]:
    """Settings that an adoption of shards has as well.

    Raises:
        ValueError: there is no --output.
    """
    from electra_tf.text.vocabulary import TextRules, Vocabulary

    if not _FLAGS.output:
        raise ValueError("Give --output, the data directory to make.")
    return dict(
        text_rules=TextRules(_FLAGS.lowercase, _FLAGS.strip_accents),
        vocabulary=Vocabulary.load(_FLAGS.vocab) if _FLAGS.vocab else None,
        command=cli.command_line(sys.argv),
    )


def settings(**given: Any) -> "BuildSettings":
    """The build that the flags describe.

    Args:
        given: fields for which the entry point has no flag.
    """
    from electra_tf.build.settings import BuildSettings
    from electra_tf.corpus import documents

    form = dict(format=_FLAGS.format, text_field=_FLAGS.text_field)
    return cli.from_flags(
        BuildSettings,
        train_sources=documents.expand(_FLAGS.corpus, **form),
        valid_sources=documents.expand(_FLAGS.valid_corpus, **form),
        config=_CONFIG.value,
        vocabulary_size=_FLAGS.vocab_size,
        vocabulary_sample_bytes=_FLAGS.vocab_sample_megabytes * 1_000_000,
        **common(),
        **given,
    )
