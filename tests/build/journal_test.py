"""What was committed is there after a crash, and nothing else is."""

import json
import pathlib

import pytest

from electra_tf.build import journal
from electra_tf.build.journal import Journal


def contents(directory: pathlib.Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_what_was_not_committed_is_cut_off(tmp_path, monkeypatch):
    monkeypatch.setattr(journal, "BUFFER_BYTES", 10)
    first = Journal(str(tmp_path))
    first.append("a", b"whole")
    first.commit({"done": 1})
    first.append("a", b"lost, although it is on the disk")
    first.append("b", b"and so is this")
    assert (tmp_path / "a").stat().st_size > 30
    second = Journal(str(tmp_path))
    assert second.state == {"done": 1}
    second.append("b", b"new")
    second.append("a", b", too")
    second.commit({"done": 2})
    assert (tmp_path / "a").read_bytes() == b"whole, too"
    assert (tmp_path / "b").read_bytes() == b"new"
    assert Journal(str(tmp_path)).state == {"done": 2}


def test_the_checksum_goes_on_where_it_was(tmp_path):
    pieces = [b"some", b"", b"bytes", b"more"]
    (tmp_path / "whole").mkdir()
    whole = Journal(str(tmp_path / "whole"))
    for number, piece in enumerate(pieces):
        whole.append("a", piece)
        again = Journal(str(tmp_path / "parts"))
        again.append("a", piece)
        again.commit({"done": number})
    whole.commit({"done": 3})
    notes = [
        json.loads((tmp_path / name / journal.NAME).read_text())
        for name in ("whole", "parts")
    ]
    assert notes[0] == notes[1]
    assert notes[0]["files"]["a"]["bytes"] == 13


@pytest.mark.parametrize(
    ("damage", "message"),
    [(b"who", "a lacks 2 bytes"), (b"whale", "a has other bytes"), (None, "lacks 5")],
)
def test_a_file_that_changed_is_not_continued(tmp_path, damage, message):
    first = Journal(str(tmp_path))
    first.append("a", b"whole")
    first.commit({})
    (tmp_path / "a").unlink()
    if damage is not None:
        (tmp_path / "a").write_bytes(damage)
    before = contents(tmp_path)
    with pytest.raises(ValueError, match=f"{message}.*Delete {tmp_path}"):
        Journal(str(tmp_path))
    assert contents(tmp_path) == before
