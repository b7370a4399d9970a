"""The tokenizer equals Hugging Face's, and its offsets point at the pieces."""

import gzip
import itertools
import os
import pathlib
import subprocess
import sys

import pytest
import tensorflow as tf
import tokenizers
from tokenizers import models, normalizers, pre_tokenizers

from electra_tf.text import vocabulary, wordpiece
from electra_tf.text.tokenizer import Tokenizer
from electra_tf.text.vocabulary import TextRules

RULES = [
    TextRules(lowercase=False, strip_accents=False),
    TextRules(lowercase=True, strip_accents=False),
    TextRules(lowercase=True, strip_accents=True),
    TextRules(lowercase=False, strip_accents=True),
]

TRICKY = [
    "",
    "   ",
    "El zorro rojo es muy ser.",
    "Mañana, ¿vendrá el pingüino? ¡Ojalá!",
    "man\u0303ana con acento combinado: cafe\u0301",
    "MAYÚSCULAS ÁÉÍÓÚ Ñ Ü",
    "1º 2ª ½ … ﬁn Straße 20€ 3×4 10°",
    "«comillas» – raya — “inglesas” ‘simples’ a-b a_b a/b c++ $5",
    "guion\u00adblando y ancho\u200bcero y marca\ufeffde orden",
    "nulo\x00campana\x07tab\tvertical\x0bsalto\rfin\x85",
    "espacios\u00a0duros\u3000anchos\u2028separador\u2003em",
    "ΟΔΥΣΣΕΥΣ ὀδυσσεύς İstanbul IŞIK ısı Ìsola JÕGI",
    "日本語とEspañol mezclado 汉字abc",
    "한국어 텍스트 हिन्दी ภาษาไทย",
    "emoji 😀 y familia 👨‍👩‍👧 bandera 🇪🇸 texto😀pegado",
    "reemplazo\ufffdaquí, privado\ue000uso",
    "a" * 100,
    "a" * 101,
    "ñ" * 100,
    "x" + "ñ" * 100 + " corto",
    "a" * 60 + "," + "b" * 60,
    "a" * 60 + "—" + "b" * 60,
    "a" * 150 + ".fin",
    "汉" * 150,
    "[MASK] y [CLS] en el texto [UNK]",
]


def learnt(text_rules: TextRules) -> vocabulary.Vocabulary:
    lines = [line for line in TRICKY if len(line) < 100] * 3
    return wordpiece.learn(lines, 600, text_rules)


def hugging_face(
    vocab: vocabulary.Vocabulary, text_rules: TextRules
) -> tokenizers.Tokenizer:
    model = models.WordPiece(vocab.ids, unk_token="[UNK]", max_input_chars_per_word=100)
    tokenizer = tokenizers.Tokenizer(model)
    tokenizer.normalizer = normalizers.BertNormalizer(
        lowercase=text_rules.lowercase, strip_accents=text_rules.strip_accents
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def assert_same_ids(lines: list[str], text_rules: TextRules, vocab) -> None:
    ours = Tokenizer(vocab, text_rules).tokenize(lines).to_list()
    theirs = hugging_face(vocab, text_rules).encode_batch(lines)
    different = [
        (line, [vocab.pieces[i] for i in ids], encoding.tokens)
        for line, ids, encoding in zip(lines, ours, theirs, strict=True)
        if ids != encoding.ids
    ]
    assert not different, different[:3]


@pytest.mark.parametrize("text_rules", RULES, ids=str)
def test_ids_equal_hugging_face_on_tricky_lines(text_rules):
    assert_same_ids(TRICKY, text_rules, learnt(text_rules))


@pytest.mark.parametrize("text_rules", RULES, ids=str)
def test_ids_equal_hugging_face_on_20000_lines_of_spanish(text_rules, real_data):
    path = real_data / "corpus" / "es_valid.txt.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as file:
        lines = [line.rstrip("\n") for line in itertools.islice(file, 20_000)]
    assert len(lines) == 20_000
    assert_same_ids(lines, text_rules, wordpiece.learn(lines, 8192, text_rules))


@pytest.mark.parametrize("text_rules", RULES, ids=str)
def test_offsets_cut_the_pieces_out_of_the_normalized_text(text_rules):
    vocab = learnt(text_rules)
    tokenizer = Tokenizer(vocab, text_rules)
    lines = [*TRICKY, "desconocido → qwžw 😀", "ñandú"]
    ids, starts, ends = tokenizer.tokenize_with_offsets(lines)
    assert ids.to_list() == tokenizer.tokenize(lines).to_list()
    normalized = [text.decode() for text in tokenizer.normalize(lines).numpy()]
    pieces = 0
    for text, *tokens in zip(
        normalized, ids.to_list(), starts.to_list(), ends.to_list()
    ):
        covered = ""
        for index, start, end in zip(*tokens):
            piece = vocab.pieces[index]
            if piece != "[UNK]":
                assert text[start:end] == piece.removeprefix("##")
            covered += text[start:end]
            pieces += 1
        assert covered == "".join(text.split())  # Nothing but blanks is left out.
    assert pieces > 200


def test_stripping_accents_makes_ano_of_año_and_keeping_them_does_not():
    for strip_accents, expected in [(True, b"el ano"), (False, "el año".encode())]:
        text_rules = TextRules(lowercase=True, strip_accents=strip_accents)
        normalized = Tokenizer(learnt(text_rules), text_rules).normalize(["El AÑO"])
        assert normalized.numpy()[0] == expected


def test_invalid_bytes_are_deleted():
    text_rules = TextRules(lowercase=False)
    tokenizer = Tokenizer(learnt(text_rules), text_rules)
    assert tokenizer.normalize([b"ca\xf1a \xff\xfe\xc3"]).numpy()[0] == b"caa "


def test_a_saved_model_holds_the_whole_tokenizer(tmp_path):
    text_rules = TextRules()
    tokenizer = Tokenizer(learnt(text_rules), text_rules)
    module = tf.Module()
    module.tokenizer = tokenizer
    module.tokenize = tf.function(
        lambda text_N: tokenizer.tokenize_with_offsets(text_N),
        input_signature=[tf.TensorSpec([None], tf.string)],
    )
    tf.saved_model.save(module, str(tmp_path))
    loaded = tf.saved_model.load(str(tmp_path)).tokenize(tf.constant(TRICKY))
    for ours, theirs in zip(tokenizer.tokenize_with_offsets(TRICKY), loaded):
        assert ours.to_list() == theirs.to_list()


def test_a_piece_with_a_control_character_is_refused():
    vocab = vocabulary.Vocabulary((*vocabulary.SPECIAL_PIECES, "\x00"))
    with pytest.raises(ValueError, match="control character"):
        Tokenizer(vocab, TextRules())


def test_a_turkish_locale_does_not_change_the_lower_case():
    program = (
        "from electra_tf.text.tokenizer import Tokenizer\n"
        "from electra_tf.text.vocabulary import *\n"
        "tokenizer = Tokenizer(Vocabulary((*SPECIAL_PIECES, 'i')), TextRules())\n"
        "print(ascii(tokenizer.normalize(['Iİ Í']).numpy()[0].decode()))\n"
    )
    for locale in ("tr_TR.UTF-8", "lt_LT.UTF-8"):
        printed = subprocess.run(
            [sys.executable, "-c", program],
            cwd=pathlib.Path(__file__).parents[2],
            env={**os.environ, "LC_ALL": locale},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert printed.strip() == ascii("ii\u0307 í")
