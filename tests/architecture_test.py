"""Rooms import only rooms before them, and entry points only what is installed."""

import ast
import pathlib
import re
import sys
from collections.abc import Iterable

import pytest

from benchmarks import structure
from electra_tf import cli

ROOT = pathlib.Path(__file__).parent.parent
ORDER = (
    "batch",
    "quantities",
    "console",
    "signals",
    "choices",
    "config",
    "model",
    "fields",
    "validation",
    "files",
    "directories",
    "failures",
    "progress",
    "lock",
    "labelled",
    "usage",
    "shipped",
    "cli",
    "text",
    "shards",
    "corpus",
    "build",
    "inspection",
    "training",
    "pretraining",
    "interop",
    "zero_shot",
    "finetuning",
    "page",
    "commands",
    "__main__",
)
ROOMS = sorted(
    ""
    if path.parent == ROOT / "electra_tf"
    else str(path.parent.relative_to(ROOT / "electra_tf"))
    for path in (ROOT / "electra_tf").rglob("__init__.py")
)


def room(module: str) -> str:
    return module.split(".")[1]


def all_imports(nodes: Iterable[ast.AST]) -> set[str]:
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def imports(path: pathlib.Path) -> set[str]:
    """Modules of the project that a file imports."""
    found = all_imports(ast.walk(ast.parse(path.read_text())))
    return {name for name in found if name.startswith("electra_tf.")}


def others(name: str, in_functions: bool = False) -> set[str]:
    """Packages that are imported with a module, by all that it imports.

    Args:
        name: of a module.
        in_functions: whether to follow what a program imports in its functions,
            once the flags are known to be right.
    """
    seen, found, todo = {name}, set(), {name}
    while todo:
        path = ROOT / f"{todo.pop().replace('.', '/')}.py"
        body = ast.parse(path.read_text()).body
        is_program = path.parent.name == "commands"
        if in_functions and (is_program or path.stem.endswith("_flags")):
            body += [
                node for function in body for node in getattr(function, "body", [])
            ]
        for module in all_imports(body):
            if not module.startswith("electra_tf."):
                found.add(module.partition(".")[0])
                continue
            if not (ROOT / f"{module.replace('.', '/')}.py").exists():
                module = module.rpartition(".")[0]  # A name in a module.
            todo |= {module} - seen
            seen.add(module)
    return found - sys.stdlib_module_names - {"electra_tf"}


@pytest.mark.parametrize(
    "path", sorted((ROOT / "electra_tf").rglob("*.py")), ids=lambda path: path.stem
)
def test_imports_point_one_way(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    if parts == ("electra_tf", "__init__"):
        # For type checkers, and in `load`, which is there to import it late.
        assert imports(path) == {"electra_tf.interop.loaded_model.LoadedModel"}
        return
    own = ORDER.index(parts[1])
    for module in imports(path):
        assert ORDER.index(room(module)) <= own, f"{path.name} imports {module}"


@pytest.mark.parametrize(
    "path",
    sorted((ROOT / "electra_tf/model").rglob("*.py")),
    ids=lambda path: path.stem,
)
def test_the_model_knows_its_sizes_and_its_batch_alone(path):
    assert {room(module) for module in imports(path)} <= {"batch", "config", "model"}


def test_the_package_does_not_know_the_generated_corpus():
    for path in (ROOT / "electra_tf").rglob("*.py"):
        assert "sample_corpus" not in path.read_text(), path


def modules(name: str) -> list[str]:
    paths = (ROOT / "electra_tf" / name).glob("*.py")
    return sorted(path.stem for path in paths if path.stem != "__init__")


def docstring(name: str) -> str:
    path = ROOT / "electra_tf" / name / "__init__.py"
    return ast.get_docstring(ast.parse(path.read_text())) or ""


@pytest.mark.parametrize("name", ROOMS)
def test_a_room_lists_its_modules(name):
    words = set(re.findall(r"\w+", docstring(name)))
    assert not [module for module in modules(name) if module not in words]


@pytest.mark.parametrize("name", ROOMS)
def test_a_module_has_a_test_of_its_name_or_its_room_says_where_it_is_tested(name):
    directory = ROOT / "tests" / name
    _, _, tested_in = docstring(name).partition("Tested in")
    words = set(re.findall(r"\w+", tested_in))
    for module in modules(name):
        assert (directory / f"{module}_test.py").exists() or module in words, module
    for file in re.findall(r"[\w/]+_test\b(?:\.py)?", tested_in):
        file = file.removesuffix(".py") + ".py"
        places = (directory, ROOT / "tests", ROOT)
        assert any((place / file).exists() for place in places), file


def test_kernels_are_imported_as_whole_modules():
    """So that their page, the docstring of the package, tells what each call is."""
    package = ROOT / "electra_tf/model/kernels"
    names = {path.stem for path in package.glob("*.py")} - {"__init__"}
    page = ast.get_docstring(ast.parse((package / "__init__.py").read_text()))
    assert page is not None and all(f"\n{name} " in page for name in names)
    allowed = {f"electra_tf.model.kernels.{name}" for name in names}
    for folder in ("electra_tf", "benchmarks"):
        for path in (ROOT / folder).rglob("*.py"):
            used = {name for name in imports(path) if ".kernels" in name}
            assert used <= allowed, path


@pytest.mark.parametrize("name", cli.PROGRAMS)
def test_a_program_fits_on_a_screen(name):
    path = ROOT / "electra_tf/commands" / f"{name}.py"
    assert len(path.read_text().splitlines()) <= 80
    assert (
        f"from electra_tf.commands.{name} import main"
        in (ROOT / f"{name}.py").read_text()
    )


@pytest.fixture(scope="module")
def measured() -> structure.Structure:
    return structure.measure()


# All at their goals but pretrain.py, which is to come to 4,000 lines of code.
@pytest.mark.parametrize(
    "start, lines, code",
    [
        ("electra_tf/commands/pretrain.py", None, 4_460),
        ("electra_tf/commands/prepare.py", None, 5_000),
        ("electra_tf/pretraining/step.py", 2_700, None),
    ],
)
def test_what_a_program_reaches_can_be_read(measured, start, lines, code):
    size = measured.reached[start].direct
    assert lines is None or size.lines <= lines
    assert code is None or size.code <= code


def test_no_room_outgrows_the_others(measured):
    assert max(measured.rooms.values()) <= 0.15, measured.rooms


def test_no_module_is_longer_than_it_is_readable(measured):
    assert measured.longest_file_lines <= 300, measured.longest_file


def test_no_ten_lines_stand_in_two_places(measured):
    assert not measured.repetitions


@pytest.mark.parametrize(
    "name", [*(f"commands.{name}" for name in cli.PROGRAMS), "build.beam"]
)
def test_a_wrong_flag_is_told_before_tensorflow_is_imported(name):
    imported = others(f"electra_tf.{name}")
    assert "absl" in imported and not imported & {"tensorflow", "keras", "pydantic"}


@pytest.mark.parametrize("name", ["pretrain", "evaluate", "finetune"])
def test_a_tpu_vm_has_what_is_imported_there(name):
    lines = (ROOT / "requirements-tpu.txt").read_text().splitlines()
    # The first line adds tensorflow-text.
    listed = {"tensorflow", "tensorflow_text"} | {
        re.split(r"[^\w-]", line)[0].replace("-", "_").lower() for line in lines
    }
    names = {"absl": "absl_py", "sklearn": "scikit_learn"}
    imported = {
        names.get(package, package).lower()
        for package in others(f"electra_tf.commands.{name}", True)
    }
    assert "keras" in imported and not imported - listed
