"""Decisions that are made in one place: no other module makes them for itself."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parent.parent


@pytest.mark.parametrize(
    ("what", "pattern", "homes"),
    [
        ("lock of a directory", r"\bfcntl\b", {"lock"}),
        # The builds hash what they write while they write it, the rest are texts.
        (
            "SHA-256 of a file",
            r"hashlib\.(sha256|file_digest)",
            {"files", "build/journal", "build/shuffling", "build/output"}
            | {"text/vocabulary", "finetuning/plan"},
        ),
        ("scheme of a path", r"""["'\w]://["']|\\w\+\)?://""", {"files"}),
        ("quotient of two counts", r"def _?ratio\(", {"quantities"}),
        ("seconds as text", r"divmod\([^)]*seconds", {"quantities"}),
    ],
)
def test_a_decision_is_made_in_one_place(what, pattern, homes):
    found = {
        str(path.relative_to(ROOT / "electra_tf").with_suffix(""))
        for path in (ROOT / "electra_tf").rglob("*.py")
        if re.search(pattern, path.read_text())
    }
    assert found <= homes, (what, found - homes)
