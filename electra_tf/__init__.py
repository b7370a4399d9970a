"""ELECTRA pre-training in TensorFlow 2 and Keras 3.

Base modules and rooms, each of which imports only what stands before it:

batch          the batch and the special ids
quantities     ratios, durations, megabytes
console        escaped text, tables, streams without a reader
signals        signals that announce the end
choices        values of fields that are names
config         the configuration of a run: typed fields
model/         encoder, generator, discriminator, masking
fields         fields by their paths; is it the same run?
validation     checks that the fields fit together
files          files that appear as a whole and stay; SHA-256; remote paths
directories    output directories: made whole, emptied of own files only
failures       errors that a user can fix, as one line
progress       a progress line
lock           one process per directory
labelled/      labelled text: tables, tokens, questions, and their scores
usage          what --help prints
shipped        configurations by their names
cli            how the programs start and end
text/          vocabularies, text rules, text → ids
shards/        the TFRecord format, its reader, its order
corpus/        files of any kind → clean documents
build/         documents → shards, on one machine or a cluster
inspection/    what shards and vocabularies contain
training/      what pre-training and fine-tuning share
pretraining/   batches → steps → checkpoints and metrics
interop/       our weights ↔ files of other libraries
zero_shot/     a detector on labelled text
finetuning/    an encoder and labelled text → a task model
page/          the demo page
commands/      the programs: flags, checks, one call
configs/       configurations of runs and builds: those of the clone's configs/

`__main__` is the command electra-tf.

Tested in: installed_test (__main__), usage_test (shipped), config_test (choices,
fields, validation), build/output_test (directories), command_line_test (cli),
training/preemption_test (signals), shards/damage_test (progress), one_way_test
(quantities), model/masking_test (batch).
"""

import os
import typing

if typing.TYPE_CHECKING:
    from electra_tf.interop.loaded_model import LoadedModel

__version__ = "0.1.0"

# Before TensorFlow is imported: its messages about the machine would hide the lines
# that are meant for the user. TF_CPP_MIN_LOG_LEVEL=0 shows them.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


def load(path: "str | os.PathLike[str]") -> "LoadedModel":
    """Loads a model for use in Python: `detect`, `embed`, `fill_mask`.

    Args:
        path: a directory of export.py, a SavedModel, or a Hugging Face directory with
            its tokenizer's files.

    Raises:
        ValueError: there is no model, or its files are damaged.
    """
    # Imported here, because TensorFlow takes seconds.
    from electra_tf.interop.loaded_model import LoadedModel

    return LoadedModel(path)
