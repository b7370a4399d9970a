"""The run of `make demo`: some minutes on two CPU cores, on the generated corpus.

Command:
    make demo

Expectation: a held-out AUC of 0.91 after two minutes of training. Time is the limit:
the curves still rise at the end.

Source: tried on two cores. Compared with the reference, each choice makes the model
move sooner from the statistics of single words to context: short examples and small
batches (more updates), a discriminator loss that does not drown the generator's in the
embeddings they share, and what mini has: no dropout, wider initial weights, positions
that start as sinusoids, an attention_slope for the first tenth, a high learning rate
with a lower one for the discriminator. Muon for the layers, and words that start from
their co-occurrences, reach in 2,000 steps what took 5,000. The generator samples at a
temperature of 1.5, so that its replacements include gross mistakes; at 1, where they
were rare, only one training in two marked «el zorro rojo es muy ser» (with Adam).
"""

from electra_tf.choices import Optimizer, WordInitializer
from electra_tf.config import Config, Precision
from electra_tf.configs import mini


def get_config() -> Config:
    """Two layers of 128, length 32, batch 32."""
    config = mini.get_config()
    config.model.num_layers = 2
    config.discriminator_weight = 2.0
    config.data.max_seq_length = 32
    config.data.global_batch_size = 32
    config.discriminator_rate = 0.5
    config.masking.temperature = 1.5
    config.warmup_steps = 200
    config.precision = Precision.FLOAT32  # About the same model on every machine.
    config.optimizer = Optimizer.MUON
    config.muon_rate = 4.0
    config.model.word_initializer = WordInitializer.SPECTRAL
    config.num_train_steps = 2_000
    config.log_every = 500
    config.eval_every = 500
    config.checkpoint_every = 500
    return config
