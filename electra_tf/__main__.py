"""electra-tf PROGRAM: the programs of the project, from any directory."""

import ast
import difflib
import importlib
import pathlib
import sys

import electra_tf
from electra_tf import cli


def main() -> None:
    """Starts the program that the first argument names."""
    name = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if name in ("--help", "-h"):
        cli.leave(_page(), 0)
    if name == "--version":
        cli.leave(electra_tf.__version__, 0)
    if name not in cli.PROGRAMS:
        close = difflib.get_close_matches(name, cli.PROGRAMS, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        cli.stop(f"{cli.COMMAND} has no program {name!r}.{hint} --help lists them.")
    sys.argv[:2] = [f"{cli.COMMAND} {name}"]
    cli.run(importlib.import_module(f"electra_tf.commands.{name}").main)


def _page() -> str:
    lines = [f"usage: {cli.COMMAND} PROGRAM [--help] [FLAGS]", ""]
    directory = pathlib.Path(__file__).parent / "commands"
    for name in cli.PROGRAMS:
        # Read, not imported: an import would define the flags of all.
        module = ast.parse((directory / f"{name}.py").read_text("utf-8"))
        first = (ast.get_docstring(module) or "").partition("\n")[0]
        lines.append(f"  {name:9} {first}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
