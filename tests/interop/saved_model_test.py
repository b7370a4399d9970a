"""The exported detector, loaded with plain TensorFlow in a process of its own."""

import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from electra_tf.interop import detections, saved_model
from electra_tf.model.dropout import inference
from electra_tf.model.electra import Electra
from electra_tf.text.tokenizer import Tokenizer
from electra_tf.text.vocabulary import TextRules
from tests.interop import models

TEXTS = models.TEXTS
LENGTH, VOCABULARY = models.LENGTH, models.VOCABULARY


@pytest.fixture(scope="module")
def exported(tmp_path_factory) -> tuple[str, Electra]:
    model = models.random_model()
    path = str(tmp_path_factory.mktemp("export") / "saved_model")
    saved_model.write(path, model, VOCABULARY, TextRules(), LENGTH)
    return path, model


LOADER = """
import json, sys, numpy as np, tensorflow as tf, tensorflow_text
assert "electra_tf" not in sys.modules
signatures = tf.saved_model.load(sys.argv[1]).signatures
for batch, texts in json.loads(sys.argv[2]).items():
    arrays = {}
    for name in ("serving_default", "detect", "embed", "fill_mask"):
        for key, value in signatures[name](text=tf.constant(texts)).items():
            arrays[f"{name}/{key}"] = value.numpy()
    np.savez(batch, **{k: np.char.decode(v.astype("S"), "utf-8")
                       if v.dtype == object else v for k, v in arrays.items()})
"""
BATCHES = {
    "texts": TEXTS,
    "alone": TEXTS[2:3],
    "masked": ["El [MASK] tiene [MASK]ro.", "corre", "[MASK]", "la " * 20 + "[MASK]"],
    "unmasked": ["el niño", ""],
}


@pytest.fixture(scope="module")
def answers(exported, tmp_path_factory) -> dict[str, dict[str, np.ndarray]]:
    """All that each signature gives for each batch, in a process without our code."""
    directory = tmp_path_factory.mktemp("answers")
    command = [sys.executable, "-c", LOADER, exported[0], json.dumps(BATCHES)]
    subprocess.run(command, check=True, cwd=directory)
    found = {}
    for batch in BATCHES:
        with np.load(directory / f"{batch}.npz") as arrays:
            found[batch] = dict(arrays)
    return found


@pytest.fixture
def answer(answers) -> dict[str, np.ndarray]:
    return answers["texts"]


def test_tokens_are_framed_padded_and_cut(answer):
    tokens = answer["detect/tokens"]
    assert tokens[0, :8].tolist() == [
        *("[CLS]", "el", "niño", "tiene", "3", "años", ".", "[SEP]")
    ]
    assert set(tokens[0, 8:].tolist()) == {""}
    assert tokens[1, :2].tolist() == ["[CLS]", "[SEP]"]
    assert tokens[2, :4].tolist() == ["[CLS]", "ro", "##jo", "[SEP]"]
    assert tokens.shape == (4, LENGTH)
    assert tokens[3, -1] == "[SEP]"
    assert answer["detect/length"].tolist() == [8, 2, 4, LENGTH]


def test_offsets_cut_the_tokens_out_of_the_normalized_text(answer):
    assert answer["detect/normalized"][0] == "el niño tiene 3 años."
    for row, text in enumerate(answer["detect/normalized"]):
        for column in range(1, answer["detect/length"][row] - 1):
            start = answer["detect/starts"][row, column]
            end = answer["detect/ends"][row, column]
            token = answer["detect/tokens"][row, column].removeprefix("##")
            assert text[start:end] == token


def test_probabilities_are_the_model_s(exported, answer):
    _, model = exported
    for row, text in enumerate(TEXTS[:3]):
        ids = Tokenizer(VOCABULARY, TextRules()).tokenize([text])[0].numpy().tolist()
        ids_1S = tf.constant([[2, *ids, 3]])
        logits_1S = model.discriminator(
            ids_1S, tf.ones_like(ids_1S), tf.zeros_like(ids_1S), dropout=inference()
        ).logits_BS
        ours = answer["detect/replaced_probability"][row]
        # Rounding alone: a batch of padded texts is summed in another order.
        np.testing.assert_allclose(
            ours[: len(ids) + 2], tf.sigmoid(logits_1S)[0], atol=1e-6
        )
        assert not np.any(ours[len(ids) + 2 :])
        np.testing.assert_array_equal(answer["detect/replaced"][row], ours > 0.5)


def test_serving_default_is_detect(answer):
    for key in ("tokens", "replaced_probability", "replaced", "length"):
        np.testing.assert_array_equal(
            answer[f"serving_default/{key}"], answer[f"detect/{key}"]
        )


def test_a_sentence_embedding_is_the_mean_over_real_tokens(answer):
    hidden, mask = answer["embed/token_embeddings"], answer["embed/mask"]
    np.testing.assert_array_equal(mask.sum(axis=1), answer["detect/length"])
    means = (hidden * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1)[:, None]
    np.testing.assert_allclose(answer["embed/sentence_embedding"], means, atol=1e-6)


def test_a_text_does_not_depend_on_its_neighbours(answers):
    np.testing.assert_allclose(
        answers["alone"]["detect/replaced_probability"][0],
        answers["texts"]["detect/replaced_probability"][2, :4],
        atol=1e-6,
    )


def test_an_export_names_its_vocabulary_and_rules(exported):
    path = pathlib.Path(exported[0]) / saved_model.METADATA
    assert json.loads(path.read_text()) == {
        "fingerprint": VOCABULARY.fingerprint(TextRules()),
        "lowercase": True,
        "strip_accents": False,
        "max_seq_length": LENGTH,
    }


def test_a_cut_is_reported(answer):
    for name in ("detect", "embed", "fill_mask"):
        assert answer[f"{name}/truncated"].tolist() == [False, False, False, True]


def test_every_mask_gets_the_generator_s_best_pieces(exported, answers):
    answer = answers["masked"]
    assert answer["fill_mask/number"].tolist() == [2, 0, 1, 0]
    assert answer["fill_mask/truncated"].tolist() == [False, False, False, True]
    assert answer["fill_mask/tokens"].shape == (4, 2, saved_model.SUGGESTIONS)
    ids = VOCABULARY.ids
    row = ["[CLS]", "el", "[MASK]", "tiene", "[MASK]", "ro", ".", "[SEP]"]
    ids_1S = tf.constant([[ids[piece] for piece in row]])
    logits_1MV = (
        exported[1]
        .generator(
            ids_1S,
            tf.ones_like(ids_1S),
            tf.zeros_like(ids_1S),
            tf.constant([[2, 4]]),
            dropout=inference(),
        )
        .logits_BMV
    )
    best = tf.math.top_k(tf.nn.softmax(logits_1MV), saved_model.SUGGESTIONS)
    np.testing.assert_allclose(
        answer["fill_mask/probabilities"][0], best.values[0], atol=1e-6
    )
    pieces = np.array(VOCABULARY.pieces)[best.indices[0].numpy()]
    np.testing.assert_array_equal(answer["fill_mask/tokens"][0], pieces)
    assert set(answer["fill_mask/tokens"][1].ravel()) == {""}
    assert not answer["fill_mask/probabilities"][3].any()


def test_texts_without_a_mask_are_no_error(answers):
    tokens = answers["unmasked"]["fill_mask/tokens"]
    assert tokens.shape == (2, 0, saved_model.SUGGESTIONS)


def test_a_server_s_command_line_shows_and_runs_the_signatures(exported, tmp_path):
    tool = [sys.executable, "-c", "import tensorflow_text; from tensorflow.python.tools"
            ".saved_model_cli import main; main()"]  # fmt: skip
    place = ["--dir", exported[0], "--tag_set", "serve"]
    shown = subprocess.run(
        [*tool, "show", *place, "--signature_def", "fill_mask"],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert "dtype: DT_STRING" in shown
    assert "outputs['probabilities']" in shown
    subprocess.run(
        [*tool, "run", *place, "--signature_def", "detect", "--input_exprs",
         "text=['el niño', 'corre la niña, la niña']", "--outdir", str(tmp_path)],
        check=True, capture_output=True,
    )  # fmt: skip
    assert np.load(tmp_path / "length.npy").shape == (2,)


def test_the_table_has_tokens_above_and_predictions_below(exported):
    detector = saved_model.TextModel(exported[1], VOCABULARY, TextRules(), LENGTH)
    answer = detector.detect(tf.constant(TEXTS[:1]))
    tokens, replaced, probability = detections.table(
        detections.unpack(answer)
    ).splitlines()
    assert tokens.split() == ["el", "niño", "tiene", "3", "años", "."]
    assert set(replaced.split()) <= {"0", "1"}
    assert len(probability.split()) == 6
    assert len(tokens) == len(replaced) == len(probability)
