"""Rooms import only rooms before them."""

import ast
import pathlib

import pytest

ROOT = pathlib.Path(__file__).parent.parent
ORDER = (
    "config",
    "config_fields",
    "validation",
    "files",
    "lock",
    "labelled",
    "app",
    "data",
    "model",
    "training",
    "exchange",
    "zero_shot",
    "finetuning",
)


def room(module: str) -> str:
    return module.split(".")[1]


def imports(path: pathlib.Path) -> set[str]:
    """Modules of the project that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.startswith("electra_tf.")}


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
        if (lines := len(path.read_text().splitlines())) > 320
        and path.stem != "sample_tables"
    }
    assert not too_long
