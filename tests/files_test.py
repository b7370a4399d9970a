"""What people read of errors, and what is left of an interrupted write."""

import pathlib

import pytest
import tensorflow as tf

from electra_tf import directories, files


@tf.function
def in_a_graph(path):
    return tf.io.read_file(path)


@pytest.mark.parametrize(
    "fail",
    [
        tf.io.read_file,
        in_a_graph,
        lambda path: tf.io.gfile.GFile(path).read(),
        lambda path: tf.summary.create_file_writer(f"{path}/x").init(),
    ],
)
def test_a_reason_is_free_of_tensorflow_s_insides(fail):
    path = "/proc/none"
    with pytest.raises(tf.errors.NotFoundError) as caught:
        fail(path)
    reason = files.reason(caught.value)
    assert reason.startswith(path) and reason.endswith("; No such file or directory")


def test_a_reason_of_python_s_is_its_own():
    with pytest.raises(OSError) as caught:
        pathlib.Path("/none").read_text()
    assert files.reason(caught.value) == str(caught.value)


def test_a_directory_that_was_not_finished_leaves_the_old_one(tmp_path):
    path = tmp_path / "made"
    with directories.whole(str(path)) as temporary:
        files.write(f"{temporary}/text", "old")
    with (
        pytest.raises(KeyError),
        directories.whole(str(path), ["text"]) as temporary,
    ):
        files.write(f"{temporary}/text", "new")
        raise KeyError
    assert files.read(str(path / "text")) == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_directory_is_replaced_only_where_all_in_it_may_be(tmp_path):
    path = tmp_path / "made"

    def make(text: str, *replaceable: str) -> None:
        with directories.whole(str(path), replaceable or None) as temporary:
            files.write(f"{temporary}/text", text)

    make("old")
    with pytest.raises(ValueError, match="has appeared meanwhile"):
        make("new")
    make("new", "text")
    assert files.read(str(path / "text")) == "new"
    (path / "precious").write_text("mine")
    with pytest.raises(ValueError, match=r"did not make \(precious\)"):
        make("newest", "text")
    assert files.read(str(path / "text")) == "new"
    assert files.read(str(path / "precious")) == "mine"
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_written_is_synced_before_it_has_its_name(tmp_path, monkeypatch):
    done = []
    monkeypatch.setattr(files, "sync", lambda path: done.append(("sync", path)))
    rename = tf.io.gfile.rename
    monkeypatch.setattr(
        tf.io.gfile,
        "rename",
        lambda *paths, **options: (done.append(("rename", *paths)), rename(*paths)),
    )
    path = str(tmp_path / "file")
    files.write(path, "text")
    assert done == [
        ("sync", f"{path}.tmp"),
        ("rename", f"{path}.tmp", path),
        ("sync", str(tmp_path)),
    ]
