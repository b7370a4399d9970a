"""Runs as data: files, overrides, JSON, errors."""

import dataclasses
import importlib

import pytest

from electra_tf import fields, files, validation
from electra_tf.config import Config, Precision
from tests import commands

NAMES = [
    "small",
    "small_128_512",
    "base",
    "large",
    "small_plus",
    "mini",
    "mini_reference",
    "mini_short",
    "midi",
    "demo",
]


@pytest.mark.parametrize("name", NAMES)
def test_every_config_file_is_valid_and_survives_json(name, tmp_path):
    config = importlib.import_module(f"electra_tf.configs.{name}").get_config()
    validation.validate(config)
    path = tmp_path / "config.json"
    path.write_text(config.to_json())
    assert files.read_json(str(path), Config) == config


def test_max_predictions_rounds_up_by_half_a_percent():
    config = Config()
    assert config.max_predictions == 19
    config.data.max_seq_length = 512
    assert config.max_predictions == 79


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("num_train_steps", 0, "num_train_steps=0 must be positive"),
        ("seed", -1, "seed=-1 must not be negative"),
        ("learning_rate", float("nan"), "learning_rate=nan must be a finite number"),
        ("log_every", 150, "log_every=150 is not a multiple of steps_per_loop=100"),
        ("gradient_accumulation_steps", 3, "128 is not divisible by gradient_accum"),
        (
            "model.num_heads",
            3,
            "a hidden size of 256, which is not divisible",
        ),
        ("masking.mask_prob", 0.0, r"must lie in \(0, 1\]"),
        ("masking.mask_prob", 0.001, "masks no token of 128"),
        ("seed", 2**31, r"seed=2147483648 must be below 2\*\*31"),
        ("data.max_seq_length", 1024, "exceeds model.max_position_embeddings=512"),
        ("model.dropout", 1.0, "must lie in"),
        ("data.short_seq_length", 48, "48 is no proper divisor of .*=128"),
        ("data.short_seq_length", 128, "128 is no proper divisor"),
        ("data.short_seq_length", -64, "-64 must not be negative"),
        ("data.short_seq_length", 4, "leaves no token to mask"),
    ],
)
def test_a_field_out_of_range_is_named_with_its_limit(field, value, message):
    config = Config()
    *rooms, name = field.split(".")
    target = config
    for part in rooms:
        target = getattr(target, part)
    setattr(target, name, value)
    with pytest.raises(ValueError, match=message):
        validation.validate(config)


def test_no_more_tokens_are_masked_than_there_are():
    config = Config()
    config.data.max_seq_length, config.masking.mask_prob = 256, 1.0
    with pytest.raises(ValueError, match="masks 257 of 256 tokens: lower it"):
        validation.validate(config)


@pytest.mark.parametrize(
    ("fraction", "steps", "message"),
    [
        (1.0, 1_000, r"short_steps_fraction=1.0 must lie in \(0, 1\)"),
        (0.0, 1_000, r"short_steps_fraction=0.0 must lie in \(0, 1\)"),
        (0.1, 10, r"no step of num_train_steps=10 \(0 short ones, .* multiples of 4"),
        (0.999, 100, r"no step of num_train_steps=100 \(100 short ones"),
    ],
)
def test_a_schedule_without_both_lengths_is_refused(fraction, steps, message):
    config = importlib.import_module("electra_tf.configs.small_128_512").get_config()
    config.data.short_steps_fraction = fraction
    config.num_train_steps = steps
    with pytest.raises(ValueError, match=message):
        validation.validate(config)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"depth": 3}', "depth: Unexpected keyword argument, not 3"),
        (
            '{"data": {"shuffle_buffer": 1.5}}',
            "data.shuffle_buffer: .*integer, not 1.5",
        ),
        ('{"precision": "HALF"}', "precision: .*'float32'.*, not 'HALF'"),
        ('{"seed": tr', "Invalid JSON"),
        ("[" * 100_000, "Invalid JSON: recursion limit"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(tmp_path, text, message):
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=f"{path}: {message}.* another version"):
        files.read_json(str(path), Config)


def test_only_what_changes_the_run_is_a_difference():
    ours, theirs = Config(), Config()
    theirs.log_every = 500
    theirs.data.directory = "elsewhere"
    assert fields.differences(ours, theirs, fields.RESUME_MAY_CHANGE) == {}
    theirs.precision = Precision.MIXED_BFLOAT16
    theirs.data.global_batch_size = 64
    assert set(fields.differences(ours, theirs, fields.RESUME_MAY_CHANGE)) == {
        "precision",
        "data.global_batch_size",
    }


def test_resume_may_change_names_real_fields():
    assert set(fields.flatten(Config())) >= fields.RESUME_MAY_CHANGE


def test_every_config_file_says_its_command_and_source():
    for name in NAMES:
        text = importlib.import_module(f"electra_tf.configs.{name}").__doc__
        for part in ("Command", "Source", "Expectation"):
            assert part in text, (name, part)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--config.data.batch_size=8"], "Did you mean config.data.global_batch_size?"),
        (["--config.num_train_steps=0"], "num_train_steps=0 must be positive"),
        (["--config.learning_rate=fast"], "could not convert string to float"),
        ([], "config.data.directory is empty"),
        (["--config.data.directory=/nowhere"], "/nowhere doesn't exist"),
    ],
)
def test_bad_flags_end_with_one_line_that_helps(tmp_path, flags, message):
    workdir = tmp_path / "run"
    result = commands.run(
        "pretrain", "--config=configs/mini.py", f"--workdir={workdir}", *flags
    )
    assert result.returncode == 1
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert not workdir.exists()


def test_a_config_file_that_is_not_there_is_an_error_that_helps(tmp_path):
    result = commands.run(
        "pretrain", "--config=configs/huge.py", f"--workdir={tmp_path / 'run'}"
    )
    assert result.returncode == 1
    assert "Known names: base, demo, large" in result.stderr


def test_overrides_reach_derived_values():
    config = dataclasses.replace(Config(), gradient_accumulation_steps=4)
    assert config.micro_batch_size == 32


def test_the_reference_run_has_the_settings_it_was_measured_with():
    config = importlib.import_module("electra_tf.configs.mini_reference").get_config()
    assert config.masking.with_replacement
    assert (config.data.global_batch_size, config.data.max_seq_length) == (32, 128)
    assert (config.learning_rate, config.warmup_steps) == (1e-3, 200)
    assert (config.num_train_steps, config.discriminator_weight) == (3_000, 50.0)
    assert (config.model.dropout, config.model.initializer_range) == (0.1, 0.02)
    assert config.masking.mask_prob == 0.15
