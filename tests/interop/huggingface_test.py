"""Hugging Face's files: names, shapes, logits and tokens against transformers' own.

`tests/golden/make_huggingface.py` recorded them; parity_test.py compares live.
"""

import json
import pathlib

import numpy as np
import pytest
import safetensors
import tensorflow as tf
import tokenizers

from electra_tf.interop import huggingface, huggingface_tokenizer
from electra_tf.model.dropout import inference
from electra_tf.text.tokenizer import Tokenizer
from electra_tf.text.vocabulary import TextRules
from tests.interop import models

GOLDEN = pathlib.Path(__file__).parents[1] / "golden" / "huggingface.npz"
RULES = [TextRules(False, False), TextRules(True, False), TextRules(True, True)]


@pytest.fixture(scope="module")
def golden() -> dict[str, np.ndarray]:
    with np.load(GOLDEN) as arrays:
        return dict(arrays)


@pytest.mark.parametrize("network", ["discriminator", "generator"])
def test_names_and_shapes_are_those_of_transformers(golden, network):
    theirs = json.loads(str(golden[f"{network}/shapes"]))
    ours = huggingface.tensors(models.random_model(), network)
    assert {name: list(value.shape) for name, value in ours.items()} == theirs


def test_discriminator_logits_are_those_of_transformers(golden):
    inputs = models.batch()
    ours_BS = models.random_model().discriminator(*inputs, dropout=inference())
    real_BS = inputs[1].numpy() > 0
    # Two libraries' float32 through two layers, weights of standard deviation 0.2.
    np.testing.assert_allclose(
        ours_BS.logits_BS.numpy()[real_BS],
        golden["discriminator/logits"][real_BS],
        atol=1e-4,
    )


def test_generator_logits_are_those_of_transformers(golden):
    inputs = models.batch()
    every_BS = tf.tile(tf.range(inputs[0].shape[1])[None], (inputs[0].shape[0], 1))
    ours = models.random_model().generator(*inputs, every_BS, dropout=inference())
    real_BS = inputs[1].numpy() > 0
    np.testing.assert_allclose(
        ours.logits_BMV.numpy()[real_BS],
        golden["generator/logits"][real_BS],
        atol=1e-4,
    )


def test_weights_undo_tensors():
    model = models.random_model()
    values = {variable.path: variable.numpy() for variable in model.variables}
    for network in huggingface.ARCHITECTURES:
        found = huggingface.weights(huggingface.tensors(model, network), model, network)
        assert found.keys() == set(model.paths(network))
        for path, value in found.items():
            np.testing.assert_array_equal(value, values[path], err_msg=path)


def test_the_file_says_that_its_tensors_are_pytorch_s(tmp_path):
    model = models.random_model()
    huggingface.write(str(tmp_path), model, "generator", pad_id=0)
    with safetensors.safe_open(tmp_path / "model.safetensors", "np") as file:
        assert file.metadata() == {"format": "pt"}
    fields = json.loads((tmp_path / "config.json").read_text())
    assert fields["architectures"] == ["ElectraForMaskedLM"]
    assert fields["hidden_size"] == models.CONFIG.generator.hidden_size
    assert fields["layer_norm_eps"] == 1e-12


@pytest.mark.parametrize("rules", RULES, ids=str)
def test_tokenizer_json_gives_our_ids(tmp_path, rules):
    huggingface_tokenizer.write(str(tmp_path), models.VOCABULARY, rules, 16)
    theirs = tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    special = models.VOCABULARY.special_ids
    for text in ["El niño tiene 3 años.", "rojo, ANO", "", "la niña corre"]:
        ours = Tokenizer(models.VOCABULARY, rules).tokenize([text])[0].numpy().tolist()
        assert theirs.encode(text).ids == [special.cls, *ours, special.sep]
    pair = theirs.encode("el niño", "corre")
    assert pair.type_ids == [0, 0, 0, 0, 1, 1]


@pytest.mark.parametrize("rules", RULES, ids=str)
def test_text_rules_survive_explicitly(tmp_path, rules):
    huggingface_tokenizer.write(str(tmp_path), models.VOCABULARY, rules, 16)
    fields = json.loads((tmp_path / "tokenizer_config.json").read_text())
    assert fields["strip_accents"] is rules.strip_accents
    assert fields["do_lower_case"] is rules.lowercase
    assert huggingface_tokenizer.read_text_rules(str(tmp_path)) == rules


def test_unsaid_accents_are_read_as_transformers_does(tmp_path):
    path = tmp_path / "tokenizer_config.json"
    path.write_text(json.dumps({"do_lower_case": True, "strip_accents": None}))
    assert huggingface_tokenizer.read_text_rules(str(tmp_path)) == RULES[2]
    path.write_text(json.dumps({"do_lower_case": False}))
    assert huggingface_tokenizer.read_text_rules(str(tmp_path)) == RULES[0]


def test_an_accent_is_kept_where_the_rules_keep_it(tmp_path):
    huggingface_tokenizer.write(str(tmp_path), models.VOCABULARY, RULES[1], 16)
    tokenizer = tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert tokenizer.encode("Año").tokens == ["[CLS]", "año", "[SEP]"]
