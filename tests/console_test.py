"""What a terminal would obey is shown, and everything else stays as it is."""

import html
import os
import pathlib
import re
import subprocess
import sys
import unicodedata

import markdown
import pytest

from electra_tf import console
from electra_tf.console import aligned, printable

ROOT = pathlib.Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", r"\x1b[31mred"),
        ("ok\rno", r"ok\rno"),
        ("bell\x07", r"bell\x07"),
        ("a\x9b31m", r"a\x9b31m"),  # CSI as one character of C1.
        ("\x7f", r"\x7f"),
        ("abc\u202etxt.exe", r"abc\u202etxt.exe"),
        ("\u2066a\u2069", r"\u2066a\u2069"),
        ("two\u2028lines", r"two\u2028lines"),
        ("in\u200bvisible", r"in\u200bvisible"),
        ("half \ud83d", r"half \ud83d"),
        ("line\nline\t", r"line\nline\t"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_what_a_terminal_obeys_is_escaped(text, shown):
    assert printable(text) == shown
    assert printable(text).isprintable()


def test_letters_of_all_scripts_and_signs_stay():
    text = "año Ωμέγα русский עברית العربية 漢字 한글 👩 € \\x1b a\u0301 \xa0|"
    assert printable(text) == text


def test_newlines_of_a_table_can_be_kept():
    assert printable("a\n\x1bb\rc\n", keep="\n") == "a\n\\x1bb\\rc\n"


def test_no_control_or_format_character_is_left_out():
    for number in range(0x110000):
        character = chr(number)
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
            assert printable(character).isascii(), hex(number)


@pytest.mark.parametrize(
    "name",
    [
        "a|b*c_##",
        "B-PER",
        "**bold** _it_ `code` [link](x) ![image](y)",
        "<script>alert(1)</script> &amp; &lt;",
        "1. # ~x~ \\ \\| {} + - !",
        "two\nlines | and \x1b[31m",
    ],
)
def test_a_name_stays_what_it_is_in_a_table_of_markdown(name):
    table = f"| {console.markdown(name)} | b |\n| -- | -- |\n| 1 | 2 |"
    rendered = markdown.markdown(table, extensions=["markdown.extensions.tables"])
    first, second = re.findall("<th>(.*)</th>", rendered)
    assert html.unescape(first) == printable(name) and second == "b"
    assert "<" not in first


def test_columns_are_aligned():
    rows = [("a", "1", "x"), ("bcd", "23", "")]
    assert aligned(rows, "lrl").splitlines() == ["a     1  x", "bcd  23"]


def test_a_cell_can_not_break_its_row():
    rows = [("a\x1b[2J", "1"), ("b\nc", "2")]
    assert aligned(rows, "lr").splitlines() == ["a\\x1b[2J  1", "b\\nc      2"]


def test_notes_of_foreign_code_are_dropped_unless_it_fails(capfd):
    with console.quiet_stderr():
        os.write(2, b"a note\n")
    os.write(2, b"ours\n")
    with pytest.raises(ImportError), console.quiet_stderr():
        os.write(2, b"a reason\n")
        raise ImportError
    assert capfd.readouterr().err == "ours\na reason\n"


@pytest.mark.slow
def test_a_command_shows_no_lines_of_tensorflow(tmp_path):
    command = [sys.executable, ROOT / "pretrain.py", "--config=small"]
    command += [f"--workdir={tmp_path / 'run'}"]
    quiet, verbose = (
        subprocess.run([*command, *more], capture_output=True, text=True).stderr
        for more in ([], ["--verbosity=1"])
    )
    lines = quiet.splitlines()
    assert [line.split("]")[0].split()[-1].split(":")[0] for line in lines[:-1]] == [
        "strategy.py"
    ]
    assert lines[-1].startswith("error: config.data.directory is empty")
    assert "oneDNN" in verbose and "Traceback of the error" in verbose
