"""The table that `pretrain.py --dry_run` prints: sizes, costs and time of a run."""

from collections import Counter
from typing import NamedTuple

import numpy as np

from electra_tf.config import Phase
from electra_tf.console import aligned
from electra_tf.model.electra import Electra
from electra_tf.pretraining import throughput
from electra_tf.pretraining.run import RunSpec
from electra_tf.quantities import duration, megabytes


class Disk(NamedTuple):
    """Disk space that the run needs."""

    checkpoints: int
    """Most checkpoints that will exist at once, in addition to the present ones."""
    checkpoint_bytes: int
    """Size of one checkpoint: weights and both moments."""
    free_bytes: int | None
    """Free space; None in a bucket."""

    @property
    def needed_bytes(self) -> int:
        """Space for all checkpoints."""
        return self.checkpoints * self.checkpoint_bytes


class Measured(NamedTuple):
    """Measurements of some steps and of a checkpoint."""

    phase: Phase
    """Phase that determined the length of the examples."""
    first_step_seconds: float
    """Includes tracing, compilation and the wait for the first batch."""
    step_seconds: float
    peak_bytes: int
    """Peak resident memory of the process, after the steps."""
    checkpoint_bytes: int
    """Size of a checkpoint's files."""
    write_seconds: float
    read_seconds: float


Row = tuple[str, str, str]
"""Name, value, and a unit or remark."""


def table(
    spec: RunSpec, model: Electra, disk: Disk, measured: Measured, step: int
) -> str:
    """Returns the table as aligned lines.

    Args:
        spec: parts of the run.
        model: model of the run.
        disk: disk space that the run needs.
        measured: measurements.
        step: step of the run's latest checkpoint; 0 if there is none.
    """
    rows = [
        *_parameters(model),
        *_work(spec),
        *_memory(disk, measured),
        *_time(spec, measured, step),
    ]
    return aligned(rows, "lrl")


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


def _work(spec: RunSpec) -> list[Row]:
    config, manifest = spec.config, spec.manifest
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
            ("FLOPs per step", f"{_step_flops(spec, phase.length):.3g}", remark),
            ("Steps per epoch", f"{per_epoch:,.1f}", remark),
        ]
    flops = throughput.flops_left(config, len(spec.vocabulary), 0)
    epochs = throughput.epochs(config, examples)
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
        ("Peak memory", peak, "resident memory of this process (host, not device)"),
        ("Checkpoint", megabytes(measured.checkpoint_bytes), "size of its files"),
        ("Disk needed", needed, f"for {disk.checkpoints} checkpoints"),
        ("Disk free", free, "on the disk of the working directory"),
    ]


def _time(spec: RunSpec, measured: Measured, step: int) -> list[Row]:
    config, length = spec.config, measured.phase.length
    seconds = measured.step_seconds
    tokens_per_second = config.data.global_batch_size * length / seconds
    left = throughput.flops_left(config, len(spec.vocabulary), step)
    expected = duration(seconds * left / _step_flops(spec, length))
    by = "by the FLOPs of each length, " if config.short_steps else ""
    remark = f"for the steps after {step:,}, {by}without evaluations and checkpoints"
    return [
        ("First step", f"{measured.first_step_seconds:,.2f} s", "with tracing"),
        (
            "Step",
            f"{seconds:,.4f} s",
            f"median of the next ones, at {length} tokens",
        ),
        ("Rate", f"{tokens_per_second:,.0f}", "tokens/s, with padding"),
        ("Expected time", expected, remark),
        ("Checkpoint write", f"{measured.write_seconds:,.2f} s", ""),
        ("Checkpoint read", f"{measured.read_seconds:,.2f} s", ""),
    ]


def _step_flops(spec: RunSpec, length: int) -> float:
    config, pieces = spec.config, len(spec.vocabulary)
    tokens = config.data.global_batch_size * length
    return tokens * throughput.flops_per_token(config, pieces, length)
