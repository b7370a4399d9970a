"""Builds a vocabulary and TFRecord shards from text on an Apache Beam cluster.

python -m electra_tf.build.beam --corpus='gs://BUCKET/oscar/es_part_*.txt.gz' \
    --output=gs://BUCKET/data --runner=DataflowRunner --project=... --region=...

The flags are prepare.py's and Beam's.
"""

import signal
import sys
from collections.abc import Sequence

from absl import flags

from electra_tf import cli
from electra_tf.build import build_flags


def main(arguments: Sequence[str]) -> None:
    """Checks the flags, then builds."""
    # Cleans up, as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        from electra_tf.build import beam_pipeline
    except ModuleNotFoundError as error:
        if error.name != "apache_beam":
            raise
        raise ValueError(
            "Apache Beam is not installed: pip install '.[beam]' in the clone."
        ) from error
    from electra_tf.build.result import summary

    if not flags.FLAGS.corpus:
        raise ValueError("--corpus names no text: give globs of files.")
    # Each of Beam's runners has a flag of its own for the number of workers.
    settings = build_flags.settings(num_workers=0, report="")
    result = beam_pipeline.build(settings, arguments[1:])
    print(f"{summary(result)}\n\n{settings.output} is ready.")


if __name__ == "__main__":
    cli.run(main, known_only=True)
