"""The mini model on examples of 64 tokens: off the plateau in twelve minutes.

Command:
    python prepare.py --corpus='corpus/*.txt.gz' --vocab_size=8192 \
        --max_seq_length=64 --output=runs/data64
    python pretrain.py --config=configs/mini_short.py \
        --config.data.directory=runs/data64 --workdir=runs/mini_short

Expectation: the masked-LM loss in training is 5.1 after 2,500 steps, rises to 5.7 by
step 3,200, where attention_slope ends, is 5.0 at 5,400 and below 4.4 at the end.

Source: made for comparisons such as benchmarks.ablations. A narrow network learns to
find neighbouring words sooner among 64 tokens than among mini's 128, where so short a
run ends on the plateau (docs/learning.md).
"""

from electra_tf.config import Config
from electra_tf.configs import mini


def get_config() -> Config:
    """Mini, with length 64 and 8,000 steps."""
    config = mini.get_config()
    config.data.max_seq_length = 64
    config.attention_slope_fraction = 0.4
    config.num_train_steps = 8_000
    return config
