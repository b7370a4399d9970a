"""The training step for a TPU, and what a TPU would not take."""

import json
import pathlib
import platform
import re
import subprocess
import sys

import pytest
import tensorflow as tf
from tensorflow.compiler.tf2xla.python import xla

from benchmarks import tpu_lowering

ROOT = pathlib.Path(__file__).parent.parent
X = tf.TensorSpec((4,), "float32")
MINI = (
    "--config=configs/mini.py",
    "--config.model.num_layers=1",
    "--config.model.hidden_size=64",
    "--config.model.intermediate_size=128",
    "--config.model.embedding_size=32",
    "--config.model.num_heads=1",
    "--config.model.dropout=0.1",
    "--config.model.rematerialize=true",
    "--config.data.max_seq_length=32",
    "--config.precision=MIXED_BFLOAT16",
    "--vocab_size=500",
)

compiles = pytest.mark.skipif(
    (platform.system(), platform.machine()) != ("Linux", "x86_64"),
    reason="libtpu is for Linux on x86-64",
)


def tpu_compile(*command: str) -> subprocess.CompletedProcess:
    """In a process of its own, for jax and libtpu stay in the process."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@compiles
@pytest.mark.slow
@pytest.mark.tpu_compile
def test_the_training_step_compiles_for_a_tpu_and_fits(tmp_path):
    output = tmp_path / "report.json"
    result = tpu_compile(
        "benchmarks/tpu_compile.py", *MINI, "--batch_per_chip=4", f"--output={output}"
    )
    assert result.returncode == 0, result.stderr[-3000:]
    assert "v5e:2x2, 4 chips" in result.stdout
    report = json.loads(output.read_text())
    # Matrix products, and what else there is.
    assert report["model_flops"] < report["flops"] < 2 * report["model_flops"]
    # All but the gradient norm takes the place of an argument: variables, counts.
    assert 0 <= report["output_bytes"] - report["aliased_bytes"] < 4096
    assert 0 < report["total_bytes"] < 0.1 * report["memory_bytes"]


@compiles
@pytest.mark.tpu_compile
@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--topology=v9:2x2"], "take one of v4, v5e, v5p, v6e"),
        (["--topology=v5e:3x5"], "libtpu knows no topology 'v5e:3x5'"),
        (["--config.data.global_batch_size=18"], "18 is not divisible by 4 replicas"),
    ],
)
def test_what_cannot_be_compiled_ends_with_one_line_that_helps(flags, message):
    result = tpu_compile("-m", "benchmarks.tpu_compile", *MINI, *flags)
    assert result.returncode == 1
    assert message in result.stderr
    assert "Traceback" not in result.stderr


TOO_LARGE = """
import tensorflow as tf
from benchmarks import tpu_client, tpu_lowering

input_AA = tf.TensorSpec((80_000, 80_000), "float32")
program = tpu_lowering.lower(lambda x_AA: x_AA @ x_AA, input_AA)
tpu_client.compile_for("v5e:2x2", program)
"""


@compiles
@pytest.mark.tpu_compile
def test_what_does_not_fit_the_memory_of_a_chip_is_refused():
    result = tpu_compile("-c", TOO_LARGE)
    assert "ValueError: The program does not fit the chip's memory" in result.stderr
    assert "--batch_per_chip" in result.stderr


def host_callback(x):
    return xla.custom_call_v2("xla_python_cpu_callback", [x], [X])[0]


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: tf.cast(x, "float64") * 2, "float64"),
        (lambda x: tf.boolean_mask(x, x > 0), "known only at run time"),
        (lambda x: tf.unique(x)[0], "known only at run time"),
        (host_callback, "a call of the host"),
        (lambda x: tf.numpy_function(abs, [x], "float32"), "PyFunc"),
        (lambda x: tf.strings.as_string(x), "AsString"),
    ],
    ids=["float64", "mask", "unique", "callback", "numpy", "string"],
)
def test_what_a_tpu_does_not_take_is_refused(function, message):
    with pytest.raises(ValueError, match=message):
        tpu_lowering.lower(function, X)


def test_an_input_of_unknown_size_is_refused():
    with pytest.raises(ValueError, match="static shapes"):
        tpu_lowering.lower(lambda x: x + 1, tf.TensorSpec((None,), "float32"))


def test_what_a_tpu_takes_is_lowered():
    variable = tf.Variable(tf.ones((4,)))
    program = tpu_lowering.lower(lambda x: variable.assign_add(x) * 2, X)
    assert "stablehlo.add" in program
    assert "input_output_alias" in program
    assert not re.search(r"mhlo\.copy|loc\(", program)
