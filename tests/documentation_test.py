"""What documents name exists."""

import pathlib
import re

import pytest

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
        if not any(file.exists() for file in files):
            missing.append(name)
    assert not missing


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_of_a_document_lead_somewhere(path):
    targets = re.findall(r"\]\((?!https?:|#)([\w./-]+)[)#]", path.read_text())
    assert not [name for name in targets if not (path.parent / name).exists()]
