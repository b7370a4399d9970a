"""What `pretrain.py --dry_run` says of a run: its sizes, its costs, its time."""

from collections import Counter
from typing import NamedTuple

import numpy as np

from electra_tf.config import Phase
from electra_tf.model.electra import Electra
from electra_tf.pretraining import throughput
from electra_tf.pretraining.log import duration
from electra_tf.pretraining.run import Plan
from electra_tf.text_table import aligned


class Disk(NamedTuple):
    """What the run will write, and where."""

    checkpoints: int
    """That will be there at once, beside those that are there already."""
    checkpoint_bytes: int
    """Of one: weights and both moments."""
    free_bytes: int | None
    """None where nobody can say: in a bucket."""

    @property
    def needed_bytes(self) -> int:
        """Of all."""
        return self.checkpoints * self.checkpoint_bytes


class Measured(NamedTuple):
    """What was tried, and how long it took."""

    phase: Phase
    """Whose length the steps had."""
    first_step_seconds: float
    """With tracing, compilation and the wait for the first batch."""
    step_seconds: float
    peak_bytes: int
    """Resident memory of the process, until after the steps."""
    checkpoint_bytes: int
    """Of the files of one."""
    write_seconds: float
    read_seconds: float


Row = tuple[str, str, str]
"""What, how much, and a remark or unit."""


def table(
    planned: Plan, model: Electra, disk: Disk, measured: Measured, step: int
) -> str:
    """All of it in aligned lines.

    Args:
        planned: the run.
        model: built.
        disk: what the run will write.
        measured: what was tried.
        step: of the run's latest checkpoint, 0 where there is none.
    """
    rows = [
        *_parameters(model),
        *_work(planned),
        *_memory(disk, measured),
        *_time(planned, measured, step),
    ]
    return aligned(rows, "lrl")


def megabytes(count: float) -> str:
    """Bytes for a person."""
    return f"{count / 1e6:,.1f} MB"


def _parameters(model: Electra) -> list[Row]:
    parts: Counter[str] = Counter()
    for variable in model.variables:
        parts[variable.path.split("/")[1]] += int(np.prod(variable.shape))
    return [
        ("Discriminator", f"{parts['discriminator']:,}", "parameters of its own"),
        ("Generator", f"{parts['generator']:,}", "parameters of its own"),
        ("Shared embeddings", f"{parts['embeddings']:,}", "parameters, counted once"),
        ("Total", f"{parts.total():,}", "parameters"),
    ]


def _work(planned: Plan) -> list[Row]:
    config, manifest = planned.config, planned.manifest
    batch_size, longest = config.data.global_batch_size, config.data.max_seq_length
    examples = manifest.examples("train")
    rows, tokens, before = [], 0, 0
    for phase in config.phases:
        steps, before = phase.end - before, phase.end
        if not steps:
            continue
        tokens += steps * batch_size * phase.length
        per_epoch = examples * (longest // phase.length) / batch_size
        remark = f"at {phase.length} tokens, {steps:,} steps"
        rows += [
            ("FLOPs per step", f"{_step_flops(planned, phase.length):.3g}", remark),
            ("Steps per epoch", f"{per_epoch:,.1f}", remark),
        ]
    flops = throughput.flops_left(config, len(planned.vocabulary), 0)
    epochs = tokens / longest / examples
    real = epochs * manifest.tokens("train")
    return [
        *rows,
        ("FLOPs of the run", f"{flops:.3g}", f"{config.num_train_steps:,} steps"),
        ("Epochs of the run", f"{epochs:,.2f}", f"of {examples:,} examples"),
        ("Tokens of the run", f"{tokens:,}", f"with padding; about {real:,.0f} real"),
    ]


def _memory(disk: Disk, measured: Measured) -> list[Row]:
    state, peak = megabytes(disk.checkpoint_bytes), megabytes(measured.peak_bytes)
    needed = megabytes(disk.needed_bytes)
    free = "unknown" if disk.free_bytes is None else megabytes(disk.free_bytes)
    return [
        ("Weights and moments", state, "in the memory of each replica"),
        ("Peak memory", peak, "resident, of this process (the host's, no device's)"),
        ("Checkpoint", megabytes(measured.checkpoint_bytes), "as it was written"),
        ("Disk needed", needed, f"for {disk.checkpoints} checkpoints"),
        ("Disk free", free, "where the working directory is or will be"),
    ]


def _time(planned: Plan, measured: Measured, step: int) -> list[Row]:
    config, length = planned.config, measured.phase.length
    seconds = measured.step_seconds
    tokens_per_second = config.data.global_batch_size * length / seconds
    left = throughput.flops_left(config, len(planned.vocabulary), step)
    expected = duration(seconds * left / _step_flops(planned, length))
    by = "by the FLOPs of each length, " if config.short_steps else ""
    remark = f"for the steps after {step:,}, {by}without evaluations and checkpoints"
    return [
        ("First step", f"{measured.first_step_seconds:,.2f} s", "with tracing"),
        ("Step", f"{seconds:,.4f} s", f"median of those after it, at {length} tokens"),
        ("Rate", f"{tokens_per_second:,.0f}", "tokens/s, with padding"),
        ("Expected time", expected, remark),
        ("Checkpoint write", f"{measured.write_seconds:,.2f} s", ""),
        ("Checkpoint read", f"{measured.read_seconds:,.2f} s", ""),
    ]


def _step_flops(planned: Plan, length: int) -> float:
    config, pieces = planned.config, len(planned.vocabulary)
    tokens = config.data.global_batch_size * length
    return tokens * throughput.flops_per_token(config, pieces, length)
