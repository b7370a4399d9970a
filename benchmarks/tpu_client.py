"""libtpu's compiler, on a machine without a TPU.

jax is only the way to it: its topology of a named TPU is a PJRT client that compiles
and cannot run.
"""

import os
import time
from typing import Any, NamedTuple

# Values that libtpu would get from a cloud machine's metadata server; set before jax is
# imported.
os.environ.update(
    JAX_PLATFORMS="cpu",
    TPU_SKIP_MDS_QUERY="1",
    TPU_ACCELERATOR_TYPE="v5litepod-4",
    TPU_WORKER_HOSTNAMES="localhost",
    TPU_WORKER_ID="0",
    ALLOW_MULTIPLE_LIBTPU_LOAD="true",  # There is no chip to conflict over.
)

import numpy as np
from jax._src import compiler
from jax._src.interpreters import mlir
from jax.errors import JaxRuntimeError
from jax.experimental import topologies
from jaxlib import xla_client
from jaxlib.mlir import ir


class Chip(NamedTuple):
    """Published limits of one chip."""

    name: str
    """Key of `peak.KNOWN_PEAK_TERAFLOPS`."""
    memory_gib: float
    gigabytes_per_second: float
    """Bandwidth between the chip and its memory."""


CHIPS = {
    "v4": Chip("v4", 32, 1228),
    "v5e": Chip("v5litepod", 16, 819),
    "v5p": Chip("v5p", 95, 2765),
    "v6e": Chip("v6e", 32, 1640),
}
"""Published figures (cloud.google.com/tpu/docs), by the first part of a topology."""


class Compiled(NamedTuple):
    """The compiler's analysis of a program for one chip."""

    argument_bytes: int
    output_bytes: int
    aliased_bytes: int
    """Outputs that reuse the memory of an argument."""
    temporary_bytes: int
    code_bytes: int
    flops: float
    """Floating-point operations of one execution; the body of a loop counts once."""
    bytes_accessed: float
    """Bytes read and written by all operations; loops count as above."""
    seconds: float
    """Duration of the compilation."""

    @property
    def total_bytes(self) -> int:
        """Memory at the peak of the program."""
        outputs = self.output_bytes - self.aliased_bytes
        return self.argument_bytes + outputs + self.temporary_bytes + self.code_bytes


def chip(topology: str) -> Chip:
    """Returns the chip of a topology such as "v5e:2x2".

    Raises:
        ValueError: it is not in the table.
    """
    name = topology.partition(":")[0]
    if name not in CHIPS:
        raise ValueError(
            f"topology {topology!r} names no known chip: take one of "
            f"{', '.join(CHIPS)}, as in v5e:2x2."
        )
    return CHIPS[name]


def devices(topology: str) -> list[Any]:
    """Returns the devices of a topology to compile for.

    Raises:
        ValueError: libtpu knows no such topology.
    """
    chip(topology)
    try:
        return topologies.get_topology_desc(topology, "tpu").devices
    except (JaxRuntimeError, ValueError) as error:
        raise ValueError(
            f"libtpu knows no topology {topology!r} ({_one_line(error)}): take one "
            "such as v5e:2x2 or v4:2x2x1."
        ) from error


def compile_for(topology: str, stablehlo: str) -> Compiled:
    """Compiles a program for one chip of a topology.

    Raises:
        ValueError: the compiler refuses it, or the chip's memory is too small.
    """
    device = devices(topology)[0]
    options = xla_client.CompileOptions()
    options.num_replicas = options.num_partitions = 1
    options.device_assignment = xla_client.DeviceAssignment.create(np.array([[0]]))
    with mlir.make_ir_context():
        module = ir.Module.parse(stablehlo)
    start = time.perf_counter()
    try:
        executable = compiler.backend_compile_and_load(
            device.client, module, xla_client.DeviceList((device,)), options, []
        )
    except JaxRuntimeError as error:
        if "RESOURCE_EXHAUSTED" in str(error):
            problem = "The program does not fit the chip's memory"
            cure = (
                "use a smaller --batch_per_chip, --config.model.rematerialize=true "
                "or more --config.gradient_accumulation_steps"
            )
        else:
            problem = f"The compiler for {topology} refuses the program"
            cure = "leave out what it names"
        raise ValueError(f"{problem} ({_one_line(error)}): {cure}.") from error
    seconds = time.perf_counter() - start
    memory, cost = executable.get_compiled_memory_stats(), executable.cost_analysis()
    return Compiled(
        argument_bytes=memory.argument_size_in_bytes,
        output_bytes=memory.output_size_in_bytes,
        aliased_bytes=memory.alias_size_in_bytes,
        temporary_bytes=memory.temp_size_in_bytes,
        code_bytes=memory.generated_code_size_in_bytes,
        flops=cost["flops"],
        bytes_accessed=cost["bytes accessed"],
        seconds=seconds,
    )


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:400]
