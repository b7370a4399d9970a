"""Hugging Face's tokenizer files, written and read; case and accents are explicit.

transformers 5 rebuilds the normaliser from tokenizer_config.json and ignores the one in
tokenizer.json; if strip_accents is unset, lower-casing strips accents, and `año` would
become `ano`.
"""

import dataclasses
from typing import Annotated

import pydantic
import tensorflow as tf
import tokenizers
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors

from electra_tf import files
from electra_tf.shards.manifest import VOCABULARY_NAME
from electra_tf.text.vocabulary import SPECIAL_PIECES, TextRules, Vocabulary

CONFIG_NAME = "tokenizer_config.json"
_SPECIAL_TOKENS_NAME = "special_tokens_map.json"
_FAST_NAME = "tokenizer.json"
FILES = (VOCABULARY_NAME, CONFIG_NAME, _SPECIAL_TOKENS_NAME, _FAST_NAME)
"""Files that are written."""
_SPECIAL_TOKENS = {
    "pad_token": "[PAD]",
    "unk_token": "[UNK]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}


@dataclasses.dataclass
class _TokenizerConfig:
    """The fields of tokenizer_config.json that are read."""

    do_lower_case: bool = True
    strip_accents: bool | None = None
    model_max_length: (
        Annotated[float, pydantic.Field(gt=0, allow_inf_nan=False)] | None
    ) = None


def write(
    directory: str, vocabulary: Vocabulary, text_rules: TextRules, max_seq_length: int
) -> None:
    """Writes vocab.txt, tokenizer.json, its configuration and the special tokens."""
    vocabulary.save(tf.io.gfile.join(directory, VOCABULARY_NAME))
    contents = {
        CONFIG_NAME: {
            "tokenizer_class": "BertTokenizer",
            "do_lower_case": text_rules.lowercase,
            "strip_accents": text_rules.strip_accents,
            "tokenize_chinese_chars": True,
            "model_max_length": max_seq_length,
            **_SPECIAL_TOKENS,
        },
        _SPECIAL_TOKENS_NAME: _SPECIAL_TOKENS,
    }
    for name, content in contents.items():
        files.write_json(tf.io.gfile.join(directory, name), content)
    path = tf.io.gfile.join(directory, _FAST_NAME)
    files.write(path, fast_tokenizer(vocabulary, text_rules).to_str(pretty=True))


def fast_tokenizer(
    vocabulary: Vocabulary, text_rules: TextRules
) -> tokenizers.Tokenizer:
    """The tokenizer of tokenizer.json, as an object of the library `tokenizers`."""
    tokenizer = tokenizers.Tokenizer(
        models.WordPiece(
            vocabulary.ids, unk_token="[UNK]", max_input_chars_per_word=100
        )
    )
    tokenizer.normalizer = normalizers.BertNormalizer(
        lowercase=text_rules.lowercase, strip_accents=text_rules.strip_accents
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    special = vocabulary.special_ids
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0",
        pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[("[CLS]", special.cls), ("[SEP]", special.sep)],
    )
    tokenizer.add_special_tokens(list(SPECIAL_PIECES))
    return tokenizer


def read_text_rules(directory: str) -> TextRules | None:
    """The text rules of tokenizer_config.json; None if there is no such file.

    Fields that are missing have transformers' defaults: text is lower-cased, and
    lower-casing strips accents.
    """
    config = _read(directory)
    if config is None:
        return None
    lowercase, strip_accents = config.do_lower_case, config.strip_accents
    return TextRules(lowercase, lowercase if strip_accents is None else strip_accents)


def read_max_length(directory: str) -> int | None:
    """Longest input of the model in tokens; None if the files do not say."""
    config = _read(directory)
    if config is None or config.model_max_length is None:
        return None
    return int(config.model_max_length)


def _read(directory: str) -> _TokenizerConfig | None:
    path = tf.io.gfile.join(directory, CONFIG_NAME)
    if not tf.io.gfile.exists(path):
        return None
    return files.read_json(path, _TokenizerConfig, "ignore")
