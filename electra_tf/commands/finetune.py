"""An encoder + labelled text → a task model and its scores.

python finetune.py --model=EXPORT_OR_WORKDIR --task=ner \
    --train=train.txt --dev=dev.txt --test=test.txt --output=runs/ner
python finetune.py --model=EXPORT --task=classification --text_column=sentence \
    --label_column=label --train=F.tsv --dev=F.tsv --output=runs/sentiment --seeds=0,1,2

The same command resumes a stopped run. Exit codes are those of pretrain.py.
"""

from absl import flags
from ml_collections import config_flags

from electra_tf import cli
from electra_tf.finetuning import column_flags
from electra_tf.finetuning import config as finetune_config

_DEFAULT = finetune_config.FinetuneConfig()
with cli.known_fields(_DEFAULT):
    _CONFIG = config_flags.DEFINE_config_dataclass(
        "config", _DEFAULT, "Hyperparameters; each field is a flag."
    )
_MODEL = flags.DEFINE_string(
    "model", None, "Working directory, export or Hugging Face directory.", required=True
)
_CHECKPOINT = flags.DEFINE_string(
    "checkpoint", "latest", "Checkpoint of a working directory: latest, best or a step."
)
_FROM_RANDOM = flags.DEFINE_boolean("from_random", False, "Use random weights.")
_TASK = flags.DEFINE_enum(
    "task", None, finetune_config.TASK_NAMES, "Task to train.", required=True
)
_METRIC = flags.DEFINE_string("metric", "", "Score that selects the best epoch on dev.")
_TRAIN = flags.DEFINE_list("train", None, "Training files.", required=True)
_DEV = flags.DEFINE_list("dev", [], "Dev files; else a tenth of --train is held out.")
_TEST = flags.DEFINE_list("test", [], "Test files, each scored once, separately.")
_FOLDS = flags.DEFINE_integer("folds", 0, "Folds of a cross-validation on --train.")
_MAX_FOLDS = flags.DEFINE_integer("max_folds", 0, "Number of folds to run; 0: all.")
_OUTPUT = flags.DEFINE_string("output", None, "Directory of the runs.", required=True)
_OVERWRITE = flags.DEFINE_boolean("overwrite", False, "Replace runs of other settings.")
_FORMATS = flags.DEFINE_list("formats", "saved_model,huggingface", "Exports to write.")
_SEEDS = flags.DEFINE_list("seeds", ["0"], "Random seeds; each is a run.")
_TPU = flags.DEFINE_string("tpu", "", 'Name or address of a TPU; "local" on a TPU VM.')


def main(_) -> None:
    """Reads the files, trains a run per seed and fold, and prints the scores."""
    # Imported once the flags are known to be right: --help takes no time.
    from electra_tf.finetuning import loop, plan, seeds, splits, tasks
    from electra_tf.interop import encoders
    from electra_tf.training import preemption, strategy

    numbers = seeds.parse(_SEEDS.value)
    encoder = encoders.find(_MODEL.value, _CHECKPOINT.value)
    finetune_config.validate(_CONFIG.value, encoder.config.max_position_embeddings)
    plans = plan.make(
        tasks.TASKS[_TASK.value](column_flags.columns(), _METRIC.value),
        _CONFIG.value,
        encoder,
        splits.LabelledFiles(_TRAIN.value, _DEV.value, _TEST.value),
        _FOLDS.value,
        _MAX_FOLDS.value,
        _FROM_RANDOM.value,
    )
    try:
        devices = strategy.create(_TPU.value)
        summary = seeds.run(
            plans, _OUTPUT.value, numbers, devices, _FORMATS.value, _OVERWRITE.value
        )
    except loop.Stopped as stopped:
        cli.leave(
            f"\nStopped by {stopped}. To resume:  the same command",
            preemption.EXIT_CODE,
        )
    print(f"\n{seeds.table(summary)}\n\nScores and predictions are in {_OUTPUT.value}.")
    print(f"Curves:  tensorboard --logdir={_OUTPUT.value}")
