"""What --help and --help_config print, and configurations by their names."""

import dataclasses
import re
import sys

import pytest

from electra_tf import choices, cli, config, fields, usage
from tests import commands


@dataclasses.dataclass
class Inner:
    """A part."""

    width: int = 3
    """Number of columns."""


@dataclasses.dataclass
class Outer:
    """A whole."""

    inner: Inner = dataclasses.field(default_factory=Inner)
    plain: float = 0.5
    schedule: choices.Schedule = choices.Schedule.WSD


def test_fields_are_shown_with_type_value_and_docstring():
    assert usage.of_config(Outer()).splitlines()[:4] == [
        "  --config.inner.width=3  (int)",
        "      Number of columns.",
        "  --config.plain=0.5  (float)",
        "  --config.schedule=WSD  (LINEAR | WSD)",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("program", cli.PROGRAMS)
def test_help_lists_every_flag_in_a_group(program):
    done = commands.run(program, "--help")
    assert done.returncode == 0, done.stderr
    assert "tensorflow" not in done.stderr
    defined = set(
        re.findall(
            r"(?s)DEFINE_\w+\(\s*\"(\w+)\"",
            "".join(
                (commands.ROOT / "electra_tf" / name).read_text()
                for name in (f"commands/{program}.py", *_flag_modules(program))
            ),
        )
    )
    shown = set(re.findall(r"(?m)^  --(?:\[no\])?(\w+)$", done.stdout))
    assert shown == defined
    # Each has a sentence.
    for text in re.findall(r"(?m)^  --\S+\n((?:      .*\n?)*)", done.stdout):
        assert re.search(r"[.:]$", text.strip()), text


def _flag_modules(program: str) -> list[str]:
    names = {
        "prepare": ["build/build_flags.py"],
        "finetune": ["finetuning/column_flags.py"],
        "evaluate": ["zero_shot/evaluation_flags.py"],
    }
    return names.get(program, [])


@pytest.mark.slow
def test_required_flags_come_first_and_those_of_the_docstring_next():
    page = commands.run("finetune", "--help").stdout
    required, rest = page.split("Required flags:")[1].split("Common flags:")
    common, advanced = rest.split("Advanced flags:")
    assert re.findall(r"(?m)^  --(\w+)$", required) == [
        "model",
        "output",
        "task",
        "train",
    ]
    assert "--seeds" in common and "--placeholder" in advanced


@pytest.mark.slow
@pytest.mark.parametrize(
    ("program", "field"), [("pretrain", "model.hidden_size"), ("finetune", "dropout")]
)
def test_the_fields_of_a_configuration_can_be_listed(program, field):
    done = commands.run(program, "--help_config")
    assert done.returncode == 0, done.stderr
    assert f"--config.{field}=" in done.stdout
    if program == "pretrain":
        shown = re.findall(r"(?m)^  --config\.([\w.]+)=", done.stdout)
        assert shown == [*fields.flatten(config.Config())]


@pytest.mark.slow
def test_a_shipped_configuration_has_a_name(tmp_path):
    workdir = f"--workdir={tmp_path}"
    for given in (["--config=small"], ["--config", "configs/mini.py"]):
        done = commands.run("pretrain", *given, workdir)
        assert "config.data.directory is empty" in done.stderr
    done = commands.run("pretrain", "--config=smal", workdir)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("error: --config=smal: no such file. Did you mean small?")
    done = commands.run("pretrain", "--config=web_text", workdir)
    assert "--config must be a configuration of a training" in done.stderr


def test_programs_are_named_as_they_were_started_but_not_in_paths(monkeypatch):
    text = (
        "run python export.py or prepare.py --vocab=X; --config=my/demo.py, ../look.py"
    )
    monkeypatch.setattr(sys, "argv", ["pretrain.py"])
    assert cli.shown(text) == text
    monkeypatch.setattr(sys, "argv", ["electra-tf pretrain", "--x=a b"])
    assert cli.shown(text) == (
        "run electra-tf export or electra-tf prepare --vocab=X; --config=my/demo.py, "
        "../look.py"
    )
    assert cli.command_line(sys.argv) == "electra-tf pretrain '--x=a b'"
    assert cli.command_line(["my dir/look.py", "-x"]) == "'my dir/look.py' -x"
