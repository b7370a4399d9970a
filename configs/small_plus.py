"""ELECTRA-small++: the model that was released as "ELECTRA-small".

Command:
    python pretrain.py --config=configs/small_plus.py \
        --config.data.directory=DATA512 --workdir=runs/small_plus

Expectation: 16 times the tokens of small.py, and a generator as wide as the
discriminator.

Source: google-research/electra, README ("ELECTRA-Small++") and issues 39, 68 and 73.
"""

from electra_tf.config import Config
from electra_tf.configs import small


def get_config() -> Config:
    """Small, with a full-width generator, length 512 and 4M steps."""
    config = small.get_config()
    config.model.generator_fraction = 1.0
    config.data.max_seq_length = 512
    config.num_train_steps = 4_000_000
    return config
