"""Text → vocabulary and TFRecord shards.

python prepare.py --corpus='oscar/es_part_*.txt.gz' --output=runs/data

Shards of google-research/electra → a manifest that lists them:
python prepare.py --adopt_train='shards/*' --vocab=vocab.txt --output=runs/data
"""

import shlex
import signal
import sys

from absl import flags
from ml_collections import config_flags

from electra_tf import app
from electra_tf.data import adopt, build_settings, builder, corpus, report
from electra_tf.data.vocabulary import TextRules, Vocabulary

_FLAGS = flags.FLAGS
_CONFIG = config_flags.DEFINE_config_file(
    "config", "configs/text_as_it_is.py", "Rules that clean and deduplicate the text."
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
flags.DEFINE_integer("num_workers", 0, "Processes; 0: one per core.")
flags.DEFINE_integer("num_shards", 0, "Training shards; 0: about 100 MB each.")
flags.DEFINE_integer("seed", 0, "Of all that is random.")
flags.DEFINE_integer("sample_megabytes", 20, "Size of the embedded corpus.")
flags.DEFINE_string("report", "", "Markdown file: samples of what the rules did.")
flags.DEFINE_bool("overwrite", False, "Replace a finished build in --output.")
flags.DEFINE_string("adopt_train", "", "Globs of reference shards for training.")
flags.DEFINE_string("adopt_valid", "", "Globs of reference shards to hold out.")


def main(_) -> None:
    """Checks the flags, then builds or adopts."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # Cleans up, as Ctrl-C does.
    if bool(_FLAGS.corpus) == bool(_FLAGS.adopt_train):
        raise ValueError("Give one of --corpus and --adopt_train.")
    if _FLAGS.adopt_train and not _FLAGS.vocab:
        raise ValueError("--adopt_train needs the --vocab that made the shards.")
    common = dict(
        text_rules=TextRules(_FLAGS.lowercase, _FLAGS.strip_accents),
        vocabulary=Vocabulary.load(_FLAGS.vocab) if _FLAGS.vocab else None,
        command=shlex.join(sys.argv),
    )
    if _FLAGS.adopt_train:
        shards = dict(
            train_patterns=_FLAGS.adopt_train, valid_patterns=_FLAGS.adopt_valid
        )
        adoption = app.from_flags(adopt.AdoptSettings, **shards, **common)
        print(report.adopted(adopt.adopt(adoption), _FLAGS.output))
        return
    form = dict(format=_FLAGS.format, text_field=_FLAGS.text_field)
    sample = dict(sample_bytes=_FLAGS.sample_megabytes * 1_000_000, seed=_FLAGS.seed)
    settings = app.from_flags(
        build_settings.BuildSettings,
        train_sources=corpus.expand(_FLAGS.corpus, **form, **sample),
        valid_sources=corpus.expand(_FLAGS.valid_corpus, **form),
        config=_CONFIG.value,
        vocabulary_size=_FLAGS.vocab_size,
        vocabulary_sample_bytes=_FLAGS.vocab_sample_megabytes * 1_000_000,
        **common,
    )
    print(report.built(builder.build(settings), _FLAGS.output))


if __name__ == "__main__":
    app.run(main)
