"""ELECTRA-small as the paper describes it: 14M parameters, length 128, 1M steps.

Command:
    python pretrain.py --config=configs/small.py \
        --config.data.directory=DATA --workdir=runs/small

Expectation: 70.24 MFLOP per token, 1.151 TFLOP per step of 128 examples. The reference
took 4 days on a V100 and 9 hours on a TPU v3-8.

Source: arXiv:2003.10555, table 6; google-research/electra, configure_pretraining.py.
The released "ELECTRA-small" is another model: see small_plus.py.
"""

from electra_tf.config import Config


def get_config() -> Config:
    """The defaults of `Config` are this run."""
    return Config()
