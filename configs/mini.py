"""A model for two CPU cores: 2.1M parameters at 8,192 pieces, an hour or more.

Command:
    python prepare.py --corpus='corpus/*.txt.gz' --vocab_size=8192 --output=runs/data8k
    python pretrain.py --config=configs/mini.py \
        --config.data.directory=runs/data8k --workdir=runs/mini

Expectation: the generator passes the plateau of unigram statistics within the first
thousands of steps; recall and AUC of the discriminator rise after it.

Source: the sizes are the smallest at which a replaced word can still be told from its
context; the reference has no such configuration.
"""

from electra_tf.config import Config, DataConfig, ModelConfig


def get_config() -> Config:
    """Four layers of 128, length 128, batch 32."""
    return Config(
        model=ModelConfig(
            hidden_size=128,
            num_layers=4,
            num_heads=2,
            intermediate_size=512,
            embedding_size=128,
            generator_fraction=0.5,
        ),
        data=DataConfig(max_seq_length=128, global_batch_size=32),
        learning_rate=1e-3,
        warmup_steps=500,
        num_train_steps=20_000,
        eval_every=1_000,
        eval_examples=2048,
        checkpoint_every=1_000,
    )
