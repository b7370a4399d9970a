"""Warnings, one each, of the known ways in which a run fails without an error."""

import collections
import statistics

from absl import logging

from electra_tf.config import Config

PATIENCE = 10
"""Consecutive readings before a warning."""
SILENT_RECALL = 0.001
CHANCE_AUC = 0.52
GOOD_GENERATOR = 0.7
"""Share of the masked tokens that the generator samples correctly."""
SPIKE = 1.5
"""Ratio of a loss to the median of the previous readings."""
STARVING = 0.1
"""Share of the time spent waiting for a batch."""


class Watchdog:
    """Watches the training readings of a run.

    Args:
        config: configuration of the run.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._warned: set[str] = set()
        self._in_a_row: collections.Counter[str] = collections.Counter()
        self._losses: collections.deque[float] = collections.deque(maxlen=PATIENCE)
        self._length = 0.0

    def look(self, step: int, values: dict[str, float]) -> None:
        """Checks a reading, and warns if a problem has lasted long enough.

        Args:
            step: step of the reading.
            values: metrics and rates by their tags.
        """
        recall, auc = values["discriminator/recall"], values["discriminator/auc"]
        self._check(
            "silent",
            step > self._config.warmup_steps
            and (recall < SILENT_RECALL or auc < CHANCE_AUC),
            PATIENCE,
            f"The discriminator detects hardly any replaced token {PATIENCE} readings "
            f"after the warm-up (recall {recall:.4f}, AUC {auc:.3f}). Narrow models "
            "need thousands of steps before they start to learn; if it lasts, lower "
            f"config.discriminator_rate={self._config.discriminator_rate:g}, and if "
            "the masked-LM loss does not fall either, raise config.attention_slope="
            f"{self._config.attention_slope:g} (configs/mini.py has both)",
        )
        restored = values["generator/sampled_accuracy"]
        self._check(
            "generator",
            restored > GOOD_GENERATOR,
            PATIENCE,
            f"The generator restores {restored:.0%} of the masked tokens, which leaves "
            f"{values['discriminator/replaced_rate']:.1%} of all tokens replaced: "
            "lower config.model.generator_fraction="
            f"{self._config.model.generator_fraction:g}, or raise "
            f"config.masking.temperature={self._config.masking.temperature:g}; or the "
            "text repeats itself (look.py)",
        )
        self._check_loss(step, values["loss/total"], values["data/seq_length"])
        waiting = values.get("throughput/input_wait_fraction", 0.0)
        self._check(
            "starving",
            waiting > STARVING,
            3,
            f"Steps wait for data {waiting:.0%} of the time: copy the shards to a disk "
            "of this machine (config.data.directory), or build more of them "
            "(prepare.py --num_shards)",
        )

    def _check_loss(self, step: int, loss: float, length: float) -> None:
        if length != self._length:  # Another phase of the run.
            self._losses.clear()
            self._length = length
        if len(self._losses) == PATIENCE:
            before = statistics.median(self._losses)
            self._check(
                "spike",
                loss > SPIKE * before,
                1,
                f"The loss is {loss:.3f} at step {step}; the median of the previous "
                f"{PATIENCE} readings is {before:.3f}: if it stays there, start again "
                f"with a config.learning_rate below {self._config.learning_rate:g} or "
                f"more config.warmup_steps than {self._config.warmup_steps}",
            )
        self._losses.append(loss)

    def _check(self, name: str, holds: bool, patience: int, message: str) -> None:
        self._in_a_row[name] = self._in_a_row[name] + 1 if holds else 0
        if self._in_a_row[name] >= patience and name not in self._warned:
            self._warned.add(name)
            logging.warning("%s.", message)
