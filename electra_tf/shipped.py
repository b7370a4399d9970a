"""Configurations by their names: --config=small, from any directory."""

import difflib
import pathlib
import re
from collections.abc import Iterator, Sequence


def path(name: str) -> str:
    """Path of a configuration, from its own path or its name in `configs/`.

    Raises:
        ValueError: there is none; the known names are listed.
    """
    shipped = pathlib.Path(__file__).parent / "configs"
    file = shipped / f"{pathlib.Path(name).stem}.py"
    if pathlib.Path(name).is_file():
        return name
    if name in (file.stem, file.name, f"configs/{file.name}") and file.is_file():
        return str(file)
    known = sorted(one.stem for one in shipped.glob("[a-z]*.py"))
    close = difflib.get_close_matches(file.stem, known, n=1)
    hint = f"Did you mean {close[0]}? " if close else ""
    raise ValueError(
        f"--config={name}: no such file. {hint}Known names: {', '.join(known)}."
    )


def with_paths(argv: Sequence[str]) -> Iterator[str]:
    """The arguments, with the path of a configuration in place of its name."""
    is_name = False
    for word in argv:
        match = re.fullmatch(r"(--?config=)(.+)", word)
        if match:
            yield match[1] + path(match[2])
        else:
            yield path(word) if is_name else word
        is_name = word in ("--config", "-config")
