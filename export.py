"""Checkpoint → files that others load.

python export.py --workdir=runs/small --output=export [--checkpoint=best] \
    [--formats=saved_model,huggingface,keras]
"""

from absl import flags

from electra_tf import cli
from electra_tf.interop import export

_WORKDIR = flags.DEFINE_string(
    "workdir", None, "Working directory of a pretrain.py run.", required=True
)
_OUTPUT = flags.DEFINE_string(
    "output", None, "Directory that gets a directory per format.", required=True
)
_CHECKPOINT = flags.DEFINE_string("checkpoint", "latest", "latest, best, or a step.")
_OVERWRITE = flags.DEFINE_boolean(
    "overwrite", False, "Replace former exports in the output directory."
)
_FORMATS = flags.DEFINE_list(
    "formats", ["saved_model"], f"Comma-separated: {', '.join(export.FORMATS)}."
)


def main(_) -> None:
    """Exports and says how to use what was made."""
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
        print(f"Try it:  python demo.py --model={_OUTPUT.value}")
    print("How to load what was made: the README.md in each directory.")


if __name__ == "__main__":
    cli.run(main)
