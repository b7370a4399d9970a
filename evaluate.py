"""Evaluates a checkpoint on shards, or its detector on labelled text.

The program is electra_tf/commands/evaluate.py.
"""

from electra_tf import cli
from electra_tf.commands.evaluate import main

if __name__ == "__main__":
    cli.run(main)
