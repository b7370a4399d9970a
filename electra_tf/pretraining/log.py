"""The readings of a run: TensorBoard's event files, metrics.jsonl, log lines."""

import contextlib
from collections.abc import Iterator

import numpy as np
import tensorflow as tf
from absl import logging

from electra_tf import files
from electra_tf.config import Config, Phase
from electra_tf.pretraining import metrics, positions, schedules, throughput
from electra_tf.pretraining.evaluation import LENGTH_TAG, Evaluator
from electra_tf.pretraining.metric_sums import MetricSums
from electra_tf.pretraining.step import LoopReport
from electra_tf.pretraining.summaries import RunWriter
from electra_tf.pretraining.watchdog import Watchdog
from electra_tf.pretraining.workdir import Workdir
from electra_tf.quantities import duration
from electra_tf.text.vocabulary import Vocabulary
from electra_tf.training import readings


class Log:
    """Writes the readings of a run; only the chief has one.

    Args:
        config: configuration of the run.
        workdir: opened working directory.
        vocabulary: vocabulary of the run.
        step: step that the run starts or resumes at.
    """

    def __init__(
        self, config: Config, workdir: Workdir, vocabulary: Vocabulary, step: int
    ) -> None:
        self._config = config
        self._vocabulary = vocabulary
        self._watchdog = Watchdog(config)
        self._is_writing = True
        readings.drop_after(workdir.path, step)
        self._train = RunWriter(workdir.path, "train")
        self._eval = RunWriter(workdir.path, "eval")
        logging.info(
            "%s step %d of %d",
            "Resuming at" if step else "Starting at",
            step,
            config.num_train_steps,
        )

    def phase(self, phase: Phase, step: int) -> None:
        """Logs the start of a phase."""
        logging.info(
            "steps %s to %s are on examples of %d tokens",
            f"{step + 1:,}",
            f"{phase.end:,}",
            phase.length,
        )

    def training(
        self,
        step: int,
        sums: MetricSums,
        report: LoopReport,
        rates: dict[str, float],
        skipped: int,
    ) -> None:
        """Writes a reading of the training steps since the previous one.

        Steps between the last reading and a stop are in no reading.

        Args:
            step: of the run.
            sums: metric sums of these steps.
            report: of the last device loop.
            rates: of the steps that were timed; empty for none.
            skipped: updates of the whole run with a non-finite gradient.
        """
        config, length = self._config, self._config.phase(step).length
        values = metrics.scalars(sums, config)
        rate = schedules.learning_rate(config)(step - 1)
        values["optimizer/learning_rate"] = float(rate)
        values["optimizer/gradient_norm"] = float(report.gradient_norm)
        values["optimizer/skipped_updates"] = skipped
        if config.attention_slope:
            slope = schedules.attention_slope(config, tf.constant(step - 1))
            values["optimizer/attention_slope"] = float(slope)
        if config.masking.final_temperature:
            temperature = schedules.temperature(config, tf.constant(step - 1))
            values["generator/temperature"] = float(temperature)
        values[LENGTH_TAG] = length
        values |= rates
        with self._despite_the_disk():
            self._train.scalars(step, values)
        seconds_left = 0.0
        if rates:
            pieces = len(self._vocabulary)
            rate = rates["throughput/tokens_per_second"]
            rate *= throughput.flops_per_token(config, pieces, length)
            seconds_left = throughput.flops_left(config, pieces, step) / rate
        logging.info(progress_line(step, config, values, seconds_left))
        self._watchdog.look(step, values)

    def held_out(
        self,
        step: int,
        values: dict[str, float],
        sums: MetricSums,
        evaluator: Evaluator,
    ) -> None:
        """Writes the held-out metrics, the precision-recall curve and examples."""
        samples = evaluator.samples()
        with self._despite_the_disk():
            self._eval.scalars(step, values)
            self._eval.pr_curve(step, sums.histogram)
            self._eval.replaced_tokens(step, *samples, self._vocabulary)
        logging.info("held out: %s", metrics.log_line(values))

    def positions(self, counts_P: np.ndarray) -> None:
        """Logs how often each row of the position table was trained."""
        lengths = [phase.length for phase in self._config.phases]
        logging.info("positions %s", positions.describe(counts_P, lengths))

    def sync(self) -> None:
        """Waits until all readings are on the disk, or logs that they can't be."""
        with self._despite_the_disk():
            self._train.sync()
            self._eval.sync()

    def close(self) -> None:
        """Closes the event files."""
        with self._despite_the_disk():
            self._train.close()
            self._eval.close()

    @contextlib.contextmanager
    def _despite_the_disk(self) -> Iterator[None]:
        """Logs a reading that can't be written, instead of ending the run."""
        try:
            yield
            self._is_writing = True
        except (OSError, tf.errors.OpError) as error:
            if self._is_writing:
                logging.error(
                    "Readings cannot be written (%s): they will be missing from "
                    "TensorBoard and metrics.jsonl until there is space. Training goes "
                    "on",
                    files.reason(error),
                )
            self._is_writing = False


def progress_line(
    step: int, config: Config, values: dict[str, float], seconds_left: float
) -> str:
    """The log line of a reading: share done, metrics, rates, remaining time."""
    line = (
        f"step {step:,}/{config.num_train_steps:,} "
        f"({step / config.num_train_steps:.1%}) {metrics.log_line(values)}"
    )
    if "throughput/examples_per_second" not in values:
        return line
    return (
        f"{line} | {values['throughput/examples_per_second']:,.0f} examples/s "
        f"{values['throughput/tokens_per_second']:,.0f} tokens/s "
        f"MFU {values.get('throughput/model_flops_utilization', 0.0):.1%} "
        f"input wait {values['throughput/input_wait_fraction']:.1%} | "
        f"{duration(seconds_left)} left"
    )
