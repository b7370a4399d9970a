"""The configuration of a pre-training run: typed fields, units, derived values.

Every number is defined once, here. A file in `configs/` returns a `Config`; flags such
as `--config.data.global_batch_size=64` override single fields; `validation.validate` is
called once, in main, after all overrides. Zero means "off" where a docstring says so.

This module must not use `from __future__ import annotations`: ml_collections reads
the field types to parse overrides.
"""

import dataclasses
import enum
import json
from typing import Any, NamedTuple

from electra_tf.choices import (
    JitCompile,
    Optimizer,
    PositionInitializer,
    Precision,
    Schedule,
    WordInitializer,
)


@dataclasses.dataclass(frozen=True)
class EncoderSizes:
    """The widths of one Transformer encoder."""

    hidden_size: int
    num_layers: int
    num_heads: int
    intermediate_size: int


@dataclasses.dataclass
class ModelConfig:
    """Sizes of the discriminator, and of the generator as a fraction of them."""

    hidden_size: int = 256
    num_layers: int = 12
    num_heads: int = 4
    intermediate_size: int = 1024
    embedding_size: int = 128
    generator_fraction: float = 0.25
    """Generator width / discriminator width; the depth is the same."""
    max_position_embeddings: int = 512
    token_types: int = 2
    dropout: float = 0.1
    """Dropout rate of hidden states and attention probabilities, in training only."""
    initializer_range: float = 0.02
    """Standard deviation of initial kernels and tables. The default is the reference's;
    a narrow network (below 256) starts to learn from context sooner with more."""
    position_initializer: PositionInitializer = PositionInitializer.NORMAL
    word_initializer: WordInitializer = WordInitializer.NORMAL
    disentangled_embeddings: bool = False
    """The discriminator adds its own tables to the generator's, without passing a
    gradient to the latter (DeBERTaV3, section 3.2). Exports contain the sums."""
    rematerialize: bool = False
    """Keep only each layer's input for the backward pass, and compute the layer again:
    a fraction of the memory, a third more work, the same numbers."""

    @property
    def discriminator(self) -> EncoderSizes:
        """Sizes of the discriminator, the network that is used after pre-training."""
        return EncoderSizes(
            self.hidden_size, self.num_layers, self.num_heads, self.intermediate_size
        )

    @property
    def generator(self) -> EncoderSizes:
        """Sizes of the network that proposes replacements."""
        hidden_size = round(self.hidden_size * self.generator_fraction)
        return EncoderSizes(
            hidden_size=hidden_size,
            num_layers=self.num_layers,
            num_heads=max(1, hidden_size // 64),
            intermediate_size=round(self.intermediate_size * self.generator_fraction),
        )


@dataclasses.dataclass
class MaskingConfig:
    """How many tokens are masked, and what replaces them (paper, section 3.1)."""

    mask_prob: float = 0.15
    """Share of the real tokens, [CLS] and [SEP] included, that are selected."""
    mask_token_prob: float = 0.85
    """Share of the selected tokens that become [MASK]; the others stay."""
    whole_words: bool = False
    """Select words with all their pieces instead of single pieces. The last word may be
    cut, because the number of masked tokens stays the same."""
    temperature: float = 1.0
    """Temperature of the generator's samples."""
    final_temperature: float = 0.0
    """Temperature at the end of the run, reached linearly; held-out examples always use
    it. 0: `temperature` throughout."""
    disallow_correct: bool = False
    """Never sample the original token, so that every selected token is replaced."""
    with_replacement: bool = False
    """Draw positions with replacement, as the reference; for comparisons only."""

    def max_predictions(self, max_seq_length: int) -> int:
        """Masked slots per example; as in the reference half a percent is added."""
        return int((self.mask_prob + 0.005) * max_seq_length)


@dataclasses.dataclass
class DataConfig:
    """Location of the shards, and how they become batches."""

    directory: str = ""
    """Output of prepare.py: shards, vocab.txt, manifest.json. May be gs://."""
    max_seq_length: int = 128
    """Tokens per example; must equal that of the shards."""
    short_seq_length: int = 0
    """Tokens per example in the first phase of the run, whose examples are cut as they
    are read; must divide max_seq_length. 0: no such phase."""
    short_steps_fraction: float = 0.9
    """Share of the steps in the phase of short examples."""
    global_batch_size: int = 128
    """Examples per optimizer step, over all replicas and accumulated micro-batches."""
    shuffle_buffer: int = 16384
    """Examples in memory per host, to shuffle within an epoch."""


class Phase(NamedTuple):
    """A part of a run on examples of one length."""

    length: int
    """Tokens per example."""
    end: int
    """Last step of the phase; the first step of a run is 1."""
    batch_offset: int = 0
    """Added to the steps already taken: the batches of this length to skip, which hold
    the examples already read."""


@dataclasses.dataclass
class Config:
    """One pre-training run."""

    model: ModelConfig = dataclasses.field(default_factory=ModelConfig)
    masking: MaskingConfig = dataclasses.field(default_factory=MaskingConfig)
    data: DataConfig = dataclasses.field(default_factory=DataConfig)

    init_from: str = ""
    """Initial weights: a working directory, a Hugging Face directory (of one network or
    of both), or a TF1 checkpoint; "": random weights."""
    branch_from: str = ""
    """A checkpoint of another run, RUN/checkpoints/step-N, that this run goes on from
    as if its first N steps were its own: to end a run early or late."""
    num_train_steps: int = 1_000_000
    """Optimizer steps; the learning rate ends at 0. A resume may change it as long as
    the steps already taken would have been the same: see schedule."""
    warmup_steps: int = 10_000
    """Optimizer steps in which the learning rate rises from 0."""
    learning_rate: float = 5e-4
    """Peak learning rate."""
    schedule: Schedule = Schedule.LINEAR
    decay_fraction: float = 0.2
    """WSD: share of the steps, the last ones, in which the rate falls."""
    discriminator_rate: float = 1.0
    """Ratio of the discriminator's learning rate to that of generator and shared
    embeddings. At the full rate a narrow discriminator forgets its input before it can
    learn from it. Loss weights don't help, because Adam divides them out."""
    optimizer: Optimizer = Optimizer.ADAM
    muon_rate: float = 1.0
    """Ratio of Muon's learning rate to learning_rate."""
    weight_decay: float = 0.01
    """Decoupled weight decay; not applied to biases and layer norms."""
    gradient_clip_norm: float = 1.0
    """Maximum global norm of the gradient, which is summed over all replicas."""
    max_skipped_updates: int = 20
    """Consecutive updates with a non-finite gradient that end the run."""
    attention_slope: float = 0.0
    """Penalty on attention scores per token of distance in training (ALiBi), which
    falls linearly to 0. With it a narrow network attends to a token's neighbours from
    the start. Evaluation does without it."""
    attention_slope_fraction: float = 0.5
    """Share of the steps until attention_slope is 0."""
    generator_weight: float = 1.0
    """Weight of the masked-LM loss in the total loss."""
    discriminator_weight: float = 50.0
    """Weight of the replaced-token loss; lambda in the paper."""
    gradient_accumulation_steps: int = 1
    """Micro-batches per optimizer step on each replica."""

    precision: Precision = Precision.AUTO
    jit_compile: JitCompile = JitCompile.AUTO
    peak_teraflops: float = 0.0
    """Peak of one replica's device, for the utilisation; 0: published or measured."""

    steps_per_loop: int = 100
    """Optimizer steps between two returns to Python; divides the intervals below."""
    log_every: int = 100
    """Steps between readings of the training metrics."""
    eval_every: int = 10_000
    """Steps between evaluations on the held-out split; 0: never."""
    eval_examples: int = 0
    """Held-out examples per evaluation, always the same ones, spread over the split; 0:
    all."""
    checkpoint_every: int = 1_000
    """Steps between checkpoints: the most that a kill can lose."""
    keep_checkpoints: int = 3
    """Number of latest checkpoints to keep."""
    keep_every: int = 0
    """Also keep checkpoints at multiples of so many steps; 0: none."""
    keep_best: bool = True
    """Save and keep the checkpoint with the lowest held-out total loss."""
    seed: int = 0
    """Seed of initial weights, order of the data, masks, samples and dropout; and of
    the held-out masks, which are the same in every evaluation."""

    @property
    def micro_batch_size(self) -> int:
        """Examples per micro-batch, summed over the replicas."""
        return self.data.global_batch_size // self.gradient_accumulation_steps

    @property
    def max_predictions(self) -> int:
        """Masked slots per example of max_seq_length tokens."""
        return self.masking.max_predictions(self.data.max_seq_length)

    @property
    def short_steps(self) -> int:
        """Steps at data.short_seq_length, before the others.

        Rounded down to a multiple of the number of short examples in a long one, so
        that these steps read a whole number of long batches.
        """
        data = self.data
        if not data.short_seq_length:
            return 0
        pieces = data.max_seq_length // data.short_seq_length
        return (
            round(data.short_steps_fraction * self.num_train_steps) // pieces * pieces
        )

    @property
    def phases(self) -> list[Phase]:
        """The phases of the run, in order."""
        data, short_steps = self.data, self.short_steps
        if not data.short_seq_length:
            return [Phase(data.max_seq_length, self.num_train_steps)]
        read = short_steps * data.short_seq_length // data.max_seq_length
        return [
            Phase(data.short_seq_length, short_steps),
            Phase(data.max_seq_length, self.num_train_steps, read - short_steps),
        ]

    def phase(self, step: int) -> Phase:
        """The phase that a step belongs to."""
        return next(phase for phase in self.phases if step <= phase.end)

    def to_json(self) -> str:
        """The configuration as JSON text, which `files.read_json` reads."""
        return json.dumps(dataclasses.asdict(self), indent=2, default=enum_name)


def enum_name(value: Any) -> str:
    """Name of an enumeration, for `json.dumps(default=...)`."""
    if isinstance(value, enum.Enum):
        return value.name
    raise TypeError(f"{value!r} cannot be written as JSON")
