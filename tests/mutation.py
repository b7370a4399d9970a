"""Changes a module in many small ways and runs the tests that guard it on each.

python -m tests.mutation electra_tf/model/masking.py
python -m tests.mutation all --sample=400

A mutant has one expression or statement changed. Mutants that no test notices are
printed: a test is missing there, or the change has no effect. The working tree is not
touched, for mutants are tested in a copy of it. TensorFlow is imported once, by the
process that is forked for each mutant.
"""

import argparse
import ast
import collections
import importlib
import itertools
import math
import os
import pathlib
import random
import resource
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from typing import NamedTuple

ROOT = pathlib.Path(__file__).parent.parent
MODEL = ("tests/model/dropout_test.py", "tests/model/electra_test.py")
FUSED = ("tests/model/kernels/fused_test.py", *MODEL)
EMBEDDINGS = (*MODEL, "tests/model/embeddings_test.py")
GOLDEN = ("tests/model/golden_test.py",)
GUARDS: dict[str, tuple[str, ...]] = {
    "electra_tf/model/discriminator.py": EMBEDDINGS,
    "electra_tf/model/dropout.py": FUSED,
    "electra_tf/model/electra.py": EMBEDDINGS,
    "electra_tf/model/embeddings.py": EMBEDDINGS,
    "electra_tf/model/encoder.py": (
        *MODEL,
        *GOLDEN,
        "tests/model/rematerialization_test.py",
    ),
    "electra_tf/model/kernels/expressions.py": FUSED,
    "electra_tf/model/kernels/fused.py": FUSED,
    "electra_tf/model/generator.py": (*GOLDEN, *MODEL),
    "electra_tf/model/kernels/grouped_softmax.py": (
        "tests/model/kernels/grouped_softmax_test.py",
    ),
    "electra_tf/model/initialization.py": EMBEDDINGS,
    "electra_tf/model/masking.py": ("tests/model/masking_test.py", *GOLDEN),
    "electra_tf/model/kernels/random_bits.py": (
        "tests/model/dropout_test.py",
        "tests/model/kernels/random_bits_test.py",
    ),
    "electra_tf/model/rematerialization.py": ("tests/model/rematerialization_test.py",),
    "electra_tf/pretraining/step.py": (
        "tests/pretraining/seeds_test.py",
        "tests/pretraining/step_test.py",
        "tests/pretraining/golden_test.py::test_five_whole_steps[JitCompile.OFF]",
    ),
    "electra_tf/pretraining/losses.py": ("tests/pretraining/losses_test.py", *GOLDEN),
    "electra_tf/pretraining/optimizer.py": (
        "tests/pretraining/optimizer_test.py",
        "tests/pretraining/golden_test.py",
        "tests/pretraining/schedules_test.py"
        "::test_the_discriminator_has_a_rate_of_its_own",
        "--deselect=tests/pretraining/golden_test.py::test_five_whole_steps",
    ),
    "electra_tf/pretraining/metric_sums.py": (
        "tests/pretraining/metric_sums_test.py",
        "tests/pretraining/metrics_test.py",
    ),
    "electra_tf/pretraining/metrics.py": (
        "tests/pretraining/metrics_test.py",
        "tests/pretraining/summaries_test.py",
    ),
    "electra_tf/build/examples.py": ("tests/build/examples_test.py",),
    "electra_tf/shards/pipeline.py": (
        "tests/shards/pipeline_test.py",
        "tests/shards/order_test.py",
    ),
    "electra_tf/labelled/scoring.py": ("tests/labelled/scoring_test.py",),
    "electra_tf/zero_shot/scores.py": ("tests/zero_shot/scores_test.py",),
}
"""Arguments of pytest that run the fast tests of a module, by module."""

BINARY = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Add,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
COMPARISONS: dict[type, tuple[type, ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}


class Mutant(NamedTuple):
    """A module with one change."""

    line: int
    before: str
    """Source of the expression or statement that was changed."""
    after: str
    source: str
    """Source of the whole module with the change."""


def replacements(node: ast.AST) -> Iterator[ast.AST]:
    """Nodes that replace a node in its mutants."""
    match node:
        case ast.Compare(left, [operator], [right]):
            for other in COMPARISONS[type(operator)]:
                yield ast.Compare(left, [other()], [right])
        case ast.BinOp(left, operator, right) if type(operator) in BINARY:
            yield ast.BinOp(left, BINARY[type(operator)](), right)
        case ast.AugAssign(target, operator, value):
            yield ast.Pass()
            if type(operator) in BINARY:
                yield ast.AugAssign(target, BINARY[type(operator)](), value)
        case ast.UnaryOp(ast.USub() | ast.Invert() | ast.Not(), operand):
            yield operand
        case ast.BoolOp(operator, values):
            other = ast.And() if isinstance(operator, ast.Or) else ast.Or()
            yield ast.BoolOp(other, values)
        case ast.Constant(bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(int() as value):
            yield ast.Constant(value + 1)
        case ast.Constant(float() as value):
            yield ast.Constant(2 * value or 1.0)
        case ast.Call(_, [argument], []):
            yield argument  # Without the call.
        case ast.Call(function, arguments, keywords):
            for index, pair in enumerate(itertools.pairwise(arguments)):
                if have_one_shape(*pair):
                    swapped = [*arguments[:index], *pair[::-1], *arguments[index + 2 :]]
                    yield ast.Call(function, swapped, keywords)
        case ast.Assign([ast.Name(name)], value) if name in names(value):
            yield ast.Pass()  # x = f(x)
        case ast.Expr(ast.Call()):
            yield ast.Pass()


def have_one_shape(left: ast.AST, right: ast.AST) -> bool:
    """Whether two arguments are names that end in the same shape."""
    if not (isinstance(left, ast.Name) and isinstance(right, ast.Name)):
        return False
    shapes = [name.id.rsplit("_", 1)[-1] for name in (left, right)]
    return shapes[0] == shapes[1] and shapes[0].isupper()


def names(node: ast.AST) -> set[str]:
    """Variables that are read in an expression."""
    return {child.id for child in ast.walk(node) if isinstance(child, ast.Name)}


def code(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes below one that compute something: no annotations, no messages."""
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or is_message(child):
                continue
            if isinstance(child, ast.expr | ast.stmt):
                yield child
            yield from code(child)


def is_message(node: ast.AST) -> bool:
    """Whether a node is an error, an assertion, a docstring or a log line."""
    match node:
        case ast.Raise() | ast.Assert() | ast.JoinedStr():
            return True
        case ast.Expr(ast.Constant()):
            return True
        case ast.Expr(ast.Call(ast.Attribute(ast.Name("logging")))):
            return True
    return False


def mutants(source: str) -> list[Mutant]:
    """All mutants of a module, in the order of its lines."""
    starts = [0]
    for line in source.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    content, tree, found = source.encode(), ast.parse(source), []
    conditions = {
        node.test for node in ast.walk(tree) if isinstance(node, ast.If | ast.IfExp)
    }
    for node in code(tree):
        others = list(replacements(node))
        if node in conditions and not isinstance(node, ast.UnaryOp | ast.Compare):
            others.append(ast.UnaryOp(ast.Not(), node))
        begin = starts[node.lineno - 1] + node.col_offset
        end = starts[node.end_lineno - 1] + node.end_col_offset
        before = content[begin:end].decode()
        for other in others:
            after = ast.unparse(ast.fix_missing_locations(other))
            if isinstance(other, ast.expr) and not isinstance(other, ast.Constant):
                after = f"({after})"
            changed = content[:begin] + after.encode() + content[end:]
            found.append(Mutant(node.lineno, before, after, changed.decode()))
    return sorted(found)


class Workshop:
    """A copy of the working tree, whose tests run in forks of this process."""

    def __init__(self, directory: str) -> None:
        self.directory = pathlib.Path(directory)
        self.seconds = 0.0
        """Processor time of the last tests."""
        ignored = shutil.ignore_patterns("__pycache__")
        for name in ("electra_tf", "tests", "configs", "benchmarks", "sample_corpus"):
            shutil.copytree(ROOT / name, self.directory / name, ignore=ignored)
        for path in (*ROOT.glob("*.py"), ROOT / "pyproject.toml"):
            shutil.copy(path, self.directory)
        # A mutant may have the size and the time stamp of the one before it.
        sys.dont_write_bytecode = True
        # Modules that take seconds to import, none of them of the project.
        for module in ("pytest", "keras", "scipy.stats", "sklearn.metrics"):
            importlib.import_module(module)

    def passes(self, tests: Sequence[str], seconds: float) -> bool:
        """Whether all of these tests pass within a limit of processor time."""
        child = os.fork()
        if not child:
            self._test(tests, seconds)
        _, status, usage = os.wait4(child, 0)
        self.seconds = usage.ru_utime + usage.ru_stime
        return status == 0

    @property
    def log(self) -> pathlib.Path:
        """File with the output of the last tests."""
        return self.directory / "log"

    def _test(self, tests: Sequence[str], seconds: float) -> None:
        """Runs tests in this process, and exits."""
        import pytest

        limit = math.ceil(seconds)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
        resource.setrlimit(resource.RLIMIT_AS, (12 << 30, 12 << 30))
        signal.alarm(20 * limit)  # In case a test waits forever.
        log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for stream in (1, 2):
            os.dup2(log, stream)
        os.chdir(self.directory)
        # Tested modules must come from the copy, not from the working tree.
        sys.path[0] = str(self.directory)
        del sys.modules["tests"]
        options = ["-x", "-q", "-p", "no:cacheprovider", "--tb=short"]
        code = pytest.main([*options, *tests])
        sys.stdout.flush()
        os._exit(code)


def main() -> None:
    """Tests the mutants of one module, or of all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("module", choices=[*GUARDS, "all"], metavar="MODULE|all")
    parser.add_argument(
        "--sample", type=int, default=0, help="Number of mutants; 0: all."
    )
    parser.add_argument("--seed", type=int, default=0, help="Seed of the sample.")
    parser.add_argument("--lines", default="", help="Lines to change, such as 12,40.")
    parser.add_argument(
        "--list", action="store_true", help="Print the mutants and run nothing."
    )
    options = parser.parse_args()
    modules = list(GUARDS) if options.module == "all" else [options.module]
    chosen = [
        (module, mutant)
        for module in modules
        for mutant in mutants((ROOT / module).read_text())
        if not options.lines or str(mutant.line) in options.lines.split(",")
    ]
    if 0 < options.sample < len(chosen):
        places = random.Random(options.seed).sample(range(len(chosen)), options.sample)
        chosen = [chosen[place] for place in sorted(places)]
    if options.list:
        print(*(shown(*one) for one in chosen), sep="\n")
        return
    with tempfile.TemporaryDirectory() as directory:
        report(chosen, Workshop(directory))


def report(chosen: Sequence[tuple[str, Mutant]], workshop: Workshop) -> None:
    """Tests mutants; prints the survivors and, at the end, the numbers."""
    killed: dict[str, list[bool]] = collections.defaultdict(list)
    limit = 0.0
    for module, mutant in chosen:
        guards, path = GUARDS[module], workshop.directory / module
        if module not in killed:
            if not workshop.passes(guards, 600):
                sys.exit(f"{module}: tests fail as it is.\n{workshop.log.read_text()}")
            limit = 10 + 3 * workshop.seconds
        original = path.read_text()
        path.write_text(mutant.source)
        killed[module].append(not workshop.passes(guards, limit))
        path.write_text(original)
        if not killed[module][-1]:
            print("survived:", shown(module, mutant), flush=True)
    for module, results in killed.items():
        print(f"{module}: {len(results)} mutants, {sum(results)} killed")


def shown(module: str, mutant: Mutant) -> str:
    """A mutant as one line: place, old source, new source."""
    before, after = (" ".join(text.split()) for text in (mutant.before, mutant.after))
    return f"{module}:{mutant.line}: {before}  →  {after}"


if __name__ == "__main__":
    main()
