"""The midi model: between mini and small, for an hour or two of a CPU core.

Command:
    python prepare.py --corpus='corpus/*.txt.gz' --nolowercase --vocab_size=14336 \
        --max_seq_length=64 --output=runs/data_midi
    python pretrain.py --config=configs/midi.py \
        --config.data.directory=runs/data_midi --workdir=runs/midi

Expectation: on 153 MB of Spanish, after 2,000 of the 5,500 steps (23 minutes of a core
with AMX, beside other work), held out: masked-LM loss 3.97, AUC 0.65; fine-tuned on
CoNLL-2002: entity F1 60.9 (dev; one seed, docs/learning.md). The rest was not run.

Source: mini.py, with the words' co-occurrences as a start and Muon. Wider than mini, it
needs smaller initial weights and gets by with a discriminator_rate of 0.5.
"""

from electra_tf.config import Config, Optimizer, WordInitializer
from electra_tf.configs import mini


def get_config() -> Config:
    """Four layers of 256, generator of 128, length 64, batch 32."""
    config = mini.get_config()
    config.model.hidden_size = 256
    config.model.num_heads = 4
    config.model.intermediate_size = 1024
    config.model.initializer_range = 0.03
    config.model.word_initializer = WordInitializer.SPECTRAL
    config.data.max_seq_length = 64
    config.data.global_batch_size = 32
    config.optimizer = Optimizer.MUON
    config.discriminator_rate = 0.5
    config.attention_slope_fraction = 0.25
    config.warmup_steps = 300
    config.num_train_steps = 5_500
    return config
