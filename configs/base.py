"""ELECTRA-base: 110M parameters, length 512, batch 256, 766k steps.

Command, on a TPU of 8 cores, in micro-batches of 8 examples on each:
    python pretrain.py --config=configs/base.py --tpu=local \
        --config.gradient_accumulation_steps=4 \
        --config.data.directory=DATA512 --workdir=gs://BUCKET/base

Expectation: 669 MFLOP per token, 88 TFLOP per step of 256. With a much smaller
batch it does not learn; where memory is short, keep 256 and accumulate gradients.

Source: arXiv:2003.10555, table 6; google-research/electra, configure_pretraining.py.
"""

from electra_tf.config import Config, DataConfig, ModelConfig


def get_config() -> Config:
    """The widths of BERT-base, and a generator a third as wide."""
    return Config(
        model=ModelConfig(
            hidden_size=768,
            num_layers=12,
            num_heads=12,
            intermediate_size=3072,
            embedding_size=768,
            generator_fraction=1 / 3,
        ),
        data=DataConfig(max_seq_length=512, global_batch_size=256),
        learning_rate=2e-4,
        warmup_steps=10_000,
        num_train_steps=766_000,
    )
