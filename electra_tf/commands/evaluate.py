"""Evaluates a checkpoint on shards, or its detector on labelled text.

python evaluate.py --workdir=runs/small [--checkpoint=best] [--data=DATA] \
    [--split=valid] [--output=F.json]
python evaluate.py --workdir=runs/small --pairs=F.tsv [--group_column=phenomenon]
python evaluate.py --model=EXPORT --sentences=F.tsv [--label_column=label] ...
python evaluate.py --model=EXPORT --token_labels=F.tsv [--good_label=0]
python evaluate.py --workdir=runs/small --replacements=F.tsv [--examples=1000]
"""

from absl import flags

from electra_tf import cli
from electra_tf.zero_shot import evaluation_flags

_WORKDIR = flags.DEFINE_string("workdir", "", "Directory of a run of pretrain.py.")
_MODEL = flags.DEFINE_string(
    "model", "", "Directory written by export.py, for labelled text."
)
_CHECKPOINT = flags.DEFINE_string(
    "checkpoint", "latest", "Checkpoint to evaluate: latest, best, or a step."
)
_DATA = flags.DEFINE_string("data", "", 'Directory of shards; "": the run\'s.')
_SPLIT = flags.DEFINE_enum("split", "valid", ["valid", "train"], "Split to evaluate.")
_EXAMPLES = flags.DEFINE_integer("examples", 0, "Maximum number of examples; 0: all.")
_OUTPUT = flags.DEFINE_string("output", "", "JSON file to write the metrics to.")
_TPU = flags.DEFINE_string("tpu", "", 'Name or address of a TPU; "local" on a TPU VM.')


def main(_) -> None:
    """Evaluates and prints the table."""
    # Imported once the flags are known to be right: --help takes no time.
    from electra_tf import directories, files
    from electra_tf.pretraining import checkpoint_evaluation
    from electra_tf.pretraining.workdir import Workdir
    from electra_tf.training import strategy as strategies

    if bool(_WORKDIR.value) == bool(_MODEL.value):
        raise ValueError(
            "Give either --workdir (of a run of pretrain.py) or --model (of an export)."
        )
    labelled = evaluation_flags.is_given()
    for flag in (_DATA, _SPLIT, _EXAMPLES, _TPU):
        evaluation_flags.refuse(flag, labelled, "the shards of a run")
    evaluation_flags.refuse(_CHECKPOINT, bool(_MODEL.value), "--workdir")
    for output in (_OUTPUT, evaluation_flags.REPLACEMENTS):
        if output.value:
            directories.check_writable(output.value, f"--{output.name}")
    place = _WORKDIR.value, _CHECKPOINT.value
    if labelled:
        report = evaluation_flags.evaluate(_MODEL.value, *place)
        print(report)
        result = report.as_json()
    elif evaluation_flags.REPLACEMENTS.value:
        said = evaluation_flags.write(*place, _DATA.value, _EXAMPLES.value)
        print(cli.shown(said))
        return
    elif _MODEL.value:
        raise ValueError(
            "An export is evaluated on labelled text: give --pairs, --sentences or "
            "--token_labels; or --workdir for the metrics of shards."
        )
    else:
        result = checkpoint_evaluation.evaluate(
            Workdir(_WORKDIR.value),
            _DATA.value,
            _SPLIT.value,
            _EXAMPLES.value,
            strategies.create(_TPU.value),
            _CHECKPOINT.value,
        )
        print(checkpoint_evaluation.table(result))
    if _OUTPUT.value:
        files.write_json(_OUTPUT.value, result)
        print(f"\nWritten to {_OUTPUT.value}.")
    if _WORKDIR.value:
        line = f"Export:  python export.py --workdir={_WORKDIR.value} --output=EXPORT"
        print(cli.shown(line))
