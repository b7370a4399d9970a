"""Flags of a build from text, shared by prepare.py and electra_tf.build.beam."""

import shlex
import sys
from typing import Any

from absl import flags
from ml_collections import config_flags

from electra_tf import cli
from electra_tf.build.config import BuildConfig
from electra_tf.build.planning import BuildSettings
from electra_tf.corpus import documents
from electra_tf.text.vocabulary import TextRules, Vocabulary

_FLAGS = flags.FLAGS
with cli.known_fields(BuildConfig()):
    _CONFIG = config_flags.DEFINE_config_file(
        "config",
        "configs/text_as_it_is.py",
        "Rules that clean and deduplicate the text.",
    )
flags.DEFINE_string("corpus", "", "Comma-separated globs of text files.")
flags.DEFINE_enum("format", documents.AUTO, documents.FORMATS, "Of the corpus's files.")
flags.DEFINE_string("text_field", "text", "Of JSON lines: the field with the text.")
flags.DEFINE_string("output", "", "The data directory to make.")
flags.DEFINE_string("vocab", "", "A vocab.txt to use; empty: learn one.")
flags.DEFINE_integer("vocab_size", 31_002, "Pieces to learn.")
flags.DEFINE_integer("vocab_sample_megabytes", 256, "Text to learn them from, at most.")
flags.DEFINE_string("language", "", "ISO 639 code for the model card, such as es.")
flags.DEFINE_bool("lowercase", True, "Lower-case the text.")
flags.DEFINE_bool("strip_accents", False, "Strip accents: año becomes ano.")
flags.DEFINE_integer("max_seq_length", 128, "Tokens per example.")
flags.DEFINE_float("valid_fraction", 0.01, "Share of documents held out.")
flags.DEFINE_string("valid_corpus", "", "Held-out text instead; as --corpus.")
flags.DEFINE_integer("num_shards", 0, "Training shards; 0: about 100 MB each.")
flags.DEFINE_integer("seed", 0, "Of all that is random.")
flags.DEFINE_bool("overwrite", False, "Replace a finished build in --output.")


def common() -> dict[str, Any]:
    """What adopted shards have as well.

    Raises:
        ValueError: there is no --output.
    """
    if not _FLAGS.output:
        raise ValueError("Give --output, the data directory to make.")
    return dict(
        text_rules=TextRules(_FLAGS.lowercase, _FLAGS.strip_accents),
        vocabulary=Vocabulary.load(_FLAGS.vocab) if _FLAGS.vocab else None,
        command=shlex.join(sys.argv),
    )


def settings(**made: Any) -> BuildSettings:
    """Of the flags; fields that aren't flags of the entry point are given."""
    form = dict(format=_FLAGS.format, text_field=_FLAGS.text_field)
    return cli.from_flags(
        BuildSettings,
        train_sources=documents.expand(_FLAGS.corpus, **form),
        valid_sources=documents.expand(_FLAGS.valid_corpus, **form),
        config=_CONFIG.value,
        vocabulary_size=_FLAGS.vocab_size,
        vocabulary_sample_bytes=_FLAGS.vocab_sample_megabytes * 1_000_000,
        **common(),
        **made,
    )
