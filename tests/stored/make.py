"""Makes the stored runs, with the code of a commit before the rooms were rearranged.

git worktree add --detach OLD 20aae28   # 0.1: manifests of format version 1
git worktree add --detach OLD 8c05897   # the last commit of the old tree
cd OLD && python .../tests/stored/make.py .../tests/stored/NAME

NAME gets `data/`, a working directory `run/` as it is after 4 of 8 steps, and
`expected.npz`, the weights after all 8, of a run that was not interrupted.
"""

import contextlib
import dataclasses
import pathlib
import shutil
import sys
import tempfile

sys.path.insert(0, "")

import numpy as np
import tensorflow as tf
from electra_tf.data.manifest import Manifest
from electra_tf.training.workdir import Workdir

from electra_tf.config import (
    Config,
    DataConfig,
    JitCompile,
    MaskingConfig,
    ModelConfig,
    Precision,
)
from electra_tf.model.electra import Electra
from electra_tf.training import loop
from electra_tf.training.checkpoints import Checkpoints
from tests import shards


def config(directory: str) -> Config:
    """Eight steps, with everything that moves over a run."""
    return Config(
        model=ModelConfig(
            hidden_size=16,
            num_layers=1,
            num_heads=2,
            intermediate_size=16,
            embedding_size=8,
            generator_fraction=0.5,
            max_position_embeddings=shards.LENGTH,
        ),
        data=DataConfig(
            directory=directory,
            max_seq_length=shards.LENGTH,
            global_batch_size=8,
            shuffle_buffer=32,
        ),
        masking=MaskingConfig(temperature=2.0, final_temperature=1.0, whole_words=True),
        learning_rate=5e-3,
        discriminator_rate=0.5,
        attention_slope=0.5,
        attention_slope_fraction=1.0,
        warmup_steps=2,
        num_train_steps=8,
        steps_per_loop=2,
        log_every=2,
        eval_every=4,
        checkpoint_every=4,
        gradient_accumulation_steps=2,
        seed=3,
        peak_teraflops=1.0,
        precision=Precision.FLOAT32,
        jit_compile=JitCompile.OFF,
    )


class Stopped(Exception):
    """Raised after the first checkpoint."""


def main(output: pathlib.Path) -> None:
    """Trains once without and once with an interruption."""
    shutil.rmtree(output, ignore_errors=True)
    shards.write(output / "data", train_shards=2, per_shard=24)
    if "shuffled" in Manifest.__dataclass_fields__:  # From format version 2.
        manifest = Manifest.load(str(output / "data"))
        dataclasses.replace(manifest, shuffled=True).save(str(output / "data"))
    run = config(str(output / "data"))
    strategy = tf.distribute.get_strategy()
    with tempfile.TemporaryDirectory() as directory:
        whole = Workdir(directory + "/whole")
        loop.train(run, whole, strategy)
        model = Electra(run.model, len(shards.vocabulary()))
        Checkpoints(whole.checkpoints, model).restore()
        readings = pathlib.Path(whole.metrics).read_text()
    values = {variable.path: variable.numpy() for variable in model.variables}
    np.savez_compressed(output / "expected.npz", **values)
    (output / "expected.jsonl").write_text(readings)

    save = Checkpoints.save

    def save_and_stop(self, step):
        save(self, step)
        raise Stopped

    Checkpoints.save = save_and_stop
    with contextlib.suppress(Stopped):
        loop.train(run, Workdir(str(output / "run")), strategy)
    for events in ("train", "eval"):  # Named after the machine, and not read again.
        shutil.rmtree(output / "run" / events)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
