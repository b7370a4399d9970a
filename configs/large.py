"""ELECTRA-large: 335M parameters, length 512, batch 2048, 400k steps.

Command, on a TPU pod slice:
    python pretrain.py --config=configs/large.py --tpu=NAME \
        --config.data.directory=gs://BUCKET/data512 --workdir=gs://BUCKET/large

Expectation: 2,276 TFLOP per step, 26 times base, so a pod slice is needed.
`--config.num_train_steps=1750000` is the paper's longer run (ELECTRA-1.75M).

Source: arXiv:2003.10555, table 6; google-research/electra, configure_pretraining.py.
"""

from electra_tf.config import Config
from electra_tf.configs import base


def get_config() -> Config:
    """Base, deeper and wider, with a generator a quarter as wide and more masks."""
    config = base.get_config()
    config.model.hidden_size = 1024
    config.model.num_layers = 24
    config.model.num_heads = 16
    config.model.intermediate_size = 4096
    config.model.embedding_size = 1024
    config.model.generator_fraction = 1 / 4
    config.masking.mask_prob = 0.25
    config.data.global_batch_size = 2048
    config.num_train_steps = 400_000
    return config
