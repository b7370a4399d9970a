"""An encoder + labelled text → a task model and its scores.

python finetune.py --model=EXPORT_OR_WORKDIR --task=ner \
    --train=train.txt --dev=dev.txt --test=test.txt --output=runs/ner
python finetune.py --model=EXPORT --task=classification --text_column=sentence \
    --label_column=label --train=F.tsv --dev=F.tsv --output=runs/sentiment --seeds=0,1,2

The same command again goes on where it was stopped. Exit codes as of pretrain.py.
"""

from absl import flags
from ml_collections import config_flags

from electra_tf import cli
from electra_tf.finetuning import column_flags, plan, report, seeds, source
from electra_tf.finetuning import config as finetune_config
from electra_tf.finetuning.registry import TASKS
from electra_tf.finetuning.run import Stopped
from electra_tf.finetuning.run_files import FORMATS
from electra_tf.finetuning.splits import Files
from electra_tf.training import preemption
from electra_tf.training import strategy as strategies

_DEFAULT = finetune_config.FinetuneConfig()
with cli.known_fields(_DEFAULT):
    _CONFIG = config_flags.DEFINE_config_dataclass("config", _DEFAULT, "Of the runs.")
_MODEL = flags.DEFINE_string(
    "model", None, "A workdir, an export or a Hugging Face directory.", required=True
)
_CHECKPOINT = flags.DEFINE_string(
    "checkpoint", "latest", "Of a workdir: latest, best, or a step."
)
_FROM_RANDOM = flags.DEFINE_boolean("from_random", False, "To compare with.")
_TASK = flags.DEFINE_enum("task", None, list(TASKS), "What is learnt.", required=True)
_METRIC = flags.DEFINE_string("metric", "", "That chooses the epoch; else the task's.")
_TRAIN = flags.DEFINE_list("train", None, "Labelled text.", required=True)
_DEV = flags.DEFINE_list("dev", [], "Chooses the epoch; else a tenth of --train.")
_TEST = flags.DEFINE_list("test", [], "Judged once by the best epoch, each by itself.")
_FOLDS = flags.DEFINE_integer("folds", 0, "Cross-validate on --train in so many parts.")
_MAX_FOLDS = flags.DEFINE_integer("max_folds", 0, "The first of --folds; 0: all.")
_OUTPUT = flags.DEFINE_string("output", None, "Directory of the runs.", required=True)
_OVERWRITE = flags.DEFINE_boolean("overwrite", False, "Replace runs of other settings.")
_FORMATS = flags.DEFINE_list("formats", [*FORMATS], "Of the task models.")
_SEEDS = flags.DEFINE_list("seeds", ["0"], "A run for each.")
_TPU = flags.DEFINE_string("tpu", "", 'Name or address of a TPU; "local" on a TPU VM.')


def main(_) -> None:
    """Reads the files, trains a run per seed, and prints the scores."""
    numbers = report.parse_seeds(_SEEDS.value)
    found = source.find(_MODEL.value, _CHECKPOINT.value)
    finetune_config.validate(_CONFIG.value, found.config.max_position_embeddings)
    plans = plan.make(
        TASKS[_TASK.value](column_flags.columns(), _METRIC.value),
        _CONFIG.value,
        found,
        Files(_TRAIN.value, _DEV.value, _TEST.value),
        _FOLDS.value,
        _MAX_FOLDS.value,
        _FROM_RANDOM.value,
    )
    try:
        strategy = strategies.create(_TPU.value)
        summary = seeds.run(
            plans, _OUTPUT.value, numbers, strategy, _FORMATS.value, _OVERWRITE.value
        )
    except Stopped as stopped:
        cli.leave(
            f"\nStopped by {stopped}. Go on:  the same command", preemption.EXIT_CODE
        )
    print(f"\n{report.table(summary)}\n")
    print(f"Scores and predictions are in {_OUTPUT.value}.")
    print(f"Curves:  tensorboard --logdir={_OUTPUT.value}")


if __name__ == "__main__":
    cli.run(main)
