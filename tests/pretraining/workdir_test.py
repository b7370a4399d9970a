"""A working directory of an earlier version is read, or refused with a cure."""

import json
import pathlib

import pytest

from electra_tf.pretraining.workdir import Workdir
from tests import small


def write(directory: pathlib.Path, on_corrupt: str) -> Workdir:
    fields = json.loads(small.config("shards").to_json())
    fields["data"]["on_corrupt"] = on_corrupt
    (directory / "config.json").write_text(json.dumps(fields))
    return Workdir(str(directory))


def test_a_removed_field_with_its_default_is_ignored(tmp_path):
    assert write(tmp_path, "ERROR").config() == small.config("shards")


def test_a_removed_field_with_another_value_is_an_error_with_the_cure(tmp_path):
    message = r"config\.json has data\.on_corrupt, which .*--without_damaged=DATA"
    with pytest.raises(ValueError, match=message):
        write(tmp_path, "SKIP").config()


def test_an_unknown_field_is_an_error_still(tmp_path):
    (tmp_path / "config.json").write_text('{"data": {"nothing": 1}}')
    with pytest.raises(ValueError, match=r"data\.nothing"):
        Workdir(str(tmp_path)).config()


@pytest.mark.parametrize("text", ["", "[]", '{"data": []}', "[" * 99_999])
def test_a_file_that_is_no_configuration_is_an_error(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(ValueError, match=r"config\.json: "):
        Workdir(str(tmp_path)).config()
