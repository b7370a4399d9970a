"""A build that takes the text as it is: nothing repaired, nothing dropped.

Command:
    python prepare.py --corpus='corpus/*.txt.gz' --output=runs/data

Expectation: every token of the corpus is in an example.

Source: the default of prepare.py. Rules can be switched on one by one, such as
--config.deduplication.lines; electra_tf/build/config.py lists them.
"""

from electra_tf.build.config import BuildConfig


def get_config() -> BuildConfig:
    """Every rule off."""
    return BuildConfig()
