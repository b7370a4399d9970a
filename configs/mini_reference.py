"""A run to compare with google-research/electra: 3,000 steps of the mini model.

Command:
    python prepare.py --vocab=vocab8k.txt --adopt_train=mini_train.tfrecord \
        --adopt_valid=mini_valid.tfrecord --output=runs/reference
    python pretrain.py --config=configs/mini_reference.py \
        --config.data.directory=runs/reference --workdir=runs/mini_reference

Expectation, held out at step 3,000, from two runs of the reference: masked-LM loss
5.740 and 5.739, sampled accuracy 0.1374, discriminator loss 0.3542 and 0.3543. The
model is still on its early plateau: the run compares the pace, not the final quality.

Source: google-research/electra, commit 8a46635, on TensorFlow 2.15.1.
"""

from electra_tf.config import Config, PositionInitializer, Precision
from electra_tf.configs import mini


def get_config() -> Config:
    """Mini, with the reference's batch, learning rate, loss weights and masking."""
    config = mini.get_config()
    config.model.dropout = 0.1
    config.model.initializer_range = 0.02
    config.discriminator_weight = 50.0
    config.discriminator_rate = 1.0
    config.learning_rate = 1e-3
    config.attention_slope = 0.0
    config.model.position_initializer = PositionInitializer.NORMAL
    config.data.global_batch_size = 32
    config.masking.with_replacement = True
    config.precision = Precision.FLOAT32
    config.warmup_steps = 200
    config.num_train_steps = 3_000
    config.eval_every = 1_000
    config.eval_examples = 88 * 128
    return config
