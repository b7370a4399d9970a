"""Memory that a step needs on a TPU, and bounds of its speed."""

import dataclasses
import gc
from typing import Any

import tensorflow as tf

from benchmarks import tpu_client, tpu_lowering
from electra_tf.config import Config
from electra_tf.console import aligned
from electra_tf.pretraining import throughput
from electra_tf.training import strategy as strategies
from electra_tf.training.peak import KNOWN_PEAK_TERAFLOPS

GIB = 2**30


def measure(
    config: Config, topology: str, batch_per_chip: int, vocabulary_size: int
) -> dict[str, Any]:
    """Lowers and compiles the step of one chip.

    Args:
        config: validated; its global batch gives way to the batch per chip.
        topology: such as "v5e:2x2".
        batch_per_chip: examples; 0: the config's global batch over all chips.
        vocabulary_size: number of pieces.

    Returns:
        The numbers by name; bytes, FLOPs and seconds where the name says nothing else.

    Raises:
        ValueError: a TPU does not take the step, or it does not fit.
    """
    chip, chips = tpu_client.chip(topology), len(tpu_client.devices(topology))
    if batch_per_chip:
        data = dataclasses.replace(
            config.data, global_batch_size=batch_per_chip * chips
        )
        config = dataclasses.replace(config, data=data)
    strategies.check_divisible(config, chips)
    batch_per_chip = config.data.global_batch_size // chips
    length = config.data.max_seq_length
    program = _program(config, batch_per_chip, vocabulary_size)
    # The compiler needs gigabytes: free the variables first.
    gc.collect()
    compiled = tpu_client.compile_for(topology, program)

    if compiled.total_bytes > chip.memory_gib * GIB:
        raise ValueError(
            f"The step needs {compiled.total_bytes / GIB:.2f} GiB, a {chip.name} has "
            f"{chip.memory_gib}: use a smaller --batch_per_chip, "
            "--config.model.rematerialize=true or more "
            "--config.gradient_accumulation_steps."
        )
    peak = KNOWN_PEAK_TERAFLOPS[chip.name] * 1e12
    report = {
        "topology": topology,
        "chips": chips,
        "precision": config.precision.name,
        "batch_per_chip": batch_per_chip,
        "gradient_accumulation_steps": config.gradient_accumulation_steps,
        "rematerialize": config.model.rematerialize,
        "max_seq_length": length,
        **compiled._asdict(),
        "total_bytes": compiled.total_bytes,
        "memory_bytes": chip.memory_gib * GIB,
        "model_flops": batch_per_chip
        * length
        * throughput.flops_per_token(config, vocabulary_size),
    }
    # A loop counts as one execution of its body: no bounds for several micro-batches.
    if config.gradient_accumulation_steps == 1:
        report["steps_per_second_by_compute"] = peak / compiled.flops
        report["steps_per_second_by_bandwidth"] = (
            chip.gigabytes_per_second * 1e9 / compiled.bytes_accessed
        )
    return report


def _program(config: Config, batch_size: int, vocabulary_size: int) -> str:
    input_BS = tf.TensorSpec((batch_size, config.data.max_seq_length), "int32")
    step = tpu_lowering.replica_step(config, vocabulary_size)
    return tpu_lowering.lower(step, input_BS, input_BS, input_BS)


def table(report: dict[str, Any]) -> str:
    """Formats the numbers as text."""

    def gib(name: str) -> str:
        return f"{report[name + '_bytes'] / GIB:.3f} GiB"

    micro_batches = report["gradient_accumulation_steps"]
    several = micro_batches > 1
    rows = [
        ("topology", f"{report['topology']}, {report['chips']} chips"),
        ("precision", report["precision"]),
        (
            "batch per chip x length",
            f"{report['batch_per_chip']} x {report['max_seq_length']}"
            + f", {micro_batches} micro-batches" * several,
        ),
        ("arguments", gib("argument")),
        ("outputs", gib("output")),
        ("aliased", gib("aliased")),
        ("temporaries", gib("temporary")),
        ("code", gib("code")),
        ("total", f"{gib('total')} of {gib('memory')}"),
        ("model FLOPs", f"{report['model_flops'] / 1e12:.3f} T"),
        (
            "FLOPs" + " (loops once)" * several,
            f"{report['flops'] / 1e12:.3f} T",
        ),
        (
            "bytes accessed" + " (loops once)" * several,
            f"{report['bytes_accessed'] / 1e9:.2f} GB",
        ),
    ]
    if not several:
        rows += [
            (f"steps/s by {bound}, at most", f"{value:.2f}")
            for bound in ("compute", "bandwidth")
            if (value := report[f"steps_per_second_by_{bound}"])
        ]
    return aligned([*rows, ("compiled in", f"{report['seconds']:.0f} s")], "lr")
