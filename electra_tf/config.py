"""What a pre-training run is: typed fields, units, and what follows from them.

Every number has one home here. A file in `configs/` returns a `Config`; flags such as
`--config.data.global_batch_size=64` override single fields; `validation.validate` is
called once, in main, after all overrides. Zero means "off" where a docstring says so.

This module must not use `from __future__ import annotations`: ml_collections reads
the field types to parse overrides.
"""

import dataclasses
import enum
import json
from typing import Any, NamedTuple


class _Choice(enum.Enum):
    """One of a few names, which is how flags and config.json give it."""

    @classmethod
    def _missing_(cls, value: object) -> "_Choice | None":
        return cls.__members__.get(value) if isinstance(value, str) else None


class Precision(_Choice):
    """Arithmetic of matrix products; variables, norms and losses are float32."""

    AUTO = "auto"
    """Bfloat16 where the device has it, else float32."""
    FLOAT32 = "float32"
    MIXED_BFLOAT16 = "mixed_bfloat16"


class JitCompile(_Choice):
    """Whether XLA compiles the whole forward and backward pass; a TPU always does."""

    AUTO = "auto"
    """Unless a CPU computes in bfloat16: then its expressions, each by itself."""
    ON = "on"
    OFF = "off"


class PositionInitializer(_Choice):
    """What the position table holds before the first step."""

    NORMAL = "normal"
    """Noise, as every other table: that of the reference."""
    SINUSOIDAL = "sinusoidal"
    """Sines and cosines ("Attention Is All You Need", section 3.5), which are trained
    on like any table. A token's neighbours can be found from the first step."""


@dataclasses.dataclass(frozen=True)
class EncoderSizes:
    """The widths of one Transformer encoder."""

    hidden_size: int
    num_layers: int
    num_heads: int
    intermediate_size: int


@dataclasses.dataclass
class ModelConfig:
    """The discriminator's sizes, and the generator's as a fraction of them."""

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
    """Of hidden states and of attention probabilities, in training only."""
    initializer_range: float = 0.02
    """Standard deviation of the initial kernels and tables. That of the reference; a
    narrow network (below 256) starts to learn from context sooner with a larger one."""
    position_initializer: PositionInitializer = PositionInitializer.NORMAL
    disentangled_embeddings: bool = False
    """The discriminator adds tables of its own to the generator's, whose gradient it
    leaves alone (DeBERTaV3, section 3.2). Exports have the sums."""
    rematerialize: bool = False
    """Keep each layer's input alone for the backward pass, and compute the layer again
    there: a fraction of the memory, a third more work, the same numbers."""

    @property
    def discriminator(self) -> EncoderSizes:
        """Sizes of the network that is kept."""
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
    """Share of the real tokens, [CLS] and [SEP] included, that is chosen."""
    mask_token_prob: float = 0.85
    """Share of the chosen that become [MASK]; the others keep their token."""
    whole_words: bool = False
    """Choose words, with all their pieces, instead of pieces; the last word that is
    chosen may be cut, for the number of masked tokens stays the same."""
    temperature: float = 1.0
    """Of the generator's samples."""
    final_temperature: float = 0.0
    """Where the temperature goes, in a straight line over the run; held-out examples
    are sampled at it all the time. 0: `temperature` throughout."""
    disallow_correct: bool = False
    """Never sample the original token, so that every chosen slot is replaced."""
    with_replacement: bool = False
    """Draw positions as the reference does: for comparison runs only."""

    def max_predictions(self, max_seq_length: int) -> int:
        """Masked slots per example; the reference rounds up by half a percent."""
        return int((self.mask_prob + 0.005) * max_seq_length)


@dataclasses.dataclass
class DataConfig:
    """Where the shards are and how they become batches."""

    directory: str = ""
    """Made by prepare.py: shards, vocab.txt, manifest.json. May be gs://."""
    max_seq_length: int = 128
    """Tokens per example; must equal the shards'."""
    short_seq_length: int = 0
    """Tokens per example in the first part of the run, for which the shards' examples
    are cut as they are read; divides max_seq_length. 0: no such part."""
    short_steps_fraction: float = 0.9
    """Share of the steps in that part."""
    global_batch_size: int = 128
    """Examples per optimizer step, over all replicas and accumulated micro-batches."""
    shuffle_buffer: int = 16384
    """Examples held per host to shuffle within an epoch."""


class Phase(NamedTuple):
    """Steps in a row on examples of one length."""

    length: int
    """Tokens per example."""
    end: int
    """Its last step; the first step of a run is 1."""
    batch_offset: int = 0
    """Added to the steps already taken, the batches of this length that hold the
    examples already read."""


@dataclasses.dataclass
class Config:
    """One pre-training run."""

    model: ModelConfig = dataclasses.field(default_factory=ModelConfig)
    masking: MaskingConfig = dataclasses.field(default_factory=MaskingConfig)
    data: DataConfig = dataclasses.field(default_factory=DataConfig)

    init_from: str = ""
    """Weights to start from: a working directory, a Hugging Face directory (one network
    or a pair), or a TF1 checkpoint; "": random weights."""
    num_train_steps: int = 1_000_000
    """Optimizer steps; the learning rate ends at 0. A run can't be made longer: start
    another with init_from."""
    warmup_steps: int = 10_000
    """Optimizer steps from a learning rate of 0 to its peak."""
    learning_rate: float = 5e-4
    """Peak factor; the decay to 0 runs during the warm-up too."""
    discriminator_rate: float = 1.0
    """The discriminator's learning rate / that of generator and shared embeddings. A
    narrow discriminator at the full rate forgets its input before there is anything in
    it to learn; weights of losses can't help it, for Adam divides them out."""
    weight_decay: float = 0.01
    """Decoupled; not of biases and layer norms."""
    gradient_clip_norm: float = 1.0
    """Bound on the global norm of the gradient summed over all replicas."""
    max_skipped_updates: int = 20
    """Updates with a non-finite gradient in a row before the run stops."""
    attention_slope: float = 0.0
    """In training, scores of attention fall by it per token of distance (ALiBi); it
    falls to 0 itself, in a straight line. A narrow network looks at a token's
    neighbours so from the start. Held-out examples are judged without it."""
    attention_slope_fraction: float = 0.5
    """Share of the steps until it is 0."""
    generator_weight: float = 1.0
    """Of the masked-LM loss in the sum of both."""
    discriminator_weight: float = 50.0
    """Of the replaced-token loss; lambda in the paper."""
    gradient_accumulation_steps: int = 1
    """Micro-batches per optimizer step on each replica."""

    precision: Precision = Precision.AUTO
    jit_compile: JitCompile = JitCompile.AUTO
    peak_teraflops: float = 0.0
    """Of one replica's device, for utilisation; 0: known chip, or measured."""

    steps_per_loop: int = 100
    """Optimizer steps between two returns to Python; divides the intervals below."""
    log_every: int = 100
    """Steps between readings of the training metrics."""
    eval_every: int = 10_000
    """Steps between evaluations on the held-out split; 0: never."""
    eval_examples: int = 0
    """Held-out examples of the shards per evaluation, always the same ones, spread over
    the split; 0: all."""
    checkpoint_every: int = 1_000
    """Steps between checkpoints: what a kill may cost."""
    keep_checkpoints: int = 3
    """The last so many stay."""
    keep_every: int = 0
    """Checkpoints at multiples of so many steps stay for ever; 0: none."""
    keep_best: bool = True
    """Save after the evaluation with the lowest total loss so far, and keep it."""
    seed: int = 0
    """Of first weights, order, masks, samples and dropout; and of held-out masks, which
    are the same in every evaluation."""

    @property
    def micro_batch_size(self) -> int:
        """Examples per micro-batch, summed over the replicas."""
        return self.data.global_batch_size // self.gradient_accumulation_steps

    @property
    def max_predictions(self) -> int:
        """Masked slots per example of max_seq_length."""
        return self.masking.max_predictions(self.data.max_seq_length)

    @property
    def short_steps(self) -> int:
        """Steps at data.short_seq_length, before the others.

        A multiple of the short examples in a long one (the fraction is rounded down
        to it): these steps read the examples of a whole number of long batches.
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
        """The lengths of the run, in their order."""
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
        """The resolved run as JSON text; `files.read_json` reads it."""
        return json.dumps(dataclasses.asdict(self), indent=2, default=enum_name)


def enum_name(value: Any) -> str:
    """What JSON has for an enumeration: its name; for `json.dumps(default=...)`."""
    if isinstance(value, enum.Enum):
        return value.name
    raise TypeError(f"{value!r} cannot be written as JSON")
