"""The choices that AUTO stands for."""

import dataclasses

import pytest
import tensorflow as tf

from electra_tf.config import Config, JitCompile, Precision
from electra_tf.training import precision


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("flags\t\t: fpu avx512f amx_bf16 amx_tile", True),
        ("flags\t\t: fpu avx2 fma", False),
        ("Features\t: fp asimd bf16", True),
        ("model name\t: amx_bf16", False),
    ],
)
def test_a_processor_says_whether_it_has_bfloat16(tmp_path, line, expected):
    (tmp_path / "cpuinfo").write_text(f"processor\t: 0\n{line}\n")
    assert precision.cpu_has_bfloat16(str(tmp_path / "cpuinfo")) == expected


def test_no_field_stays_auto_and_what_was_given_stays():
    strategy = tf.distribute.get_strategy()
    resolved = precision.resolve(Config(), strategy)
    assert resolved.precision is not Precision.AUTO
    in_bfloat16 = resolved.precision is Precision.MIXED_BFLOAT16
    assert resolved.jit_compile is (JitCompile.OFF if in_bfloat16 else JitCompile.ON)
    given = Config(precision=Precision.MIXED_BFLOAT16, jit_compile=JitCompile.ON)
    assert precision.resolve(given, strategy) == given


def test_a_run_goes_on_with_what_it_was_started_with():
    started = Config(precision=Precision.MIXED_BFLOAT16, jit_compile=JitCompile.ON)
    resolved = precision.resolve(Config(), tf.distribute.get_strategy(), started)
    assert resolved == started
    other = dataclasses.replace(Config(), precision=Precision.FLOAT32)
    resolved = precision.resolve(other, tf.distribute.get_strategy(), started)
    assert resolved.precision is Precision.FLOAT32
