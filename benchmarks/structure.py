"""Size and shape of the package: what each program reads, and how its rooms stand.

python -m benchmarks.structure [--output=JSON]

Files, lines and lines of code (without comments, docstrings and blank lines) are
counted over a file and all of the project that it reaches by following imports at
module level: what a person reads to follow it. A program, and a module of flags, import
what every call needs at the beginning of its functions, so that --help is fast: that
counts as module level. A second set of columns follows deferred imports too, those
inside functions and conditions. The `__init__.py` of
packages are not counted: they hold a docstring alone.

A room is an item directly below `electra_tf/`: a package or a single module. Floors are
the rooms on the longest chain of imports from room to room.
"""

import argparse
import ast
import collections
import dataclasses
import functools
import io
import itertools
import json
import pathlib
import tokenize
from collections.abc import Iterable, Mapping

from electra_tf import cli, console

ROOT = pathlib.Path(__file__).parent.parent
PACKAGES = ("electra_tf", "configs", "sample_corpus")
STARTS = (
    *(f"electra_tf/commands/{program}.py" for program in cli.PROGRAMS),
    "electra_tf/pretraining/step.py",
    "electra_tf/model/masking.py",
)
REPEATED_LINES = 10
NO_CODE = frozenset(
    {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    }
)


@dataclasses.dataclass(frozen=True)
class Size:
    """Size of a set of files."""

    files: int
    lines: int
    code: int
    """Lines without comments, docstrings and blank lines."""


@dataclasses.dataclass(frozen=True)
class Reach:
    """What is reached from one file."""

    direct: Size
    """Counts by imports at module level."""
    deferred: Size
    """Counts by all imports, deferred ones included."""


@dataclasses.dataclass(frozen=True)
class Repetition:
    """A run of equal lines in two places."""

    lines: int
    first: str
    """FILE:LINE of its first line."""
    second: str


@dataclasses.dataclass(frozen=True)
class Structure:
    """All measurements of a tree."""

    reached: dict[str, Reach]
    """Reach by the file that the imports are followed from."""
    rooms: dict[str, float]
    """Each room's share of the lines of `electra_tf`, largest first."""
    floors: list[str]
    """The longest chain of rooms, each of which imports the next."""
    longest_file: str
    longest_file_lines: int
    repetitions: list[Repetition]


class Tree:
    """The Python files of a project and their imports.

    Args:
        root: directory that holds the packages.
    """

    def __init__(self, root: pathlib.Path) -> None:
        self.root = root

    @functools.cached_property
    def files(self) -> list[pathlib.Path]:
        """All Python files of the project outside tests, sorted."""
        paths = list(self.root.glob("*.py"))
        for directory in (*PACKAGES, "benchmarks", "docs"):
            paths += (self.root / directory).rglob("*.py")
        return sorted(path.relative_to(self.root) for path in paths)

    def text(self, path: pathlib.Path) -> str:
        """Content of one file."""
        return (self.root / path).read_text()

    @functools.cache  # noqa: B019
    def imports(self, path: pathlib.Path, deferred: bool) -> frozenset[pathlib.Path]:
        """Files of the project that a file imports.

        Args:
            path: the file.
            deferred: whether imports inside functions and conditions count.
        """
        tree = ast.parse(self.text(path))
        names: set[str] = set()
        direct = list(tree.body)
        is_program = path.parent.name == "commands"
        if is_program or path.stem.endswith("_flags"):
            for part in tree.body:
                direct += part.body if isinstance(part, ast.FunctionDef) else []
        for node in ast.walk(tree) if deferred else direct:
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                # `from a import b` reads a, and a.b where that is a module.
                names |= {f"{node.module}.{alias.name}" for alias in node.names}
                names.add(node.module)
        found = set()
        for name in names:
            if name.partition(".")[0] in PACKAGES:
                file = pathlib.Path(*name.split(".")).with_suffix(".py")
                if (self.root / file).is_file():
                    found.add(file)
        return frozenset(found)

    def reached(self, start: pathlib.Path, deferred: bool) -> set[pathlib.Path]:
        """A file and all that it imports, directly or through others."""
        seen, todo = {start}, [start]
        while todo:
            new = self.imports(todo.pop(), deferred) - seen
            seen |= new
            todo += new
        return seen

    def size(self, paths: Iterable[pathlib.Path]) -> Size:
        """Files, lines and lines of code of a set of files."""
        texts = [self.text(path) for path in paths]
        lines = sum(len(text.splitlines()) for text in texts)
        return Size(len(texts), lines, sum(map(code_lines, texts)))

    def rooms(self) -> dict[str, float]:
        """Each room's share of the lines of the package, largest first."""
        lines: collections.Counter[str] = collections.Counter()
        for path in self.files:
            if path.parts[0] == "electra_tf" and len(path.parts) > 1:
                lines[room(path)] += len(self.text(path).splitlines())
        total = lines.total()
        return {name: count / total for name, count in lines.most_common()}

    def room_imports(self) -> dict[str, set[str]]:
        """Rooms that each room imports, deferred imports included."""
        graph: dict[str, set[str]] = collections.defaultdict(set)
        for path in self.files:
            if path.parts[0] == "electra_tf":
                others = {
                    room(other)
                    for other in self.imports(path, True)
                    if other.parts[0] == "electra_tf"
                }
                graph[room(path)] |= others - {room(path), "__init__"}
        return graph

    def repetitions(self) -> list[Repetition]:
        """Runs of at least `REPEATED_LINES` equal lines, imports and blanks aside."""
        places: dict[tuple[str, ...], list[tuple[pathlib.Path, int]]] = (
            collections.defaultdict(list)
        )
        numbered = {path: _numbered_lines(self.text(path)) for path in self.files}
        for path, lines in numbered.items():
            for start in range(len(lines) - REPEATED_LINES + 1):
                window = lines[start : start + REPEATED_LINES]
                places[tuple(line for _, line in window)].append((path, start))
        found, covered = [], set()
        for path, start in sorted(itertools.chain.from_iterable(places.values())):
            window = numbered[path][start : start + REPEATED_LINES]
            for other, other_start in places[tuple(line for _, line in window)]:
                pair = (path, start, other, other_start)
                if (path, start) >= (other, other_start) or pair in covered:
                    continue
                length = _common(numbered[path][start:], numbered[other][other_start:])
                covered |= {
                    (path, start + i, other, other_start + i) for i in range(length)
                }
                first = f"{path}:{numbered[path][start][0]}"
                second = f"{other}:{numbered[other][other_start][0]}"
                found.append(Repetition(length, first, second))
        return found


def room(path: pathlib.Path) -> str:
    """Room of a file of `electra_tf`."""
    return path.with_suffix("").parts[1]


def code_lines(text: str) -> int:
    """Lines of a module without comments, docstrings and blank lines."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in NO_CODE:
            lines |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Expr(ast.Constant(str())):
                lines -= set(range(node.lineno, (node.end_lineno or 0) + 1))
    return len(lines)


def longest_chain(graph: Mapping[str, set[str]]) -> list[str]:
    """The longest path in a graph without circles."""

    @functools.cache
    def below(name: str) -> list[str]:
        chains = [below(other) for other in sorted(graph.get(name, ()))]
        return [name, *max(chains, key=len, default=[])]

    return max(map(below, sorted(graph)), key=len, default=[])


def measure(root: pathlib.Path = ROOT) -> Structure:
    """Measures a tree."""
    tree = Tree(root)
    reached = {
        start: Reach(*(tree.size(tree.reached(path, later)) for later in (False, True)))
        for start in STARTS
        if (path := pathlib.Path(start)) in tree.files
    }
    lengths = {
        path: len(tree.text(path).splitlines())
        for path in tree.files
        if path.parts[0] == "electra_tf"
    }
    longest = max(lengths, key=lengths.__getitem__)
    return Structure(
        reached,
        tree.rooms(),
        longest_chain(tree.room_imports()),
        str(longest),
        lengths[longest],
        tree.repetitions(),
    )


def _numbered_lines(text: str) -> list[tuple[int, str]]:
    """Lines of a module with their numbers, without blank lines and imports."""
    imported: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            imported |= set(range(node.lineno, (node.end_lineno or 0) + 1))
    return [
        (number, line.rstrip())
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and number not in imported
    ]


def _common(left: list[tuple[int, str]], right: list[tuple[int, str]]) -> int:
    """Length of the common beginning of two lists of lines."""
    equal = itertools.takewhile(lambda pair: pair[0][1] == pair[1][1], zip(left, right))
    return sum(1 for _ in equal)


def report(structure: Structure) -> str:
    """The measurements as text."""
    header = ["from", *("files", "lines", "code") * 2]
    rows = [
        [start, *map(str, (*dataclasses.astuple(reach.direct), *deferred))]
        for start, reach in structure.reached.items()
        for deferred in [dataclasses.astuple(reach.deferred)]
    ]
    rooms = [f"{name} {share:.1%}" for name, share in structure.rooms.items()]
    repetitions = [
        f"  {run.lines} lines: {run.first} and {run.second}"
        for run in structure.repetitions
    ]
    return "\n".join(
        [
            "Reached by imports at module level, and by all imports:",
            console.aligned([header, *rows], "lr"),
            "",
            f"Rooms: {', '.join(rooms)}",
            f"Floors: {len(structure.floors)} ({' > '.join(structure.floors)})",
            f"Longest file: {structure.longest_file}, "
            f"{structure.longest_file_lines} lines",
            f"Runs of {REPEATED_LINES} equal lines in two places: "
            f"{len(structure.repetitions)}",
            *repetitions,
        ]
    )


def main() -> None:
    """Prints the measurements of this tree."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--output", default="", help="JSON file for the numbers.")
    options = parser.parse_args()
    structure = measure()
    print(report(structure))
    if options.output:
        content = json.dumps(dataclasses.asdict(structure), indent=2)
        pathlib.Path(options.output).write_text(f"{content}\n")


if __name__ == "__main__":
    main()
