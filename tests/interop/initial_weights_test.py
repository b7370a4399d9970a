"""Where pre-training may start from, and what is refused."""

import json
import pathlib
import pickle

import numpy as np
import pytest
import safetensors.numpy
import tensorflow as tf

from electra_tf.config import ModelConfig
from electra_tf.interop import (
    export,
    huggingface,
    huggingface_reader,
    huggingface_tokenizer,
    initial_weights,
)
from electra_tf.model.electra import Electra
from electra_tf.pretraining import loop, trained
from electra_tf.pretraining.run import check
from electra_tf.pretraining.workdir import Workdir
from electra_tf.text.vocabulary import TextRules, Vocabulary
from tests import small
from tests.golden import cases
from tests.interop import models, tf1_test

RULES = TextRules()


def values(model: Electra) -> dict[str, np.ndarray]:
    return {variable.path: variable.numpy() for variable in model.variables}


def assert_same(ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray]) -> None:
    assert ours.keys() == theirs.keys()
    for path, value in ours.items():
        np.testing.assert_array_equal(value, theirs[path], err_msg=path)


@pytest.fixture
def pair(tmp_path) -> pathlib.Path:
    """An export of the random model of seed 0."""
    for network in huggingface.ARCHITECTURES:
        (tmp_path / "hf" / network).mkdir(parents=True)
        path = str(tmp_path / "hf" / network)
        huggingface.write(path, models.random_model(), network, 0)
        huggingface_tokenizer.write(path, models.VOCABULARY, RULES, models.LENGTH)
    return tmp_path / "hf"


def load(path: pathlib.Path, model: Electra) -> str:
    return initial_weights.give(model, str(path), models.VOCABULARY, RULES)


def change(path: pathlib.Path, **tensors: np.ndarray | None) -> None:
    """Adds or removes tensors of a safetensors file; "__" stands for a dot."""
    found = safetensors.numpy.load_file(path)
    for name, value in tensors.items():
        name = name.replace("__", ".")
        if value is None:
            del found[name]
        else:
            found[name] = value
    safetensors.numpy.save_file(found, path)


def test_a_pair_gives_every_weight(pair):
    model = models.random_model(seed=1)
    report = load(pair, model)
    assert_same(values(model), values(models.random_model()))
    assert "started fresh: nothing" in report
    assert "ignored: generator_lm_head.weight" in report


def test_a_discriminator_alone_leaves_the_generator_fresh(pair):
    model = models.random_model(seed=1)
    before = values(model)
    report = load(pair / "discriminator", model)
    assert "started fresh: generator encoder, generator head" in report
    expected = values(models.random_model())
    for path, value in values(model).items():
        source = before if path.startswith("electra/generator/") else expected
        np.testing.assert_array_equal(value, source[path], err_msg=path)


def test_an_encoder_without_its_head_gets_a_fresh_one(pair):
    names = [f"discriminator_predictions__{part}__{kind}" for part in
             ("dense", "dense_prediction") for kind in ("weight", "bias")]  # fmt: skip
    change(pair / "discriminator/model.safetensors", **dict.fromkeys(names))
    model = models.random_model(seed=1)
    assert "fresh: discriminator head" in load(pair, model).replace("started ", "")


def test_tensors_of_a_type_that_numpy_has_not_are_told(pair):
    header = b'{"x":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}'
    path = pair / "discriminator/model.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + b"\0\0")
    with pytest.raises(ValueError, match="type 'BF16': save it in float32"):
        load(pair, models.random_model(seed=1))


def test_old_files_with_position_ids_are_read(pair):
    ids = np.arange(models.LENGTH)[None]
    change(
        pair / "discriminator/model.safetensors",
        electra__embeddings__position_ids=ids,
    )
    report = load(pair / "discriminator", models.random_model())
    assert "ignored: electra.embeddings.position_ids" in report


def test_export_to_init_to_export_gives_the_same_tensors(tmp_path):
    first = models.trained_run(tmp_path)
    export.export(first.path, str(tmp_path / "one"), ["huggingface"])
    path = str(tmp_path / "one" / "huggingface")
    config = small.config(str(tmp_path / "data"), init_from=path, learning_rate=1e-30)
    second = Workdir(str(tmp_path / "second"))
    config.weight_decay, config.num_train_steps = 0.0, 5
    config.eval_every = 0

    with loop.opened(config, second, tf.distribute.get_strategy()) as training:
        initial_weights.initialize(training.run)
        training.train()
    export.export(second.path, str(tmp_path / "two"), ["huggingface"])
    for network in huggingface.ARCHITECTURES:
        name = f"huggingface/{network}/model.safetensors"
        assert (tmp_path / "one" / name).read_bytes() == (
            tmp_path / "two" / name
        ).read_bytes()


def test_a_run_continues_from_another_run(tmp_path):
    first = models.trained_run(tmp_path)
    run = trained.load(first)
    model = Electra(run.config.model, len(run.vocabulary), seed=9)
    report = initial_weights.give(model, first.path, run.vocabulary, RULES)
    assert_same(values(model), values(run.model))
    assert "working directory, step 10" in report


def test_a_refused_start_leaves_no_working_directory(tmp_path):
    nowhere = str(tmp_path / "nowhere")
    config = small.config(small.write(tmp_path / "data"), init_from=nowhere)
    workdir = Workdir(str(tmp_path / "run"))
    with (
        pytest.raises(ValueError, match="no weights at .*nowhere"),
        loop.opened(config, workdir, tf.distribute.get_strategy()) as training,
    ):
        initial_weights.initialize(training.run)
    assert not tf.io.gfile.exists(workdir.path)


@pytest.mark.parametrize("name", ["a", "b"])
def test_a_checkpoint_of_the_reference_gives_every_weight(tmp_path, name):
    case = cases.load(name)
    arrays = tf1_test.recorded(case)
    prefix = tf1_test.write(tmp_path / "model.ckpt", arrays)
    vocabulary = Vocabulary(
        (
            *models.VOCABULARY.pieces,
            *(f"x{i}" for i in range(100 - len(models.VOCABULARY))),
        )
    )
    model = Electra(case.config.model, 100, seed=5)
    report = initial_weights.give(model, prefix, vocabulary, RULES)
    assert_same(values(model), values(case.model))
    assert "moments of the optimizer" in report
    assert "not found, so not checked: vocabulary, text rules" in report
    vocabulary.save(str(tmp_path / "vocab.txt"))
    assert "not checked: text rules" in initial_weights.give(
        model, prefix, vocabulary, RULES
    )


def test_a_missing_tensor_is_an_error_that_names_it(pair):
    name = "electra.encoder.layer.1.output.dense.weight"
    path = pair / "discriminator/model.safetensors"
    change(path, **{name.replace(".", "__"): None})
    with pytest.raises(ValueError, match=f"lacks 1 tensors .* such as {name}"):
        load(pair, models.random_model())


def test_half_a_head_is_an_error(pair):
    change(
        pair / "discriminator/model.safetensors",
        discriminator_predictions__dense__bias=None,
    )
    with pytest.raises(ValueError, match="only a part of the discriminator head"):
        load(pair, models.random_model())


def test_an_extra_tensor_is_an_error_that_names_it(pair):
    change(
        pair / "discriminator/model.safetensors",
        classifier__weight=np.zeros((2, 32), np.float32),
    )
    with pytest.raises(ValueError, match=r"has not, such as classifier.weight"):
        load(pair, models.random_model())


def test_a_corrupt_file_is_an_error(pair):
    path = pair / "discriminator/model.safetensors"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ValueError, match="is corrupt .* 1,000 bytes arrived"):
        load(pair, models.random_model())


def test_a_refusal_changes_no_weight(pair):
    change(pair / "generator/model.safetensors", generator_lm_head__bias=np.zeros(3))
    model = models.random_model(seed=1)
    with pytest.raises(ValueError, match=r"output_bias of shape \(3,\)"):
        load(pair, model)
    assert_same(values(model), values(models.random_model(seed=1)))


def test_another_size_is_an_error_that_names_both(pair):
    config = ModelConfig(**{**vars(models.CONFIG), "num_layers": 3, "num_heads": 4})
    model = Electra(config, len(models.VOCABULARY))
    with pytest.raises(
        ValueError, match="num_hidden_layers=2 there, 3 here; num_attention_heads=2"
    ):
        load(pair, model)


def test_another_vocabulary_is_an_error(pair):
    pieces = (*models.VOCABULARY.pieces[:-2], "2", models.VOCABULARY.pieces[-2])
    with pytest.raises(
        ValueError, match="another vocabulary: it has 20 .* 20, and 2 ids"
    ):
        initial_weights.give(
            models.random_model(), str(pair), Vocabulary(pieces), RULES
        )


def test_other_text_rules_are_an_error(pair):
    with pytest.raises(ValueError, match="accents kept; the shards are .* stripped"):
        initial_weights.give(
            models.random_model(),
            str(pair),
            models.VOCABULARY,
            TextRules(strip_accents=True),
        )


def test_different_embeddings_of_a_pair_are_an_error(pair):
    name = "electra__embeddings__LayerNorm__bias"
    change(pair / "generator/model.safetensors", **{name: np.ones(16, np.float32)})
    with pytest.raises(ValueError, match="both networks share their embeddings"):
        load(pair, models.random_model())


class Code:
    """A pickle of it runs code when it is read carelessly."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path

    def __reduce__(self):
        return pathlib.Path.touch, (self.path,)


def test_a_pickle_never_runs_its_code(pair, tmp_path):
    """Without torch it is not read at all; parity_test.py tries it with torch."""
    (pair / "discriminator/model.safetensors").unlink()
    trap = tmp_path / "code-was-run"
    path = pair / "discriminator" / huggingface_reader.PICKLE_NAME
    path.write_bytes(pickle.dumps({"x": Code(trap)}))
    with pytest.raises(ValueError, match=r"pytorch_model.bin"):
        load(pair, models.random_model())
    assert not trap.exists()


def test_another_architecture_is_an_error(pair):
    path = pair / "discriminator/config.json"
    path.write_text(json.dumps({"model_type": "bert"}))
    with pytest.raises(ValueError, match="model_type='bert'"):
        load(pair, models.random_model())


def test_a_run_with_a_checkpoint_keeps_its_weights(tmp_path):
    config = small.config(small.write(tmp_path / "data"), eval_every=0)
    config.num_train_steps, config.init_from = 5, str(tmp_path / "nowhere")
    workdir, strategy = Workdir(str(tmp_path / "run")), tf.distribute.get_strategy()
    assert check(config, workdir, strategy).is_new
    loop.train(config, workdir, strategy)
    assert not check(config, workdir, strategy).is_new
