"""The demonstration: a few minutes on two CPU cores, on the generated corpus.

Command:
    make demo

Expectation: see the README; the generated corpus has a small vocabulary and strict
rules, so that the model leaves the plateau of unigram statistics within minutes.
"""

from configs import mini
from electra_tf.config import Config


def get_config() -> Config:
    """Mini, on short examples."""
    config = mini.get_config()
    config.data.max_seq_length = 64
    config.data.global_batch_size = 64
    config.num_train_steps = 2_000
    config.warmup_steps = 200
    config.learning_rate = 2e-3
    config.eval_every = 500
    config.checkpoint_every = 500
    return config
