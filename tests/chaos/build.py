"""Runs a build that commits after every block, so that tests can interrupt it.

python -m tests.chaos.build DIRECTORY OUTPUT

DIRECTORY holds the corpus as *.txt.
"""

import dataclasses
import sys

from electra_tf.build import journal, local
from electra_tf.build.config import BuildConfig, DeduplicationConfig
from electra_tf.corpus import blocks
from tests.corpus.texts import build_of


def main() -> None:
    """Builds with all kinds of deduplication, and so with all stages."""
    directory, output = sys.argv[1:]
    blocks.BLOCK_BYTES = 5000
    journal.COMMIT_SECONDS, journal.COMMIT_SHARE = 0.0, float("inf")
    duplicates = DeduplicationConfig(documents=True, lines=True, near_documents=0.7)
    settings = build_of(f"{directory}/*.txt", output)
    local.build(
        dataclasses.replace(settings, config=BuildConfig(deduplication=duplicates))
    )


if __name__ == "__main__":
    main()
