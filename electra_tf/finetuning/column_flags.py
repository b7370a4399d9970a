"""The flags of finetune.py that say where texts and labels are."""

from absl import flags

from electra_tf import cli
from electra_tf.finetuning.tasks import SPLITS, Columns

flags.DEFINE_list("columns", [], "Of tables whose first line doesn't name them.")
flags.DEFINE_string("text_column", "sentence", "Of tables.")
flags.DEFINE_string("second_text_column", "", "Of tables of pairs.")
flags.DEFINE_string("label_column", "label", "Of tables.")
flags.DEFINE_string("split_column", "", "Of tables: says train, dev or test.")
flags.DEFINE_list("split_names", [*SPLITS], "What --split_column says of each split.")
flags.DEFINE_boolean("quoted", False, "Tables whose values may be in quotes.")
flags.DEFINE_string("placeholder", "", "Of tables: leaves out rows with this text.")
flags.DEFINE_integer("word_column", 0, "Of CoNLL files, from 0.")
flags.DEFINE_integer("tag_column", -1, "Of CoNLL files; -1: the last.")


def columns() -> Columns:
    """What the flags say."""
    return cli.from_flags(Columns)
