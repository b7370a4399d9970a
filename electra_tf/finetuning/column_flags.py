"""The flags of finetune.py for the columns of its files."""

from typing import TYPE_CHECKING

from absl import flags

from electra_tf import cli

if TYPE_CHECKING:
    from electra_tf.finetuning.task import Columns

flags.DEFINE_list("columns", [], "Names of a table's columns; else its first line.")
flags.DEFINE_string("text_column", "sentence", "Column of the text in a table.")
flags.DEFINE_string("second_text_column", "", "Column of a pair's second text.")
flags.DEFINE_string("label_column", "label", "Column of the label in a table.")
flags.DEFINE_string("split_column", "", "Column that says train, dev or test.")
flags.DEFINE_list(
    "split_names", ["train", "dev", "test"], "Values of --split_column for the splits."
)
flags.DEFINE_boolean("quoted", False, "Values of a table may be quoted (RFC 4180).")
flags.DEFINE_string("placeholder", "", "Leave out a table's rows with this text.")
flags.DEFINE_integer("word_column", 0, "Column of the words in CoNLL files, from 0.")
flags.DEFINE_integer("tag_column", -1, "Column of the tags in CoNLL files; -1: last.")


def columns() -> "Columns":
    """Reads the columns from the flags."""
    from electra_tf.finetuning.task import Columns

    return cli.from_flags(Columns)
