"""A line that was seen before is removed, and counted."""

from electra_tf.data.cleaning import DuplicateLines

LONG = "Esta línea tiene más de veinte caracteres."


def test_a_long_line_is_kept_once_over_all_blocks_and_short_ones_always():
    duplicates = DuplicateLines()
    first, counts = duplicates.filter(f"{LONG}\nSí.\n\n  {LONG} \nSí.".encode())
    assert first.decode() == f"{LONG}\nSí.\n\nSí."
    assert counts.lines_dropped == {"duplicate": 1}
    second, counts = duplicates.filter(f"{LONG}\n\nSí.".encode())
    assert second.decode().split() == ["Sí."]
    assert counts.documents_dropped == {"only duplicate lines": 1}


def test_invalid_utf8_is_counted_before_it_is_replaced():
    data, counts = DuplicateLines().filter(b"a\xf1o")
    assert data.decode() == "a\ufffdo"
    assert counts.invalid_utf8 == 1
