"""The flags of a build from text: prepare.py and electra_tf.data.beam have them all."""

import shlex
import sys
from typing import Any

from absl import flags
from ml_collections import config_flags

from electra_tf import app
from electra_tf.data import corpus
from electra_tf.data.build_config import BuildConfig
from electra_tf.data.planning import BuildSettings
from electra_tf.data.vocabulary import TextRules, Vocabulary

_FLAGS = flags.FLAGS
with app.known_fields(BuildConfig()):
    _CONFIG = config_flags.DEFINE_config_file(
        "config",
        "configs/text_as_it_is.py",
        "Rules that clean and deduplicate the text.",
    )
flags.DEFINE_string("corpus", "", 'Comma-separated globs of text files, or "sample".')
flags.DEFINE_enum("format", corpus.AUTO, corpus.FORMATS, "Of the corpus's files.")
flags.DEFINE_string("text_field", "text", "Of JSON lines: the field with the text.")
flags.DEFINE_string("output", None, "The data directory to make.", required=True)
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
flags.DEFINE_integer("sample_megabytes", 20, "Size of the embedded corpus.")
flags.DEFINE_bool("overwrite", False, "Replace a finished build in --output.")


def common() -> dict[str, Any]:
    """What adopted shards have as well."""
    return dict(
        text_rules=TextRules(_FLAGS.lowercase, _FLAGS.strip_accents),
        vocabulary=Vocabulary.load(_FLAGS.vocab) if _FLAGS.vocab else None,
        command=shlex.join(sys.argv),
    )


def settings(**made: Any) -> BuildSettings:
    """Of the flags; fields that aren't flags of the entry point are given."""
    form = dict(format=_FLAGS.format, text_field=_FLAGS.text_field)
    sample = dict(sample_bytes=_FLAGS.sample_megabytes * 1_000_000, seed=_FLAGS.seed)
    return app.from_flags(
        BuildSettings,
        train_sources=corpus.expand(_FLAGS.corpus, **form, **sample),
        valid_sources=corpus.expand(_FLAGS.valid_corpus, **form),
        config=_CONFIG.value,
        vocabulary_size=_FLAGS.vocab_size,
        vocabulary_sample_bytes=_FLAGS.vocab_sample_megabytes * 1_000_000,
        **common(),
        **made,
    )
