"""What a terminal would obey is shown, and everything else stays as it is."""

import html
import re
import unicodedata

import markdown
import pytest

from electra_tf import console
from electra_tf.console import aligned, printable


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
