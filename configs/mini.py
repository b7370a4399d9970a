"""A model for two CPU cores: 2.1M parameters at 8,192 pieces, an hour or more.

Command:
    python prepare.py --corpus='corpus/*.txt.gz' --vocab_size=8192 --output=runs/data8k
    python pretrain.py --config=configs/mini.py \
        --config.data.directory=runs/data8k --workdir=runs/mini

Expectation: AUC stays near 0.55 for the first 9,000 steps, while the generator knows
little more than which words are frequent, and rises then; the README has the curve.

Source: the sizes are those of mini_reference.py. What differs from it, small batches,
no dropout, wider initial weights and a smaller weight of the discriminator's loss, is
there to pass the plateau sooner, as in demo.py. With a weight of 10 the discriminator
fell silent (AUC 0.50) after 3,000 steps.
"""

from electra_tf.config import Config, DataConfig, ModelConfig


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
        ),
        data=DataConfig(max_seq_length=128, global_batch_size=16),
        discriminator_weight=1.0,
        learning_rate=1e-3,
        warmup_steps=500,
        num_train_steps=20_000,
        eval_every=1_000,
        eval_examples=2048,
        checkpoint_every=1_000,
    )
