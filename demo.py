"""Exported model → sentences with their replaced words marked, on a page or here.

python demo.py --model=export
python demo.py --model=export --text="el zorro rojo es muy ser"
"""

import tensorflow as tf
from absl import flags

from electra_tf import cli
from electra_tf.interop import detections, loader

_MODEL = flags.DEFINE_string(
    "model", None, "A directory written by export.py.", required=True
)
_TEXT = flags.DEFINE_multi_string(
    "text", [], "A sentence to judge here, without a page; may be repeated."
)
_HOST = flags.DEFINE_string(
    "host",
    "127.0.0.1",
    "Address that serves the page; 0.0.0.0 lets other machines in, unasked.",
)
_PORT = flags.DEFINE_integer(
    "port", 7860, "Of the host.", lower_bound=1, upper_bound=65535
)
_ALLOWED_HOSTS = flags.DEFINE_list(
    "allowed_hosts", [], "Names of the page, such as a proxy's, beside addresses."
)


def main(_) -> None:
    """Prints tokens, judgements and probabilities of --text, or opens the page."""
    if _TEXT.value:
        detect = loader.load(_MODEL.value, "detect").signatures["detect"]
        print(detections.judgements(detect(text=tf.constant(_TEXT.value))))
        return
    try:
        from electra_tf.page import app
    except ModuleNotFoundError as error:
        raise ValueError(
            f"The page needs {error.name}: pip install -r requirements-demo.txt, or "
            "give a --text to judge it here."
        ) from error
    built = app.build(_MODEL.value)
    try:
        built.launch(
            _ALLOWED_HOSTS.value, server_name=_HOST.value, server_port=_PORT.value
        )
    except OSError as error:
        raise ValueError(
            f"--port={_PORT.value} of --host={_HOST.value} is taken, or no address of "
            "this machine: give another."
        ) from error


if __name__ == "__main__":
    cli.run(main)
