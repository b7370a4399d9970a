"""A run goes on only where it says the same again."""

import pytest

from electra_tf import files
from electra_tf.finetuning import notes

SAID = {"examples": {"train": "90 a", "dev": "10 b"}, "config": notes._DEFAULTS}


def test_a_run_of_an_older_version_is_told_why_its_parts_are_others(tmp_path):
    path = str(tmp_path / "config.json")
    older = {name: notes._DEFAULTS[name] for name in ("num_epochs", "batch_size")}
    parts = {"train": "90 c", "dev": "10 d"}
    files.write_json(path, {"examples": parts, "config": older})
    with pytest.raises(
        ValueError, match="another examples.dev: 10 d, not 10 b .* olde"
    ):
        notes.agree(path, SAID, {})
    # With a dev file of its own nothing has changed.
    files.write_json(path, SAID | {"config": older})
    notes.agree(path, SAID, {})
    # In a run of this version they are other files.
    files.write_json(path, SAID | {"examples": parts})
    with pytest.raises(ValueError, match=r"or --overwrite\.$"):
        notes.agree(path, SAID, {})
