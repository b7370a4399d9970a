"""The mini model on examples of 64 tokens: off the plateau in twelve minutes.

Command:
    python prepare.py --corpus='corpus/*.txt.gz' --vocab_size=8192 \
        --max_seq_length=64 --output=runs/data64
    python pretrain.py --config=configs/mini_short.py \
        --config.data.directory=runs/data64 --workdir=runs/mini_short

Expectation: the training's masked-LM loss is at 5.1 after 2,500 steps, climbs to 5.7
as attention_slope goes, by 3,200, passes 5.0 at 5,400 and is below 4.4 at the end.

Source: for comparisons, as of benchmarks.ablations. Among 64 tokens a narrow network
finds its neighbours sooner than among mini's 128, where a run as short is still on the
plateau when it ends: docs/plateau.md.
"""

from configs import mini
from electra_tf.config import Config


def get_config() -> Config:
    """Mini, of 8,000 steps."""
    config = mini.get_config()
    config.data.max_seq_length = 64
    config.attention_slope_fraction = 0.4
    config.num_train_steps = 8_000
    return config
