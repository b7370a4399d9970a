"""Values of fields that are a choice among names: `config.py` has the fields."""

import enum


class _Choice(enum.Enum):
    """An enumeration that flags and config.json give by name."""

    @classmethod
    def _missing_(cls, value: object) -> "_Choice | None":
        return cls.__members__.get(value) if isinstance(value, str) else None


class Precision(_Choice):
    """Precision of matrix products; variables, norms and losses are float32."""

    AUTO = "auto"
    """Bfloat16 if the device supports it, else float32."""
    FLOAT32 = "float32"
    MIXED_BFLOAT16 = "mixed_bfloat16"


class JitCompile(_Choice):
    """Whether XLA compiles the forward and backward pass; on a TPU it always does."""

    AUTO = "auto"
    """On, except on a CPU in bfloat16, where expressions are compiled one by one."""
    ON = "on"
    OFF = "off"


class Schedule(_Choice):
    """How the learning rate falls after the warm-up."""

    LINEAR = "linear"
    """From step 0 on, in a straight line to 0, as in the reference."""
    WSD = "wsd"
    """Not until the last part of the run (warmup-stable-decay: Hu et al., 2024,
    arXiv 2404.06395, section 4), in a straight line to 0. Until then the run can be
    made longer or shorter."""


class Optimizer(_Choice):
    """Optimizer of the kernels in the encoders' layers; all else is Adam's."""

    ADAM = "adam"
    MUON = "muon"


class WordInitializer(_Choice):
    """Initial values of the word table and of the generator's output bias."""

    NORMAL = "normal"
    SPECTRAL = "spectral"
    """An SVD of co-occurrences in the shards, and log frequencies: see `spectral`."""


class PositionInitializer(_Choice):
    """Initial values of the position table."""

    NORMAL = "normal"
    SINUSOIDAL = "sinusoidal"
    """Sines and cosines ("Attention Is All You Need", section 3.5), trained like any
    table. Attention can find a token's neighbours from the first step on."""
