"""Writes a preset that keras_nlp's `ElectraBackbone.from_preset` loads.

A preset holds the encoder and the tokenizer, which differ from ours in two places.

The backbone's GELU is the tanh approximation, ours the exact one. Hidden states of real
tokens, which are of size 1, differ by up to 1.2e-4 in a fresh 12 x 256 model and by up
to 2.7e-3 in the trained demo (of a token's vector: 3.0e-5 and 8.5e-4). With the exact
GELU put into the loaded backbone it is 2.3e-6 and 4.8e-6, the rounding of float32:

    for layer in backbone.transformer_layers:
        layer._feedforward_intermediate_dense.activation = keras.activations.get("gelu")

The tokenizer gives our ids for 97.7 % of 6,000 lines of Spanish where it lower-cases,
and for all 6,000 where it doesn't. It lower-cases by Unicode's NFKC_Casefold, each word
after the cut: "nº" becomes "no", "ª" "a", "…" three full stops at once, so [UNK], "ß"
"ss", and n with a combining tilde "ñ". Under any rules it takes words that are
joined by U+00A0 for one, which is [UNK]; it cuts a word where ours deletes a control
or format character (U+00AD, U+200B); and a word is [UNK] from 101 bytes on, not
characters. In a graph of tf.data it does the same.

Sources: keras_hub 0.32, `models/electra/electra_backbone.py`,
`tokenizers/word_piece_tokenizer.py`.
"""

import os
import re
import tempfile

import keras
import tensorflow as tf

from electra_tf.model.electra import Electra
from electra_tf.model.initialization import initialize
from electra_tf.text.vocabulary import TextRules, Vocabulary

FILES = (
    "config.json",
    "metadata.json",
    "model.weights.h5",
    "tokenizer.json",
    "assets/tokenizer/vocabulary.txt",
)
"""Files that keras_nlp writes."""
USAGE = """\
```python
import keras_nlp

tokenizer = keras_nlp.models.ElectraTokenizer.from_preset("{path}")
backbone = keras_nlp.models.ElectraBackbone.from_preset("{path}")
packer = keras_nlp.layers.MultiSegmentPacker(
    {length}, tokenizer.cls_token_id, tokenizer.sep_token_id
)
ids, segments = packer(tokenizer(["{example}"]))
mask = ids != tokenizer.pad_token_id
inputs = {{"token_ids": ids, "segment_ids": segments, "padding_mask": mask}}
print(backbone(inputs)["sequence_output"])
```

The backbone of keras_nlp computes GELU by its tanh approximation, the model was trained
with the exact one: hidden states differ in the third or fourth decimal. Its pooler,
which ELECTRA has not, is untrained."""
"""How to load the files: Markdown with fields for the model card to fill in."""

_RULES = (
    (r"^token_embedding/embeddings$", "electra/embeddings/word_embeddings"),
    (r"^position_embedding/embeddings$", "electra/embeddings/position_embeddings"),
    (r"^segment_embedding/embeddings$", "electra/embeddings/token_type_embeddings"),
    (r"^embeddings_layer_norm/", "electra/embeddings/layer_norm/"),
    (r"^embeddings_projection/", "electra/discriminator/encoder/embeddings_project/"),
    (r"^transformer_(layer_\d+)/", r"electra/discriminator/encoder/\1/"),
    (r"/self_attention_layer/(query|key|value)/", r"/attention/\1/"),
    (r"/self_attention_layer/attention_output/", "/attention_output/"),
    (r"/self_attention_layer_norm/", "/attention_norm/"),
    (r"/feedforward_intermediate_dense/", "/intermediate/"),
    (r"/feedforward_output_dense/", "/output/"),
    (r"/feedforward_layer_norm/", "/output_norm/"),
)


def variable_path(path: str) -> str:
    """The path of our variable for one of `ElectraBackbone`, except the pooler."""
    for pattern, replacement in _RULES:
        path = re.sub(pattern, replacement, path)
    return path


def write(
    directory: str,
    model: Electra,
    vocabulary: Vocabulary,
    text_rules: TextRules,
) -> None:
    """Writes the preset.

    A preset has no head of the discriminator. The backbone's pooler has no counterpart
    here: it gets initial weights from a fixed seed. (Zeros would keep the first
    gradient of fine-tuning from the encoder.)

    Args:
        directory: existing directory, local or gs://.
        model: the model whose discriminator is written.
        vocabulary: vocabulary of the model's shards.
        text_rules: text rules of the shards.

    Raises:
        ValueError: a piece of the vocabulary ends in a blank.
    """
    # Not at the top: other formats are exported where keras_nlp is not installed.
    import keras_nlp

    _check_line_ends(vocabulary)
    config = model.config
    backbone = keras_nlp.models.ElectraBackbone(
        vocab_size=len(vocabulary),
        num_layers=config.num_layers,
        num_heads=config.num_heads,
        hidden_dim=config.hidden_size,
        embedding_dim=config.embedding_size,
        intermediate_dim=config.intermediate_size,
        dropout=config.dropout,
        max_sequence_length=config.max_position_embeddings,
        num_segments=config.token_types,
        dtype="float32",
    )
    _copy_weights(model, backbone)
    tokenizer = keras_nlp.models.ElectraTokenizer(
        list(vocabulary.pieces),
        lowercase=text_rules.lowercase,
        strip_accents=text_rules.strip_accents,
    )
    # keras_nlp writes only to local disks; `directory` may be gs://.
    with tempfile.TemporaryDirectory() as local:
        backbone.save_to_preset(local)
        tokenizer.save_to_preset(local)
        _copy_tree(local, directory)


def _copy_weights(model: Electra, backbone: keras.Model) -> None:
    """Assigns all weights of the backbone."""
    ours = model.values("discriminator")
    pooler = backbone.pooled_dense.weights
    initialize(pooler, model.config.initializer_range, seed=0)
    of_pooler = {variable.path for variable in pooler}
    for variable in backbone.weights:
        if variable.path not in of_pooler:
            value = ours[variable_path(variable.path)]
            # Kernels [D, D] are [D, H, K] there, or [H, K, D] after attention: in
            # ours, the heads are adjacent and in order.
            variable.assign(tf.reshape(value, variable.shape))


def _check_line_ends(vocabulary: Vocabulary) -> None:
    """Refuses pieces with trailing blanks, which keras_nlp strips when it reads."""
    for line, piece in enumerate(vocabulary.pieces, 1):
        if piece != piece.rstrip():
            raise ValueError(
                f"Line {line} of the vocabulary, {piece!r}, ends in a blank, which "
                "keras_nlp strips when it reads the file, so a preset can't have this "
                "vocabulary: choose another of --formats."
            )


def _copy_tree(source: str, target: str) -> None:
    """Copies a local directory into one that is local or gs://."""
    for folder, _, names in os.walk(source):
        relative = os.path.relpath(folder, source)
        copy = tf.io.gfile.join(target, "" if relative == "." else relative)
        tf.io.gfile.makedirs(copy)
        for name in names:
            tf.io.gfile.copy(os.path.join(folder, name), tf.io.gfile.join(copy, name))
