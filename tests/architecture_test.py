"""Rooms import only rooms before them, and entry points only what is installed."""

import ast
import pathlib
import re
import sys
from collections.abc import Iterable

import pytest

ROOT = pathlib.Path(__file__).parent.parent
ORDER = (
    "batch",
    "console",
    "signals",
    "config",
    "fields",
    "validation",
    "deletion",
    "files",
    "failures",
    "progress",
    "text_table",
    "lock",
    "labelled",
    "cli",
    "text",
    "model",
    "shards",
    "corpus",
    "build",
    "inspection",
    "pretraining",
    "interop",
    "zero_shot",
    "finetuning",
    "page",
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


def others(name: str) -> set[str]:
    """Packages that are imported when an entry point is, by all that it imports."""
    seen, found, todo = {name}, set(), {name}
    while todo:
        path = ROOT / f"{todo.pop().replace('.', '/')}.py"
        for module in all_imports(ast.parse(path.read_text()).body):
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
        assert not imports(path)
        return
    own = ORDER.index(parts[1])
    for module in imports(path):
        assert ORDER.index(room(module)) <= own, f"{path.name} imports {module}"


@pytest.mark.parametrize(
    "name", ["pretrain", "prepare", "look", "evaluate", "finetune", "export", "demo"]
)
def test_an_entry_point_fits_on_a_screen(name):
    assert len((ROOT / f"{name}.py").read_text().splitlines()) < 80


def test_no_module_is_longer_than_it_is_readable():
    too_long = {
        path.name: lines
        for path in (ROOT / "electra_tf").rglob("*.py")
        # 300 lines of code; the tables of the generated corpus are data.
        if (lines := len(path.read_text().splitlines())) > 320 and path.stem != "tables"
    }
    assert not too_long


def test_a_wrong_flag_is_told_before_tensorflow_is_imported():
    imported = others("electra_tf.cli")
    assert "absl" in imported and not imported & {"tensorflow", "keras", "pydantic"}


@pytest.mark.parametrize("name", ["pretrain", "evaluate", "finetune"])
def test_a_tpu_vm_has_what_is_imported_there(name):
    lines = (ROOT / "requirements-tpu.txt").read_text().splitlines()
    # The first line adds tensorflow-text.
    listed = {"tensorflow", "tensorflow_text"} | {
        re.split(r"[^\w-]", line)[0].replace("-", "_").lower() for line in lines
    }
    names = {"absl": "absl_py", "sklearn": "scikit_learn"}
    imported = {names.get(package, package).lower() for package in others(name)}
    assert "keras" in imported and not imported - listed
