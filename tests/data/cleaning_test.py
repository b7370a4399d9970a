"""A line that was seen before is removed, and counted."""

from electra_tf.data import formats
from electra_tf.data.cleaning import DuplicateLines, without_duplicates
from electra_tf.data.formats import Block
from electra_tf.data.manifest import Counts

LONG = "Esta línea tiene más de veinte caracteres."


def test_a_long_line_is_kept_once_over_all_blocks_and_short_ones_always():
    duplicates, counts = DuplicateLines(), Counts()

    def kept(text: str) -> list[list[str]]:
        block = duplicates.mark(Block(text.encode(), 0))
        documents, _ = formats.read(block)
        documents = without_duplicates(documents, block.duplicates, counts)
        return [document.lines for document in documents]

    assert kept(f"{LONG}\nSí.\n\n  {LONG} \nSí.") == [[LONG, "Sí."], ["Sí."]]
    assert counts.lines_dropped == {"duplicate": 1}
    assert kept(f"{LONG}\n\nSí.") == [["Sí."]]
    assert counts.lines_dropped == {"duplicate": 2}
    assert counts.documents_dropped == {"only duplicate lines": 1}
