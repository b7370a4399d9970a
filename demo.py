"""Marks replaced words in sentences with an exported model: a web page, or a table.

The program is electra_tf/commands/demo.py.
"""

from electra_tf import cli
from electra_tf.commands.demo import main

if __name__ == "__main__":
    cli.run(main)
