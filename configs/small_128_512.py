"""ELECTRA-small for texts of 512 tokens: 9 steps in 10 at length 128, the rest at 512.

Command, with shards made by prepare.py --max_seq_length=512:
    python pretrain.py --config=configs/small_128_512.py \
        --config.data.directory=DATA512 --workdir=runs/small_128_512

Expectation: 1.151 TFLOP per step for the first 900,000 steps and 5.772 for the others,
1.4 times the cost of small.py. Held-out metrics are computed at length 128 until then,
and on the same text at length 512 from then on. The log ends with the tokens that
each part of the position table was trained on.

Source: the schedule is BERT's (arXiv:1810.04805, appendix A.2), the rest is
small.py. A batch keeps its number of examples, so the last steps see four times the
tokens.
"""

from electra_tf.config import Config
from electra_tf.configs import small


def get_config() -> Config:
    """Small, on shards of 512 tokens that are cut in four for 900,000 steps."""
    config = small.get_config()
    config.data.max_seq_length = 512
    config.data.short_seq_length = 128
    config.data.short_steps_fraction = 0.9
    return config
