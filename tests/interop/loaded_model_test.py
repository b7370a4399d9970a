"""A model in Python: plain results, equal to the signatures'."""

import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

import electra_tf
from electra_tf.interop import export, text_models
from electra_tf.interop.loaded_model import LoadedModel
from tests.interop import models

TEXTS = ["w1 w1 w2", "w3", "w2 [MASK] w1 [MASK]", "w1"]


@pytest.fixture(scope="module")
def exported(tmp_path_factory) -> str:
    directory = tmp_path_factory.mktemp("exported")
    workdir = models.trained_run(directory)
    path = str(directory / "export")
    export.export(workdir.path, path, ["saved_model", "huggingface"])
    return path


@pytest.fixture(scope="module")
def model(exported):
    return LoadedModel(exported, batch_size=3)


def test_words_and_probabilities_are_those_of_the_signature(exported, model):
    outputs = text_models.load(exported)["detect"](text=tf.constant(TEXTS))
    found = model.detect(TEXTS)
    assert [word.text for word in found[0].words] == ["w1", "w1", "w2"]
    assert [word.start for word in found[0].words] == [0, 3, 6]
    for row, detection in enumerate(found):
        wanted = outputs["replaced_probability"][row, 1 : 1 + len(detection.tokens_T)]
        np.testing.assert_allclose(detection.probabilities_T, wanted, atol=1e-6)


def test_embeddings_are_rows_of_one_array(exported, model):
    outputs = text_models.load(exported)["embed"](text=tf.constant(TEXTS))
    embeddings_ND = model.embed(TEXTS)
    assert isinstance(embeddings_ND, np.ndarray)
    np.testing.assert_allclose(embeddings_ND, outputs["sentence_embedding"], atol=1e-5)


def test_each_mask_has_proposals_of_falling_probability(model):
    filled = model.fill_mask(TEXTS)
    assert [len(masks) for masks in filled] == [0, 0, 2, 0]
    for proposals in filled[2]:
        probabilities = [proposal.probability for proposal in proposals]
        assert probabilities == sorted(probabilities, reverse=True)
        assert all(isinstance(proposal.token, str) for proposal in proposals)


def test_no_texts_and_one_text_that_is_no_list(exported, model):
    assert model.detect([]) == [] == model.fill_mask([])
    assert len(model.embed([])) == 0
    with pytest.raises(TypeError, match="must be a list of strings, not 'w1 w2'"):
        model.detect("w1 w2")
    alone = electra_tf.load(pathlib.Path(exported) / "huggingface/discriminator")
    with pytest.raises(ValueError, match="which fill_mask needs: give an export with"):
        alone.fill_mask(["w1 [MASK]"])


def test_a_task_model_is_named_when_it_is_loaded(tmp_path):
    class Task(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
        def label(self, text):
            return {"labels": text}

    task = Task()
    tf.saved_model.save(task, str(tmp_path), {"label": task.label})
    with pytest.raises(ValueError, match="not detect: if it is a task model of fine"):
        electra_tf.load(tmp_path)


def test_the_package_is_imported_without_tensorflow():
    program = "import sys, electra_tf; print(electra_tf.__version__, *sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    version, *modules = done.stdout.split()
    assert version == electra_tf.__version__
    assert not {"tensorflow", "keras", "numpy"} & {*modules}
