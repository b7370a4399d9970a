"""What --help and --help_config print, and the answer to an unknown field."""

import ast
import dataclasses
import difflib
import enum
import inspect
import re
import shutil
import sys
import textwrap
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from absl import flags

from electra_tf import fields

HELP = frozenset({"--help", "-help", "-h", "--helpshort", "-helpshort"})
HELP_CONFIG = frozenset({"--help_config", "-help_config"})
_HEADINGS = ("Required", "Common", "Advanced")


def of_program(program: ModuleType) -> str:
    """The docstring of a program and its flags in three groups.

    A flag is common if the docstring shows it, advanced if not.
    """
    page = (program.__doc__ or "").strip()
    groups: dict[str, list[flags.Flag]] = {heading: [] for heading in _HEADINGS}
    for flag in _own_flags():
        if flag.default is None and flag.validators:
            groups["Required"].append(flag)
        else:
            groups["Common" if f"--{flag.name}" in page else "Advanced"].append(flag)
    parts = [page]
    for heading, members in groups.items():
        if members:
            parts.append(f"{heading} flags:")
            parts += map(_described, sorted(members, key=lambda flag: flag.name))
    if "config" in flags.FLAGS:
        parts.append(
            _entry(
                "--config.FIELD=VALUE",
                "Set a field of the configuration; --help_config lists them.",
            )
        )
    parts.append(_entry("--verbosity=1", "Show tracebacks and debug messages."))
    return "\n".join(parts)


def of_config(settings: Any, prefix: str = "config") -> str:
    """The fields of a configuration: types, values and docstrings.

    Args:
        settings: a dataclass, whose fields may be dataclasses.
        prefix: path of the configuration among the flags.
    """
    documented = _docstrings(type(settings))
    entries = []
    for field in dataclasses.fields(settings):
        value, path = getattr(settings, field.name), f"{prefix}.{field.name}"
        if dataclasses.is_dataclass(value):
            entries.append(of_config(value, path))
            continue
        shown, kind = value, type(value).__name__
        if isinstance(value, enum.Enum):
            shown, kind = value.name, " | ".join(type(value).__members__)
        text = documented.get(field.name) or (inspect.getdoc(type(value)) or "")
        is_own = field.name in documented or isinstance(value, enum.Enum)
        entries.append(_entry(f"--{path}={shown}  ({kind})", text if is_own else ""))
    return "\n".join(entries)


def of_unknown_field(error: KeyError, settings: Any) -> str:
    """Names an unknown field, the nearest field, and all that `settings` has.

    Raises:
        KeyError: the error is about something else.
    """
    unknown = re.search(r"Field (\w+) not found", str(error))
    if unknown is None:
        raise error
    paths = sorted(fields.flatten(settings))
    leaves = {path.rsplit(".", 1)[-1]: path for path in paths}
    close = difflib.get_close_matches(unknown[1], leaves, n=1)
    hint = f"Did you mean config.{leaves[close[0]]}? " if close else ""
    return (
        f"--config has no field {unknown[1]!r}. {hint}The fields are: "
        f"{', '.join(paths)}."
    )


def _own_flags() -> Iterator[flags.Flag]:
    seen = set()
    for module, members in flags.FLAGS.flags_by_module_dict().items():
        for flag in members:
            # absl names the program's own module by its path.
            is_ours = module.startswith("electra_tf.") or module == sys.argv[0]
            if is_ours and "config" not in flag.name and flag.name not in seen:
                seen.add(flag.name)
                yield flag
    if "config" in flags.FLAGS:
        yield flags.FLAGS["config"]


def _described(flag: flags.Flag) -> str:
    name = f"--[no]{flag.name}" if flag.boolean else f"--{flag.name}"
    text = " ".join((flag.help or "").split())
    text = text.removesuffix("; repeat this option to specify a list of values")
    default = flag.default
    if isinstance(default, list):
        default = ",".join(map(str, default))
    if default not in (None, "", False, 0) and not dataclasses.is_dataclass(default):
        text += f" Default: {default}."
    return _entry(name, text)


def _entry(name: str, text: str) -> str:
    width = min(shutil.get_terminal_size((88, 24)).columns, 100)
    lines = textwrap.wrap(" ".join(text.split()), max(width - 6, 20))
    return "\n".join([f"  {name}", *(f"      {line}" for line in lines)])


def _docstrings(kind: type) -> dict[str, str]:
    """The string after each field of a dataclass, by the field's name."""
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(definition, ast.ClassDef)
    found = {}
    for field, after in zip(definition.body, definition.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            match after:
                case ast.Expr(ast.Constant(str(text))):
                    found[field.target.id] = text
    return found
