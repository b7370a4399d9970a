"""A model for two CPU cores: 2.1M parameters at 8,192 pieces, about three hours.

Command:
    python prepare.py --corpus='corpus/*.txt.gz' --vocab_size=8192 --output=runs/data8k
    python pretrain.py --config=configs/mini.py \
        --config.data.directory=runs/data8k --workdir=runs/mini

Expectation: the masked-LM loss in training falls below 5.0, which word frequencies
alone cannot reach, within 1,500 steps; held-out metrics follow at 6,000, where
attention_slope ends (docs/learning.md).

Source: the sizes are those of mini_reference.py. The differences let the run leave the
plateau sooner (docs/learning.md): small batches at a higher learning rate, no dropout,
wider initial weights, positions that start as sinusoids, equal weights of the losses, a
lower learning rate for the discriminator, and an attention_slope. Masks and precision
are this project's own.
"""

from electra_tf.config import Config, DataConfig, ModelConfig, PositionInitializer


def get_config() -> Config:
    """Four layers of 128, length 128, batch 16."""
    return Config(
        model=ModelConfig(
            hidden_size=128,
            num_layers=4,
            num_heads=2,
            intermediate_size=512,
            embedding_size=128,
            generator_fraction=0.5,
            dropout=0.0,
            initializer_range=0.08,
            position_initializer=PositionInitializer.SINUSOIDAL,
        ),
        data=DataConfig(max_seq_length=128, global_batch_size=16),
        discriminator_weight=1.0,
        learning_rate=2e-3,
        discriminator_rate=0.25,
        attention_slope=1.0,
        attention_slope_fraction=0.1,
        warmup_steps=500,
        num_train_steps=60_000,
        eval_every=2_000,
        eval_examples=2048,
        checkpoint_every=1_000,
    )
