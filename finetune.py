"""An encoder + labelled text → a task model and its scores.

The program is electra_tf/commands/finetune.py.
"""

from electra_tf import cli
from electra_tf.commands.finetune import main

if __name__ == "__main__":
    cli.run(main)
