"""Writes the generated Spanish corpus as text files.

python -m sample_corpus --megabytes=12 --output=DIR
"""

from absl import flags

from electra_tf import cli
from sample_corpus import generate

_FLAGS = flags.FLAGS
flags.DEFINE_integer("megabytes", 12, "Size of the text to generate.", lower_bound=1)
flags.DEFINE_string("output", None, "Directory for the text files.", required=True)
flags.DEFINE_integer("seed", 0, "Seed; another one gives another corpus.")


def main(_) -> None:
    """Writes the files and says what to do with them."""
    paths = generate.write(_FLAGS.output, _FLAGS.megabytes * 1_000_000, _FLAGS.seed)
    cli.say(
        f"{len(paths)} text files of {_FLAGS.megabytes} MB in all are in "
        f"{_FLAGS.output}. Next: python prepare.py --corpus='{_FLAGS.output}/*.txt' "
        "--language=es --output=DATA"
    )


if __name__ == "__main__":
    cli.run(main)
