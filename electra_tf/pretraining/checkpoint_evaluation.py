"""Evaluates a stored checkpoint of a run, as evaluate.py does."""

import tensorflow as tf

from electra_tf.console import aligned
from electra_tf.pretraining import trained
from electra_tf.pretraining.evaluation import Evaluator
from electra_tf.pretraining.metric_sums import Accumulator
from electra_tf.pretraining.step import Step
from electra_tf.pretraining.workdir import Workdir, check_data
from electra_tf.shards import checks, damage, records
from electra_tf.shards.manifest import Manifest
from electra_tf.training import checkpoint_files
from electra_tf.training import strategy as strategies


def evaluate(
    workdir: Workdir,
    directory: str,
    split: str,
    examples: int,
    strategy: tf.distribute.Strategy,
    which: str = checkpoint_files.LATEST,
) -> dict[str, float]:
    """Evaluates a checkpoint of a run, at the length of its last training step.

    Args:
        workdir: working directory of the run.
        directory: directory of the shards; "": those of the run.
        split: "valid" or "train".
        examples: at most this many examples of the shards; 0: all.
        strategy: its replicas run the steps.
        which: the checkpoint, as in `checkpoint_files.select`.

    Returns:
        The metrics by their tags, "step" and "examples".

    Raises:
        ValueError: there is no run or no checkpoint, or the shards are damaged or have
            another vocabulary.
    """
    config = workdir.config()
    if directory:
        config.data.directory = directory
    directory = config.data.directory
    manifest = Manifest.load(directory)
    check_data(config, manifest, workdir.manifest().fingerprint, workdir.path)
    checks.check_run(manifest, directory, strategies.hosts(strategy), [split])
    strategies.check_divisible(config, strategy.num_replicas_in_sync)
    with strategy.scope():
        run = trained.load(workdir, config.precision, which)
        accumulator = Accumulator()
    step = Step(
        run.model,
        None,
        accumulator,
        config,
        run.vocabulary.special_ids,
        strategy,
        continues_V=run.vocabulary.continues_V,
    )
    length = config.phase(run.step).length
    evaluator = Evaluator(step, config, manifest, directory, split, length, examples)
    available = manifest.examples(split)
    try:
        sums = evaluator.sums()
    except records.UNREADABLE as error:
        damage.explain(manifest, directory, [split], error)
        raise
    return {
        "step": run.step,
        "examples": min(examples or available, available),
        **evaluator.scalars(sums),
    }


def table(report: dict[str, float]) -> str:
    """Formats metrics as aligned lines, integers without decimals."""
    return aligned(
        [
            (name, f"{value:,}" if isinstance(value, int) else f"{value:.4f}")
            for name, value in report.items()
        ],
        "lr",
    )
