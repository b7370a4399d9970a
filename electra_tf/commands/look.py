"""Shows what is in shards, or compares two vocabularies.

python look.py --data=runs/data [--split=valid] [--examples=5] [--masked]
python look.py --compare=a/vocab.txt,b/vocab.txt --text='oscar/es_part_1.txt.gz'
"""

import dataclasses
from typing import Any

from absl import flags

_FLAGS = flags.FLAGS
flags.DEFINE_string("data", "", "A data directory made by prepare.py.")
flags.DEFINE_enum("split", "train", ["train", "valid"], "Split to show.")
flags.DEFINE_integer("examples", 5, "Number of examples to print.", lower_bound=0)
flags.DEFINE_bool("masked", False, "Also print the examples masked.")
flags.DEFINE_integer("seed", 0, "Seed of the masks.")
flags.DEFINE_integer("examples_to_count", 0, "Maximum number; 0: all.", lower_bound=0)
flags.DEFINE_list("compare", [], "Two vocabularies, separated by a comma.")
flags.DEFINE_string("text", "", "Globs of text files, for --compare.")
flags.DEFINE_integer("text_megabytes", 10, "Text read of them; 0: all.", lower_bound=0)
flags.DEFINE_bool("lowercase", True, "Lower-case the text, for --compare.")
flags.DEFINE_bool(
    "strip_accents", False, "Strip accents, for --compare: año becomes ano."
)
flags.DEFINE_string("output", "", "JSON file for the numbers.")


def main(_) -> None:
    """Checks the flags, then prints tables."""
    # Imported once the flags are known to be right: --help takes no time.
    from electra_tf import directories, files

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


def _look() -> Any:
    from electra_tf.inspection import epoch_mixture, shard_contents, tables

    split = shard_contents.InspectedSplit.open(_FLAGS.data, _FLAGS.split)
    if _FLAGS.examples:
        batch = split.first(_FLAGS.examples)
        masked_ids_BS = split.masked(batch, _FLAGS.seed) if _FLAGS.masked else None
        pieces = split.vocabulary.pieces
        print(tables.examples(batch, pieces, masked_ids_BS))
    counts = split.count(_FLAGS.examples_to_count)
    parts: tuple[float, ...] = ()
    if split.name == "train" and counts.examples == split.manifest.examples("train"):
        parts = epoch_mixture.divergences(split)
    result = shard_contents.summarize(split, counts, parts)
    print(tables.shards(result))
    return result


def _compare() -> Any:
    from electra_tf.corpus import documents
    from electra_tf.inspection import tables, vocabulary_comparison
    from electra_tf.text.vocabulary import TextRules

    sources, limit = documents.expand(_FLAGS.text), _FLAGS.text_megabytes * 1_000_000
    rules = TextRules(_FLAGS.lowercase, _FLAGS.strip_accents)
    result = vocabulary_comparison.compare(_FLAGS.compare, sources, limit, rules)
    print(tables.vocabularies(result))
    return result
