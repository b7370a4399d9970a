"""Exported files, live in transformers and torch: logits, tokens, what is refused.

Environment: ELECTRA_TF_WORKDIR, a trained run to compare beside the random model;
ELECTRA_TF_DATA, a directory with corpus/es_valid.txt.gz for 20,000 real lines.
"""

import gzip
import os
import pathlib
import pickle
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from electra_tf.config import ModelConfig
from electra_tf.interop import (
    export,
    huggingface,
    huggingface_reader,
    huggingface_tokenizer,
    initial_weights,
)
from electra_tf.model.dropout import inference
from electra_tf.model.electra import Electra
from electra_tf.pretraining import trained
from electra_tf.pretraining.workdir import Workdir
from electra_tf.text.tokenizer import Tokenizer
from electra_tf.text.vocabulary import SPECIAL_PIECES, TextRules, Vocabulary
from electra_tf.text.wordpiece import learn
from tests.interop import models
from tests.interop.initial_weights_test import Code, assert_same, values

pytestmark = pytest.mark.parity

RULES = [TextRules(False, False), TextRules(True, False), TextRules(True, True)]


def small() -> Electra:
    """The small sizes, weights larger than a fresh model's so that mistakes show."""
    model = Electra(ModelConfig(initializer_range=0.05), 1000, seed=4)
    for index, variable in enumerate(model.variables):
        noise = tf.random.stateless_normal(variable.shape, (4, index), stddev=0.05)
        variable.assign_add(noise)
    return model


def trained_model() -> Electra:
    path = os.environ.get("ELECTRA_TF_WORKDIR")
    if not path:
        pytest.skip("ELECTRA_TF_WORKDIR names no trained run")
    return trained.load(Workdir(path)).model


def random_batch(model: Electra, length: int) -> list[np.ndarray]:
    """Ids, mask and segments: padded rows of two segments."""
    random = np.random.default_rng(0)
    lengths_B1 = np.array([[length], [length // 2], [5], [2]])
    places_S = np.arange(length)
    mask_BS = (places_S < lengths_B1).astype("int32")
    segments_BS = (places_S >= lengths_B1 // 2).astype("int32") * mask_BS
    ids_BS = random.integers(5, model.embeddings.vocabulary_size, mask_BS.shape)
    return [(ids_BS * mask_BS).astype("int32"), mask_BS, segments_BS]


@pytest.fixture(scope="module", params=[small, trained_model])
def exported(request, tmp_path_factory) -> tuple[Electra, pathlib.Path]:
    model = request.param()
    directory = tmp_path_factory.mktemp("huggingface")
    for network in huggingface.ARCHITECTURES:
        (directory / network).mkdir()
        huggingface.write(str(directory / network), model, network, pad_id=0)
    return model, directory


def transformers_model(kind: str, path: pathlib.Path, **kwargs):
    """A model, once nothing in its files was missing, unexpected or of other shape."""
    import transformers

    model, info = getattr(transformers, kind).from_pretrained(
        str(path), output_loading_info=True, **kwargs
    )
    return model.eval(), {key: sorted(value) for key, value in info.items() if value}


def answer(model, batch: list[np.ndarray]):
    import torch

    ids_BS, mask_BS, segments_BS = map(torch.tensor, batch)
    with torch.no_grad():
        return model(
            input_ids=ids_BS, attention_mask=mask_BS, token_type_ids=segments_BS
        )


def test_discriminator_logits_agree(exported):
    model, directory = exported
    theirs, problems = transformers_model(
        "ElectraForPreTraining", directory / "discriminator"
    )
    assert not problems
    batch = random_batch(model, 32)
    ours_BS = model.discriminator(*map(tf.constant, batch), dropout=inference())
    difference_BS = np.abs(answer(theirs, batch).logits.numpy() - ours_BS.logits_BS)
    assert difference_BS[batch[1] > 0].max() < 1e-4


def test_half_the_size_is_computed_in_float32_with_close_logits(exported, tmp_path):
    model, whole = exported
    huggingface.write(str(tmp_path), model, "discriminator", 0, np.float16)
    sizes = [
        (path / huggingface.WEIGHTS_NAME).stat().st_size
        for path in (whole / "discriminator", tmp_path)
    ]
    assert 0.5 <= sizes[1] / sizes[0] < 0.51
    theirs, problems = transformers_model("ElectraForPreTraining", tmp_path)
    assert not problems and str(theirs.dtype) == "torch.float32"
    batch = random_batch(model, 32)
    ours_BS = model.discriminator(*map(tf.constant, batch), dropout=inference())
    difference_BS = np.abs(answer(theirs, batch).logits.numpy() - ours_BS.logits_BS)
    # A float16 has 11 significant bits: a weight changes by 0.05 % at most.
    assert 0 < difference_BS[batch[1] > 0].max() < 0.05


def test_generator_logits_agree(exported):
    model, directory = exported
    theirs, problems = transformers_model("ElectraForMaskedLM", directory / "generator")
    assert not problems
    assert (
        theirs.generator_lm_head.weight.data_ptr()
        == theirs.electra.embeddings.word_embeddings.weight.data_ptr()
    )
    batch = random_batch(model, 32)
    places_BS = tf.tile(tf.range(32)[None], (4, 1))
    ours = model.generator(*map(tf.constant, batch), places_BS, dropout=inference())
    difference_BSV = np.abs(answer(theirs, batch).logits.numpy() - ours.logits_BMV)
    assert difference_BSV[batch[1] > 0].max() < 1e-4


def test_the_encoder_loads_for_other_tasks(exported):
    model, directory = exported
    batch = random_batch(model, 16)
    hidden_BSD = model.discriminator(
        *map(tf.constant, batch), dropout=inference()
    ).encoder.last_BSD
    theirs, problems = transformers_model("ElectraModel", directory / "discriminator")
    assert problems.keys() <= {"unexpected_keys"}
    difference_BSD = np.abs(
        answer(theirs, batch).last_hidden_state.numpy() - hidden_BSD
    )
    assert difference_BSD[batch[1] > 0].max() < 1e-4
    _, problems = transformers_model(
        "ElectraForTokenClassification", directory / "discriminator", num_labels=3
    )
    assert problems["missing_keys"] == ["classifier.bias", "classifier.weight"]


def test_what_transformers_saves_is_read_back(exported, tmp_path):
    model, directory = exported
    kinds = huggingface.ARCHITECTURES
    for network, kind in kinds.items():
        theirs, _ = transformers_model(kind, directory / network)
        theirs.save_pretrained(str(tmp_path / network))
    size = model.embeddings.vocabulary_size
    pieces = tuple(f"x{i}" for i in range(size - len(SPECIAL_PIECES)))
    fresh = Electra(model.config, size, seed=8)
    vocabulary = Vocabulary((*SPECIAL_PIECES, *pieces))
    initial_weights.give(fresh, str(tmp_path), vocabulary, TextRules())
    assert_same(values(fresh), values(model))


@pytest.mark.parametrize("network", ["discriminator", "generator"])
def test_the_lines_on_a_card_run(tmp_path, network):
    workdir = models.trained_run(tmp_path)
    export.export(workdir.path, str(tmp_path / "export"), ["huggingface"])
    directory = tmp_path / "export" / "huggingface"
    text = (directory / network / "README.md").read_text()
    code = text.split("```python\n")[1].split("```")[0]
    subprocess.run([sys.executable, "-c", code], cwd=directory, check=True)


def spanish_lines() -> list[str]:
    data = os.environ.get("ELECTRA_TF_DATA")
    if not data:
        return [*models.TEXTS, "¿Qué año?", "Ñandú; pingüino, coração № 5 ½ ﬁn"] * 10
    with gzip.open(f"{data}/corpus/es_valid.txt.gz", "rt", encoding="utf-8") as file:
        lines = [line.strip() for line in file if line.strip()]
    assert len(lines) >= 20_000
    return lines[:20_000]


@pytest.mark.parametrize("rules", RULES, ids=str)
def test_auto_tokenizer_gives_our_ids(tmp_path, rules):
    from transformers import AutoTokenizer

    lines = spanish_lines()
    vocabulary = learn(lines, 8000 if len(lines) >= 20_000 else 200, rules)
    huggingface_tokenizer.write(str(tmp_path), vocabulary, rules, 512)
    fields = '{"model_type": "electra"}'
    (tmp_path / "config.json").write_text(fields)
    theirs = AutoTokenizer.from_pretrained(str(tmp_path))
    assert theirs.model_max_length == 512
    assert theirs.mask_token_id == vocabulary.special_ids.mask
    tokenizer = Tokenizer(vocabulary, rules)
    differing = []
    for first in range(0, len(lines), 1000):
        part = lines[first : first + 1000]
        encoded = theirs(part, add_special_tokens=False, truncation=False)["input_ids"]
        ours = tokenizer.tokenize(part).to_list()
        differing += [x for x, a, b in zip(part, encoded, ours, strict=True) if a != b]
    assert not differing


def test_an_accent_survives_in_auto_tokenizer(tmp_path):
    from transformers import AutoTokenizer

    huggingface_tokenizer.write(str(tmp_path), models.VOCABULARY, TextRules(), 16)
    tokenizer = AutoTokenizer.from_pretrained(str(tmp_path))
    assert tokenizer.tokenize("Año") == ["año"]
    pair = tokenizer("el niño", "corre")
    assert pair["token_type_ids"] == [0, 0, 0, 0, 1, 1]


@pytest.fixture
def pickled(tmp_path) -> pathlib.Path:
    """A discriminator's directory as older versions wrote it, without its weights."""
    model = models.random_model()
    huggingface.write(str(tmp_path), model, "discriminator", pad_id=0)
    (tmp_path / huggingface.WEIGHTS_NAME).unlink()
    return tmp_path


def test_a_pickle_of_weights_is_read(pickled):
    import torch

    tensors = huggingface.tensors(models.random_model(), "discriminator")
    torch.save(
        {name: torch.tensor(value) for name, value in tensors.items()},
        pickled / huggingface_reader.PICKLE_NAME,
    )
    model = models.random_model(seed=1)
    initial_weights.give(model, str(pickled), models.VOCABULARY, TextRules())
    np.testing.assert_array_equal(
        model.embeddings.word.numpy(),
        tensors["electra.embeddings.word_embeddings.weight"],
    )


@pytest.mark.parametrize("writer", ["pickle", "torch"])
def test_code_in_a_pickle_is_refused(pickled, tmp_path, writer):
    import torch

    trap = tmp_path / "code-was-run"
    path = pickled / huggingface_reader.PICKLE_NAME
    if writer == "torch":
        torch.save({"x": Code(trap)}, path)
    else:
        path.write_bytes(pickle.dumps({"x": Code(trap)}))
    with pytest.raises(ValueError, match="code in a pickle is never run"):
        initial_weights.give(
            models.random_model(), str(pickled), models.VOCABULARY, TextRules()
        )
    assert not trap.exists()
