"""Checkpoint + shards → metrics.

python evaluate.py --workdir=runs/small [--checkpoint=best] [--data=DATA] \
    [--split=valid] [--output=F.json]
"""

from absl import flags

from electra_tf import app, files
from electra_tf.training import evaluation
from electra_tf.training import strategy as strategies
from electra_tf.training.workdir import Workdir

_WORKDIR = flags.DEFINE_string(
    "workdir", None, "Working directory of a pretrain.py run.", required=True
)
_CHECKPOINT = flags.DEFINE_string("checkpoint", "latest", "latest, best, or a step.")
_DATA = flags.DEFINE_string("data", "", "Shards; by default those of the run.")
_SPLIT = flags.DEFINE_enum("split", "valid", ["valid", "train"], "Which shards.")
_EXAMPLES = flags.DEFINE_integer("examples", 0, "At most this many; 0: all.")
_OUTPUT = flags.DEFINE_string("output", "", "JSON file for the metrics.")
_TPU = flags.DEFINE_string(
    "tpu", "", 'Name or grpc:// address of a TPU; "local" on a TPU VM.'
)


def main(_) -> None:
    """Evaluates and prints the table."""
    strategy = strategies.create(_TPU.value)
    report = evaluation.evaluate_workdir(
        Workdir(_WORKDIR.value),
        _DATA.value,
        _SPLIT.value,
        _EXAMPLES.value,
        strategy,
        _CHECKPOINT.value,
    )
    print(evaluation.table(report))
    if _OUTPUT.value:
        files.write_json(_OUTPUT.value, report)
        print(f"\nWritten to {_OUTPUT.value}.")
    print(f"Export:  python export.py --workdir={_WORKDIR.value} --output=EXPORT")


if __name__ == "__main__":
    app.run(main)
