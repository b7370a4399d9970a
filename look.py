"""Shards, or two vocabularies → what is in them.

python look.py --data=runs/data [--split=valid] [--examples=5] [--masked]
python look.py --compare=a/vocab.txt,b/vocab.txt --text='oscar/es_part_1.txt.gz'
"""

import dataclasses

from absl import flags

from electra_tf import cli, directories, files
from electra_tf.corpus import documents
from electra_tf.inspection import comparison, contents, mixture, summary
from electra_tf.text.vocabulary import TextRules

_FLAGS = flags.FLAGS
flags.DEFINE_string("data", "", "A data directory made by prepare.py.")
flags.DEFINE_enum("split", "train", ["train", "valid"], "Which shards.")
flags.DEFINE_integer("examples", 5, "Examples to print.", lower_bound=0)
flags.DEFINE_bool("masked", False, "Print them as the generator sees them, too.")
flags.DEFINE_integer("seed", 0, "Of the masks.")
flags.DEFINE_integer("examples_to_count", 0, "At most; 0: all.", lower_bound=0)
flags.DEFINE_list("compare", [], "Two vocabularies, separated by a comma.")
flags.DEFINE_string("text", "", "For --compare: globs of text files.")
flags.DEFINE_integer("text_megabytes", 10, "Of them, at most; 0: all.", lower_bound=0)
flags.DEFINE_bool("lowercase", True, "For --compare: lower-case the text.")
flags.DEFINE_bool("strip_accents", False, "For --compare: año becomes ano.")
flags.DEFINE_string("output", "", "JSON file for the numbers.")


def main(_) -> None:
    """Prints tables, a summary last."""
    if bool(_FLAGS.data) == bool(_FLAGS.compare):
        raise ValueError("Give one of --data and --compare.")
    if _FLAGS.compare and not _FLAGS.text:
        raise ValueError("--compare needs the --text to cut, such as --text='es/*.gz'.")
    if _FLAGS.output:
        directories.check_writable(_FLAGS.output, "--output")
    numbers = _compare() if _FLAGS.compare else _look()
    if _FLAGS.output:
        files.write_json(_FLAGS.output, dataclasses.asdict(numbers))
        print(f"\nWritten to {_FLAGS.output}.")


def _look() -> contents.Summary:
    split = contents.Split.open(_FLAGS.data, _FLAGS.split)
    if _FLAGS.examples:
        batch = split.first(_FLAGS.examples)
        masked_ids_BS = split.masked(batch, _FLAGS.seed) if _FLAGS.masked else None
        pieces = split.vocabulary.pieces
        print(summary.examples(batch, pieces, masked_ids_BS))
    counts = split.count(_FLAGS.examples_to_count)
    parts: tuple[float, ...] = ()
    if split.name == "train" and counts.examples == split.manifest.examples("train"):
        parts = mixture.of_an_epoch(split)
    result = contents.summarize(split, counts, parts)
    print(summary.shards(result))
    return result


def _compare() -> comparison.Comparison:
    sources, limit = documents.expand(_FLAGS.text), _FLAGS.text_megabytes * 1_000_000
    rules = TextRules(_FLAGS.lowercase, _FLAGS.strip_accents)
    result = comparison.compare(_FLAGS.compare, sources, limit, rules)
    print(summary.vocabularies(result))
    return result


if __name__ == "__main__":
    cli.run(main)
