"""Writes the generated Spanish corpus as text files.

python -m sample_corpus --megabytes=12 --output=DIR
"""

from absl import flags

from electra_tf import cli
from sample_corpus import generate

_FLAGS = flags.FLAGS
flags.DEFINE_integer("megabytes", 12, "Size of the text in MB.", lower_bound=1)
flags.DEFINE_string("output", None, "Directory for the text files.", required=True)
flags.DEFINE_integer("seed", 0, "Seed of the corpus.")


def main(_) -> None:
    """Writes the files, and prints the command that uses them."""
    paths = generate.write(_FLAGS.output, _FLAGS.megabytes * 1_000_000, _FLAGS.seed)
    cli.say(
        f"{len(paths)} text files with {_FLAGS.megabytes} MB in all are in "
        f"{_FLAGS.output}. Next:\npython prepare.py --corpus='{_FLAGS.output}/*.txt' "
        "--language=es --output=runs/data"
    )


if __name__ == "__main__":
    cli.run(main)
