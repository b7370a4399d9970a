"""Shards → checkpoints and TensorBoard.

The program is electra_tf/commands/pretrain.py.
"""

from electra_tf import cli
from electra_tf.commands.pretrain import main

if __name__ == "__main__":
    cli.run(main)
