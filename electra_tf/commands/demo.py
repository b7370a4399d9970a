"""Marks replaced words in sentences with an exported model: a web page, or a table.

python demo.py --model=export
python demo.py --model=export --text="el zorro rojo es muy ser"
"""

from absl import flags

_MODEL = flags.DEFINE_string(
    "model",
    None,
    "A directory written by export.py, or a Hugging Face directory.",
    required=True,
)
_TEXT = flags.DEFINE_multi_string(
    "text", [], "Sentence to print a table for, instead of a page; may be repeated."
)
_HOST = flags.DEFINE_string(
    "host",
    "127.0.0.1",
    "Address to serve the page at; 0.0.0.0 admits other machines, without a password.",
)
_PORT = flags.DEFINE_integer(
    "port", 7860, "Port to serve the page at.", lower_bound=1, upper_bound=65535
)
_ALLOWED_HOSTS = flags.DEFINE_list(
    "allowed_hosts",
    [],
    "Host names of the page, such as a proxy's.",
)


def main(_) -> None:
    """Prints tokens, predictions and probabilities of --text, or serves the page."""
    # TensorFlow is imported when the flags are known to be right: --help takes no time.
    if _TEXT.value:
        import tensorflow as tf

        from electra_tf.interop import detections, text_models

        detect = text_models.load(_MODEL.value, "detect")["detect"]
        outputs = detect(text=tf.constant(_TEXT.value))
        print(detections.table(detections.unpack(outputs)))
        return
    try:
        from electra_tf.page import app
    except ModuleNotFoundError as error:
        raise ValueError(
            f"The page needs {error.name}: pip install '.[demo]' in the clone, or give "
            "--text for a table without a page."
        ) from error
    built = app.build(_MODEL.value)
    try:
        built.launch(
            _ALLOWED_HOSTS.value, server_name=_HOST.value, server_port=_PORT.value
        )
    except OSError as error:
        raise ValueError(
            f"--port={_PORT.value} of --host={_HOST.value} is taken, or the host is no "
            "address of this machine: choose another."
        ) from error
