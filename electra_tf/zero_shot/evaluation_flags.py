"""The flags of evaluate.py for labelled text."""

import functools
from typing import TYPE_CHECKING

from absl import flags

if TYPE_CHECKING:
    from electra_tf.zero_shot.labelled_text import ZeroShotReport

_PAIRS = flags.DEFINE_string(
    "pairs", "", "Tab-separated file of minimal pairs, in columns good and bad."
)
_SENTENCES = flags.DEFINE_string(
    "sentences", "", "Tab-separated file of labelled sentences."
)
_TOKEN_LABELS = flags.DEFINE_string(
    "token_labels", "", "File of a word and its label per line, sentences apart."
)
REPLACEMENTS = flags.DEFINE_string(
    "replacements",
    "",
    "File to write held-out text to, in which the run's generator has replaced words: "
    "with --token_labels=FILE it compares detectors, whatever their vocabulary.",
)
_WHERE = flags.DEFINE_multi_string(
    "where", [], "COLUMN=VALUE: keep only these rows of a table; may be repeated."
)
_QUOTED = flags.DEFINE_boolean(
    "quoted", False, "Values of a table may stand in quotes (RFC 4180)."
)
_GROUP = flags.DEFINE_string(
    "group_column", "", "Column of --pairs whose values get a score each."
)
_TEXT = flags.DEFINE_string(
    "text_column", "sentence", "Column of --sentences with the text."
)
_LABEL = flags.DEFINE_string(
    "label_column", "label", "Column of --sentences with the label."
)
_GOOD = flags.DEFINE_string(
    "good_label",
    "",
    "Label of acceptable sentences (default 1) or of original words (default 0).",
)


def refuse(flag: flags.FlagHolder, is_unused: bool, what: str) -> None:
    """Rejects a flag that would have no effect.

    Raises:
        ValueError: the flag is given; names its purpose.
    """
    if is_unused and flag.present:
        raise ValueError(f"--{flag.name} is for {what} alone: leave it out.")


def is_given() -> bool:
    """Whether a flag names labelled text.

    Raises:
        ValueError: several do, or a flag has no effect on this kind of text.
    """
    given = [flag.name for flag in (_PAIRS, _SENTENCES, _TOKEN_LABELS) if flag.value]
    if len(given) > 1:
        raise ValueError(
            f"--{', --'.join(given)} are different evaluations: give one at a time."
        )
    tables_only = (_PAIRS, _SENTENCES)
    for flag, needed in (
        (_WHERE, tables_only),
        (_QUOTED, tables_only),
        (_GROUP, (_PAIRS,)),
        (_TEXT, (_SENTENCES,)),
        (_LABEL, (_SENTENCES,)),
        (_GOOD, (_SENTENCES, _TOKEN_LABELS)),
    ):
        names = " and ".join(f"--{one.name}" for one in needed)
        refuse(flag, not any(one.value for one in needed), names)
    return bool(given)


def evaluate(model: str, workdir: str, checkpoint: str) -> "ZeroShotReport":
    """Reads the labelled text, then loads the detector and scores it.

    Args:
        model: directory of an export; "": use the run in `workdir`.
        workdir: working directory of a run.
        checkpoint: which checkpoint of the run.

    Raises:
        ValueError: the file is not of the format that its flag requires.
    """
    from electra_tf.labelled import tables, tokens
    from electra_tf.zero_shot import detector, labelled_text

    load = functools.partial(detector.find, model, workdir, checkpoint)
    if _TOKEN_LABELS.value:
        labelled = tokens.read(_TOKEN_LABELS.value)
        good = _GOOD.value or "0"
        return labelled_text.token_labels(load(), labelled, _TOKEN_LABELS.value, good)
    path = _PAIRS.value or _SENTENCES.value
    table = tables.read_table(path, quoted=_QUOTED.value).where(_WHERE.value)
    if _PAIRS.value:
        return labelled_text.pairs(load(), table, _GROUP.value)
    good = _GOOD.value or "1"
    return labelled_text.sentences(load(), table, _TEXT.value, _LABEL.value, good)


def write(workdir: str, checkpoint: str, data: str, examples: int) -> str:
    """Writes the file of --replacements; returns a summary.

    Args:
        workdir: working directory of a run.
        checkpoint: which checkpoint of the run.
        data: directory of the shards; "": those of the run.
        examples: maximum number of held-out examples; 0: all.

    Raises:
        ValueError: no working directory is given.
    """
    from electra_tf.pretraining.workdir import Workdir
    from electra_tf.zero_shot import replacements

    path = REPLACEMENTS.value
    if not workdir:
        raise ValueError("--replacements needs a generator: give --workdir of a run.")
    found = replacements.write(Workdir(workdir), data, examples, path, checkpoint)
    return (
        f"{found.replaced:,} of {found.words:,} words in {found.sentences:,} texts are "
        f"replaced in {path}; {found.left_out:,} texts with unknown pieces are left "
        f"out.\nCompare:   python evaluate.py --workdir=ANOTHER_RUN "
        f"--token_labels={path}"
    )
