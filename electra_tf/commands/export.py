"""Exports a checkpoint as files that other programs load.

python export.py --workdir=runs/small --output=export [--checkpoint=best] \
    [--formats=saved_model,huggingface,keras]
"""

from absl import flags

from electra_tf import cli

_WORKDIR = flags.DEFINE_string(
    "workdir", None, "Working directory of a run of pretrain.py.", required=True
)
_OUTPUT = flags.DEFINE_string(
    "output", None, "Directory for the exports, a subdirectory each.", required=True
)
_CHECKPOINT = flags.DEFINE_string(
    "checkpoint", "latest", "Checkpoint to export: latest, best, or a step."
)
_OVERWRITE = flags.DEFINE_boolean(
    "overwrite", False, "Replace earlier exports in the output directory."
)
_FORMATS = flags.DEFINE_list(
    "formats",
    ["saved_model"],
    "Comma-separated list of saved_model (both networks with the tokenizer, for "
    "TensorFlow alone), huggingface (both networks, for transformers), "
    "huggingface_float16 (the same in half the size), keras (the encoder, for "
    "keras_nlp).",
)


def main(_) -> None:
    """Exports the run and prints how to use the files."""
    # Imported once the flags are known to be right: --help takes no time.
    from electra_tf.interop import export

    written = export.export(
        _WORKDIR.value,
        _OUTPUT.value,
        _FORMATS.value,
        _CHECKPOINT.value,
        _OVERWRITE.value,
    )
    for path in written:
        print(f"Written to {path}.")
    if "saved_model" in _FORMATS.value:
        print(cli.shown(f"Try it:  python demo.py --model={_OUTPUT.value}"))
    print("How to load the files: see the README.md in each directory.")
