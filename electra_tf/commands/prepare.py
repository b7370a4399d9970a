"""Builds a vocabulary and TFRecord shards from text.

python prepare.py --corpus='oscar/es_part_*.txt.gz' --output=runs/data

With --adopt_train it writes a manifest for existing shards of google-research/electra,
which stay where they are:
python prepare.py --adopt_train='shards/*[0-8]-of-*' --adopt_valid='shards/*9-of-*' \
    --vocab=vocab.txt --strip_accents --output=runs/data

With --without_damaged it takes damaged shards out of the manifest of a finished build:
python prepare.py --without_damaged=runs/data
"""

from absl import flags

from electra_tf import cli, signals
from electra_tf.build import build_flags

_FLAGS = flags.FLAGS
flags.DEFINE_integer("num_workers", 0, "Number of processes; 0: one per core.")
flags.DEFINE_string(
    "report", "", "Markdown file to write, with samples of what was kept and dropped."
)
flags.DEFINE_string(
    "adopt_train", "", "Globs of shards of google-research/electra to train on."
)
flags.DEFINE_string("adopt_valid", "", "Globs of such shards to hold out.")
flags.DEFINE_string(
    "without_damaged", "", "Data directory: take damaged shards out of its manifest."
)


def main(_) -> None:
    """Checks the flags, then builds, adopts or repairs."""
    # Imported once the flags are known to be right: --help takes no time.
    from electra_tf.build import adopt, local, result
    from electra_tf.shards import salvage

    signals.exit_in_order()
    inputs = (_FLAGS.corpus, _FLAGS.adopt_train, _FLAGS.without_damaged)
    if sum(map(bool, inputs)) != 1:
        raise ValueError("Give one of --corpus, --adopt_train and --without_damaged.")
    if _FLAGS.without_damaged:
        manifest = salvage.leave_out_damaged(_FLAGS.without_damaged)
        print(cli.shown(result.salvage_summary(manifest)))
        _say_what_next(_FLAGS.without_damaged)
        return
    if _FLAGS.adopt_train and not _FLAGS.vocab:
        raise ValueError("--adopt_train needs the --vocab that made the shards.")
    if _FLAGS.adopt_train:
        adoption = cli.from_flags(
            adopt.AdoptSettings,
            train_patterns=_FLAGS.adopt_train,
            valid_patterns=_FLAGS.adopt_valid,
            **build_flags.common(),
        )
        adopted = adopt.adopt(adoption)
        print(result.adoption_summary(adopted))
    else:
        print(result.summary(local.build(build_flags.settings(), cli.say)))
    _say_what_next(_FLAGS.output)


def _say_what_next(directory: str) -> None:
    from electra_tf.pretraining import advice

    print(cli.shown(f"\n{advice.next_command(directory)}"))
