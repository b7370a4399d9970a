"""Exports a checkpoint as files that other programs load.

The program is electra_tf/commands/export.py.
"""

from electra_tf import cli
from electra_tf.commands.export import main

if __name__ == "__main__":
    cli.run(main)
