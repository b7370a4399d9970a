"""Text → vocabulary and TFRecord shards.

python prepare.py --corpus='oscar/es_part_*.txt.gz' --output=runs/data

Shards of google-research/electra → a manifest that lists them where they are:
python prepare.py --adopt_train='shards/*[0-8]-of-*' --adopt_valid='shards/*9-of-*' \
    --vocab=vocab.txt --strip_accents --output=runs/data

A finished build with damaged shards → its manifest without them:
python prepare.py --without_damaged=runs/data
"""

from absl import flags

from electra_tf import cli, signals
from electra_tf.build import adopt, local, options, salvage, summary

_FLAGS = flags.FLAGS
flags.DEFINE_integer("num_workers", 0, "Processes; 0: one per core.")
flags.DEFINE_string("report", "", "Markdown file: samples of what the rules did.")
flags.DEFINE_string("adopt_train", "", "Globs of reference shards for training.")
flags.DEFINE_string("adopt_valid", "", "Globs of reference shards to hold out.")
flags.DEFINE_string(
    "without_damaged", "", "Data directory: take damaged shards out of its manifest."
)


def main(_) -> None:
    """Checks the flags, then builds, adopts or repairs."""
    signals.exit_in_order()
    inputs = (_FLAGS.corpus, _FLAGS.adopt_train, _FLAGS.without_damaged)
    if sum(map(bool, inputs)) != 1:
        raise ValueError("Give one of --corpus, --adopt_train and --without_damaged.")
    if _FLAGS.without_damaged:
        manifest = salvage.leave_out_damaged(_FLAGS.without_damaged)
        print(summary.salvaged(manifest, _FLAGS.without_damaged))
        return
    if _FLAGS.adopt_train and not _FLAGS.vocab:
        raise ValueError("--adopt_train needs the --vocab that made the shards.")
    if _FLAGS.adopt_train:
        adoption = cli.from_flags(
            adopt.AdoptSettings,
            train_patterns=_FLAGS.adopt_train,
            valid_patterns=_FLAGS.adopt_valid,
            **options.common(),
        )
        print(summary.adopted(adopt.adopt(adoption), _FLAGS.output))
        return
    result = local.build(options.settings(), cli.say)
    print(summary.built(result, _FLAGS.output))


if __name__ == "__main__":
    cli.run(main)
