"""The flags of evaluate.py that judge labelled text."""

from collections.abc import Callable

from absl import flags

from electra_tf import cli
from electra_tf.labelled import tables, tokens
from electra_tf.zero_shot import evaluation
from electra_tf.zero_shot.detector import Detect
from electra_tf.zero_shot.evaluation import Report

_PAIRS = flags.DEFINE_string(
    "pairs", "", "Tab-separated pairs in the columns good and bad."
)
_SENTENCES = flags.DEFINE_string("sentences", "", "Tab-separated labelled sentences.")
_TOKEN_LABELS = flags.DEFINE_string(
    "token_labels", "", "A word and its label per line; a blank one ends a sentence."
)
_WHERE = flags.DEFINE_multi_string(
    "where", [], "Of a table, the rows with COLUMN=VALUE; may be repeated."
)
_QUOTED = flags.DEFINE_boolean(
    "quoted", False, "Of a table, values may stand in quotes (RFC 4180)."
)
_GROUP = flags.DEFINE_string(
    "group_column", "", "Of --pairs, the phenomenon: a score for each."
)
_TEXT = flags.DEFINE_string("text_column", "sentence", "Of --sentences.")
_LABEL = flags.DEFINE_string("label_column", "label", "Of --sentences.")
_GOOD = flags.DEFINE_string(
    "good_label", "", "Acceptable sentences (by default 1), words that stayed (0)."
)


def is_given() -> bool:
    """Whether labelled text is to be judged.

    Raises:
        ValueError: more than one kind is, or a flag does nothing for this one.
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
        cli.refuse(flag, not any(one.value for one in needed), names)
    return bool(given)


def judge(load: Callable[[], Detect]) -> Report:
    """Reads the file, loads the detector and judges.

    Args:
        load: called when the file is found to be whole.

    Raises:
        ValueError: the file is not what its flag asks for.
    """
    if _TOKEN_LABELS.value:
        labelled = tokens.read(_TOKEN_LABELS.value)
        good = _GOOD.value or "0"
        return evaluation.token_labels(load(), labelled, _TOKEN_LABELS.value, good)
    path = _PAIRS.value or _SENTENCES.value
    table = tables.read_table(path, quoted=_QUOTED.value).where(_WHERE.value)
    if _PAIRS.value:
        return evaluation.pairs(load(), table, _GROUP.value)
    good = _GOOD.value or "1"
    return evaluation.sentences(load(), table, _TEXT.value, _LABEL.value, good)
