"""The preset, loaded by keras_nlp, against the discriminator that it was made of."""

import subprocess
import sys

import keras
import keras_nlp
import numpy as np
import pytest
import tensorflow as tf

from electra_tf.batch import Batch
from electra_tf.config import ModelConfig
from electra_tf.interop import keras_preset
from electra_tf.model.dropout import inference
from electra_tf.model.electra import Electra
from electra_tf.text.tokenizer import Tokenizer
from electra_tf.text.vocabulary import SPECIAL_PIECES, TextRules, Vocabulary

WORDS = "el la El niño nino niña tiene 3 años año ano ##s ro ##jo corre Año , . ¿ ? º"
VOCABULARY = Vocabulary((*SPECIAL_PIECES, *WORDS.split()))
LENGTH = 24
SMALL = ModelConfig(max_position_embeddings=LENGTH)
"""The small size: 12 layers of 256, embeddings of 128."""
LIVELY = ModelConfig(
    hidden_size=64,
    num_layers=2,
    num_heads=2,
    intermediate_size=128,
    embedding_size=64,
    max_position_embeddings=LENGTH,
    initializer_range=0.3,
)
"""No projection; weights at which activations and attention are far from linear."""


class Exported:
    """A model, its preset, and the preset as keras_nlp loads it."""

    def __init__(self, config: ModelConfig, path: str) -> None:
        self.model = Electra(config, len(VOCABULARY), seed=1)
        # Biases and norms at their initial values would hide what is exchanged.
        noise = np.random.default_rng(0)
        for variable in self.model.discriminator.variables:
            if len(variable.shape) == 1:
                variable.assign_add(noise.normal(0.0, 0.02, variable.shape))
        self.path = path
        keras_preset.write(path, self.model, VOCABULARY, TextRules())
        self.backbone = keras_nlp.models.ElectraBackbone.from_preset(path)

    def ours(self, batch: Batch) -> np.ndarray:
        output = self.model.discriminator(*batch, dropout=inference())
        return output.encoder.last_BSD.numpy()

    def theirs(self, batch: Batch) -> dict[str, np.ndarray]:
        return self.backbone(
            {
                "token_ids": batch.input_ids_BS,
                "padding_mask": batch.input_mask_BS,
                "segment_ids": batch.segment_ids_BS,
            }
        )


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Exported:
    return Exported(SMALL, str(tmp_path_factory.mktemp("preset") / "small"))


@pytest.fixture(scope="module")
def lively(tmp_path_factory) -> Exported:
    return Exported(LIVELY, str(tmp_path_factory.mktemp("preset") / "lively"))


def random_batch() -> Batch:
    """Padded rows of two segments."""
    random = np.random.default_rng(0)
    ids_BS = random.integers(5, len(VOCABULARY), (4, LENGTH)).astype("int32")
    lengths_B1 = np.array([[24], [17], [9], [2]])
    places_S = np.arange(LENGTH)
    mask_BS = (places_S < lengths_B1).astype("int32")
    segments_BS = (places_S >= lengths_B1 // 2).astype("int32") * mask_BS
    return Batch(*map(tf.constant, (ids_BS * mask_BS, mask_BS, segments_BS)))


def largest_difference(exported: Exported, batch: Batch) -> float:
    """Compares the hidden states of real tokens."""
    theirs_BSD = np.asarray(exported.theirs(batch)["sequence_output"])
    difference_BS = np.abs(theirs_BSD - exported.ours(batch)).max(axis=-1)
    return float(difference_BS[batch.input_mask_BS == 1].max())


def test_hidden_states_differ_by_the_tanh_gelu_only_slightly(small):
    # Measured: 1.2e-4 with initial weights, states of size 1.
    assert 1e-5 < largest_difference(small, random_batch()) < 3e-4


@pytest.mark.parametrize("name", ["small", "lively"])
def test_with_the_exact_gelu_hidden_states_are_ours(name, request, monkeypatch):
    exported = request.getfixturevalue(name)
    for layer in exported.backbone.transformer_layers:
        monkeypatch.setattr(
            layer._feedforward_intermediate_dense,
            "activation",
            keras.activations.get("gelu"),
        )
    # Float32 in another order, norms above all; measured: 1.8e-5 of states of size 5.
    assert largest_difference(exported, random_batch()) < 4e-5


def test_padding_does_not_reach_real_tokens(small):
    padded = random_batch()
    whole_BSD = np.asarray(small.theirs(padded)["sequence_output"])
    for row, length in enumerate(tf.reduce_sum(padded.input_mask_BS, axis=1).numpy()):
        alone = Batch(*(field[row : row + 1, :length] for field in padded))
        alone_1SD = np.asarray(small.theirs(alone)["sequence_output"])
        # Float32 sums over another number of terms, of which the others are 0.
        np.testing.assert_allclose(alone_1SD[0], whole_BSD[row, :length], atol=1e-5)


def test_the_pooler_is_the_same_in_every_export_and_not_zero(lively, tmp_path):
    again = Exported(LIVELY, str(tmp_path / "again"))
    pooled = np.asarray(lively.theirs(random_batch())["pooled_output"])
    np.testing.assert_array_equal(
        pooled, np.asarray(again.theirs(random_batch())["pooled_output"])
    )
    assert pooled.std() > 0.01


@pytest.mark.parametrize("lowercase", [True, False])
@pytest.mark.parametrize("strip_accents", [True, False])
def test_ids_of_spanish_sentences_are_ours(lowercase, strip_accents, lively, tmp_path):
    rules = TextRules(lowercase, strip_accents)
    path = str(tmp_path / "preset")
    keras_preset.write(path, lively.model, VOCABULARY, rules)
    tokenizer = keras_nlp.models.ElectraTokenizer.from_preset(path)
    texts = [
        "El niño tiene 3 años.",
        "¿Corre la niña, o el año?",
        "el NIÑO rojo  corre\tel Año",
        "",
    ]
    ours = Tokenizer(VOCABULARY, rules).tokenize(texts).to_list()
    for text, ids in zip(texts, ours, strict=True):
        assert list(tokenizer(text)) == ids
    ano = "ano" if strip_accents else "año"
    assert [VOCABULARY.pieces[index] for index in tokenizer("año")] == [ano]


def test_case_folding_rewrites_what_lower_casing_keeps(lively):
    # The difference that the module's docstring confesses, as long as it is there.
    tokenizer = keras_nlp.models.ElectraTokenizer.from_preset(lively.path)
    ours = Tokenizer(VOCABULARY, TextRules()).tokenize(["º"]).to_list()[0]
    assert [VOCABULARY.pieces[index] for index in ours] == ["º"]
    assert list(tokenizer("º")) == [VOCABULARY.special_ids.unk]


def test_special_ids_are_the_vocabulary_s(lively):
    tokenizer = keras_nlp.models.ElectraTokenizer.from_preset(lively.path)
    special = VOCABULARY.special_ids
    assert tokenizer.pad_token_id == special.pad
    assert tokenizer.cls_token_id == tokenizer.start_token_id == special.cls
    assert tokenizer.sep_token_id == tokenizer.end_token_id == special.sep
    assert tokenizer.mask_token_id == special.mask
    assert tokenizer.token_to_id("[UNK]") == special.unk
    assert tuple(tokenizer.get_vocabulary()) == VOCABULARY.pieces


LOADER = """
import socket, sys
def refuse(*_, **__):
    raise OSError("no network in this test")
socket.socket.connect = socket.getaddrinfo = refuse
import keras_nlp
assert "electra_tf" not in sys.modules
keras_nlp.models.ElectraBackbone.from_preset(sys.argv[1])
print(keras_nlp.models.ElectraTokenizer.from_preset(sys.argv[1])("niño").tolist())
"""


def test_a_preset_loads_without_this_project_and_without_a_network(lively, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", LOADER, lively.path],
        check=True,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == [f"[{VOCABULARY.ids['niño']}]"]


def test_a_piece_that_keras_nlp_would_misread_is_an_error(lively, tmp_path):
    vocabulary = Vocabulary((*SPECIAL_PIECES, "el "))
    with pytest.raises(ValueError, match=r"Line 6 of the vocabulary, 'el '.*blank"):
        keras_preset.write(
            str(tmp_path / "preset"),
            lively.model,
            vocabulary,
            TextRules(),
        )
