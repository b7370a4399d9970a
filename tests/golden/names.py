"""Names of the reference's variables for ours."""

import re

_RULES = (
    (r"^electra/embeddings/layer_norm/", "electra/embeddings/LayerNorm/"),
    (r"^electra/generator/encoder/embeddings_project", "generator/embeddings_project"),
    (r"^electra/generator/encoder/", "generator/encoder/"),
    (r"^electra/generator/head_dense", "generator_predictions/dense"),
    (r"^electra/generator/head_norm", "generator_predictions/LayerNorm"),
    (r"^electra/generator/output_bias", "generator_predictions/output_bias"),
    (
        r"^electra/discriminator/encoder/embeddings_project",
        "electra/embeddings_project",
    ),
    (r"^electra/discriminator/encoder/", "electra/encoder/"),
    (r"^electra/discriminator/head_dense", "discriminator_predictions/dense"),
    (r"^electra/discriminator/head_prediction", "discriminator_predictions/dense_1"),
    (r"/attention/(query|key|value)/", r"/attention/self/\1/"),
    (r"/attention_output/", "/attention/output/dense/"),
    (r"/attention_norm/", "/attention/output/LayerNorm/"),
    (r"/intermediate/", "/intermediate/dense/"),
    (r"(layer_\d+)/output/", r"\1/output/dense/"),
    (r"/output_norm/", "/output/LayerNorm/"),
)


def reference_name(path: str) -> str:
    """The TF1 checkpoint name of a variable of `Electra`."""
    for pattern, replacement in _RULES:
        path = re.sub(pattern, replacement, path)
    return path
