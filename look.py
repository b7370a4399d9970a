"""Shows what is in shards, or compares two vocabularies.

The program is electra_tf/commands/look.py.
"""

from electra_tf import cli
from electra_tf.commands.look import main

if __name__ == "__main__":
    cli.run(main)
