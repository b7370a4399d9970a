"""What documents name exists."""

import ast
import os
import pathlib
import re
import shlex
import subprocess
import sys

import pytest

from electra_tf import fields
from electra_tf.config import Config

ROOT = pathlib.Path(__file__).parent.parent
DOCUMENTS = sorted(
    path
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("*/README.md"))
    if path.name != "CHANGELOG.md"  # Tells of what is no more.
)
OURS = r"(?:electra_tf|configs|benchmarks|docs|tests|sample_corpus)"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_paths_and_modules_that_a_document_names_exist(path):
    text = path.read_text()
    paths = re.findall(rf"(?<![\w/.-]){OURS}(?:/[\w.-]*\w)+/?", text)
    dotted = re.findall(rf"(?:-m |`){OURS}(?:\.\w+)+", text)
    modules = [one.removeprefix("-m ").removeprefix("`") for one in dotted]
    missing = [name for name in paths if not (ROOT / name).exists()]
    for name in modules:
        base = ROOT / name.replace(".", "/")
        # Also a name in a module.
        files = (base.with_suffix(".py"), base, base.parent.with_suffix(".py"))
        package = ROOT / f"{base.parent.name}/__init__.py"
        is_function = package.exists() and f"def {base.name}(" in package.read_text()
        if not is_function and not any(file.exists() for file in files):
            missing.append(name)
    assert not missing


@pytest.mark.slow
def test_the_site_has_no_broken_link_and_shows_every_field(tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"]
    done = subprocess.run(
        [*command, f"--site-dir={tmp_path}"],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    page = (tmp_path / "configuration/index.html").read_text()
    kinds = {"": "Config", "model": "ModelConfig", "data": "DataConfig"}
    kinds["masking"] = "MaskingConfig"
    for path in fields.flatten(Config()):
        owner, _, name = path.rpartition(".")
        assert f'id="electra_tf.config.{kinds[owner]}.{name}"' in page
    assert {path.stem for path in (ROOT / "docs").glob("*.md")} - {"index"} == {
        path.parent.name for path in tmp_path.glob("*/index.html")
    }


def test_the_commands_of_the_tutorial_are_those_of_make_demo():
    recipe = subprocess.run(
        ["make", "-n", "demo"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    recipe = recipe.replace(".venv/bin/python", "python").replace("\\\n", " ")
    run = [shlex.split(line) for line in recipe.splitlines() if "python" in line]
    page = (ROOT / "docs/tutorial.md").read_text().replace("\\\n", " ")
    commands = [shlex.split(line) for line in re.findall(r"(?m)^python .*$", page)]
    assert len(commands) == 6
    for command in commands:
        # What follows a command there, such as `> eval.txt`, is not of the tutorial.
        assert any(line[: len(command)] == command for line in run), command


def test_messages_that_can_be_looked_up_are_written_and_provoked():
    page = (ROOT / "docs/troubleshooting.md").read_text()
    fragments = re.findall(r"(?m)^\| `(.+?)` \|", page)
    assert len(fragments) > 20
    written, expected = strings("electra_tf"), strings("tests")
    assert not [one for one in fragments if one not in written]
    assert not [one for one in fragments if one.strip() not in expected]


def strings(folder: str) -> str:
    """All strings in the code of a folder, adjacent parts joined."""
    nodes = [
        node
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
    ]
    return "\n".join(
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def test_the_readme_is_short_and_its_contents_are_its_headings():
    lines = (ROOT / "README.md").read_text().splitlines()
    assert len(lines) <= 200
    links = [line[3 : line.index("]")] for line in lines if line.startswith("- [")]
    headings = [line[3:] for line in lines if line.startswith("## ")]
    assert links == [name for name in headings if name != "What it is"]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_of_a_document_lead_somewhere(path):
    targets = re.findall(r"\]\((?!https?:|#)([\w./-]+)[)#]", path.read_text())
    assert not [name for name in targets if not (path.parent / name).exists()]
