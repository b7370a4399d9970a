"""Builds a vocabulary and TFRecord shards from text.

The program is electra_tf/commands/prepare.py.
"""

from electra_tf import cli
from electra_tf.commands.prepare import main

if __name__ == "__main__":
    cli.run(main)
