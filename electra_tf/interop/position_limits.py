"""What an export says of positions: which were trained, and which never were."""

from electra_tf.pretraining import positions
from electra_tf.pretraining.trained import Trained


def trained(run: Trained) -> str:
    """Tokens by range of positions; "" where the run didn't count them."""
    if run.position_counts is None:
        return ""
    lengths = [phase.length for phase in run.config.phases]
    return positions.describe(run.position_counts, lengths)


def untrained(run: Trained) -> str:
    """The positions that the run never trained, and what to do; "" for none."""
    if run.position_counts is None:
        return ""
    never = positions.never_trained(run.position_counts)
    if not never:
        return ""
    length = run.config.data.max_seq_length
    start = "weights of init_from" if run.config.init_from else "first weights"
    cure = f"keep texts within {length} tokens, or train on longer ones first"
    if (run.position_counts[:length] == 0).any():
        cure = (
            f"the export takes {length} tokens, so finish the run or cut texts before"
        )
    return (
        f"Positions {never} of {len(run.position_counts)} were never trained in this "
        f"run and hold its {start}, decayed: {cure}."
    )
