"""Compiles the training step for a TPU on a machine without one.

pip install -r requirements-tpu-compile.txt
python -m benchmarks.tpu_compile --config=configs/small.py --topology=v5e:2x2

Says whether a TPU takes the step, whether it fits a chip's memory, and what bounds its
speed. docs/tpu_compile.md says what is not covered.
"""

import pathlib
import sys

from absl import flags
from ml_collections import config_flags

# `python benchmarks/tpu_compile.py` looks for modules beside this file only.
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

from benchmarks import tpu_report
from electra_tf import cli, files
from electra_tf.training import precision

_CONFIG = config_flags.DEFINE_config_file("config", help_string="Configuration file.")
_TOPOLOGY = flags.DEFINE_string("topology", "v5e:2x2", "Chip and slice of a TPU.")
_BATCH_PER_CHIP = flags.DEFINE_integer(
    "batch_per_chip",
    0,
    "Examples per step on each chip; 0: the config's global batch, divided.",
    lower_bound=0,
)
_VOCAB_SIZE = flags.DEFINE_integer(
    "vocab_size", 31_002, "Pieces of the vocabulary.", lower_bound=5
)
_OUTPUT = flags.DEFINE_string("output", "", "JSON file for the numbers.")


def main(_) -> None:
    """Lowers and compiles the step, and prints a report."""
    config = precision.choose(cli.config_of(_CONFIG), "TPU", has_bfloat16=True)
    report = tpu_report.measure(
        config, _TOPOLOGY.value, _BATCH_PER_CHIP.value, _VOCAB_SIZE.value
    )
    print(tpu_report.table(report))
    if _OUTPUT.value:
        files.write_json(_OUTPUT.value, report)


if __name__ == "__main__":
    cli.run(main)
