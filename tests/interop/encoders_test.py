"""Encoders are found in runs and exports, and known by their weights."""

import json
import shutil

import numpy as np
import pytest

from electra_tf.config import Precision
from electra_tf.interop import encoders, huggingface
from electra_tf.model.electra import Electra
from electra_tf.training.checkpoints import Checkpoints
from tests import small
from tests.interop import models


@pytest.fixture(scope="module")
def network(tmp_path_factory) -> str:
    """A Hugging Face directory with random weights."""
    return models.huggingface_directory(str(tmp_path_factory.mktemp("network")))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run with two checkpoints, the second of other weights."""
    workdir = models.trained_run(tmp_path_factory.mktemp("run"))
    model = Electra(workdir.config().model, len(small.vocabulary()), seed=3)
    Checkpoints(workdir.checkpoints, model, keep=2).save(20)
    return workdir


def test_checkpoints_of_a_run_are_other_encoders(run, tmp_path):
    first, second = (encoders.find(run.path, step) for step in ("10", "latest"))
    assert (first.checkpoint, second.checkpoint) == ("10", "20")
    assert first.weights != second.weights
    shutil.copytree(run.path, tmp_path / "moved")
    assert encoders.find(str(tmp_path / "moved"), "10").weights == first.weights
    with pytest.raises(ValueError, match="has no checkpoint '15'"):
        encoders.find(run.path, "15")


def test_a_damaged_checkpoint_is_told_with_the_others(run, tmp_path):
    shutil.copytree(run.path, tmp_path / "run")
    (tmp_path / "run/checkpoints/step-20.index").write_bytes(b"damaged")
    with pytest.raises(
        ValueError, match=r"step 20 .* another by --checkpoint \(10, 20"
    ):
        encoders.find(str(tmp_path / "run"))
    for path in (tmp_path / "run/checkpoints").glob("step-*"):
        path.unlink()
    with pytest.raises(ValueError, match="has no checkpoint yet: the first one is"):
        encoders.find(str(tmp_path / "run"))


def test_an_export_has_no_checkpoints(network):
    with pytest.raises(ValueError, match="--checkpoint=10 needs a working directory"):
        encoders.find(network, "10")


def test_the_trained_length_is_that_of_the_run_or_of_the_tokenizer(
    run, network, tmp_path
):
    assert encoders.find(run.path, "10").trained_length == small.LENGTH
    # A checkpoint of an older version, without counts.
    assert encoders.find(run.path, "20").trained_length == small.LENGTH
    shutil.copytree(network, tmp_path / "network")
    vocabulary = tmp_path / "network/vocab.txt"
    pieces = vocabulary.read_text()
    vocabulary.write_text(f"{pieces}more\n")
    with pytest.raises(ValueError, match="says vocab_size=20, but vocab.txt beside it"):
        encoders.find(str(tmp_path / "network"))
    vocabulary.write_text(pieces)
    path = tmp_path / "network/tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"model_max_length": 8}))
    found = encoders.find(str(tmp_path / "network"))
    assert (encoders.find(network).trained_length, found.trained_length) == (12, 8)


def test_random_weights_are_others(network):
    found = encoders.find(network)
    own = encoders.build(found, Precision.FLOAT32, None)
    random = encoders.build(found, Precision.FLOAT32, 0)
    np.testing.assert_array_equal(
        own.embeddings.word.numpy(), models.random_model().embeddings.word.numpy()
    )
    assert not np.allclose(own.embeddings.word, random.embeddings.word)


def test_a_place_without_an_encoder_is_refused(tmp_path):
    with pytest.raises(ValueError, match="neither a working directory .* nor an exp"):
        encoders.find(str(tmp_path))
    huggingface.write(str(tmp_path), models.random_model(), "generator", 0)
    with pytest.raises(ValueError, match="is a generator, which is thrown away"):
        encoders.find(str(tmp_path))
