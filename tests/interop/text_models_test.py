"""Signatures from a Hugging Face directory are those of the SavedModel."""

import shutil

import numpy as np
import pytest
import tensorflow as tf

from electra_tf.interop import export, text_models
from tests import commands
from tests.interop import models

TEXTS = tf.constant(["w1 w1 w2", "w3"])


@pytest.fixture(scope="module")
def exported(tmp_path_factory) -> str:
    directory = tmp_path_factory.mktemp("exported")
    workdir = models.trained_run(directory)
    export.export(
        workdir.path, str(directory / "export"), ["saved_model", "huggingface"]
    )
    return str(directory / "export")


def test_a_discriminator_alone_judges_as_the_saved_model(exported):
    ours = text_models.load(f"{exported}/huggingface/discriminator", "detect")
    theirs = text_models.load(exported, "detect", "fill_mask")
    for name in ("detect", "embed"):
        found, wanted = ours[name](text=TEXTS), theirs[name](text=TEXTS)
        assert found.keys() == wanted.keys()
        for key, value in wanted.items():
            if value.dtype == tf.float32:
                np.testing.assert_allclose(found[key], value, atol=1e-5, err_msg=key)
            else:
                np.testing.assert_array_equal(found[key], value, err_msg=key)
    assert "fill_mask" not in ours
    with pytest.raises(ValueError, match="without its generator, which fill_mask"):
        text_models.load(f"{exported}/huggingface", "detect", "fill_mask")


@pytest.mark.slow
def test_commands_take_a_hugging_face_directory(exported, tmp_path):
    shutil.copytree(f"{exported}/huggingface/discriminator", tmp_path / "model")
    tables = []
    for model in (exported, str(tmp_path / "model")):
        done = commands.run("demo", f"--model={model}", "--text=w1 w1 w2")
        assert done.returncode == 0, done.stderr[-3000:]
        tables.append(done.stdout)
    assert tables[0] == tables[1] and "w2" in tables[0]
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("good\tbad\nw1 w1 w1\tw1 w2 w1\n")
    done = commands.run("evaluate", f"--model={tmp_path}/model", f"--pairs={pairs}")
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Share of 1 pairs" in done.stdout
