"""What a run says while it trains, and when it gives up."""

from absl import logging

from electra_tf.pretraining.optimizer import AdamWeightDecay

MAX_SKIPPED_UPDATES = 10
"""So many in a row, for their gradient was not finite, end the run."""


def say(seed: int, taken: int, steps: int, what: str, rate: float, batch: int) -> None:
    """Logs the share done and the time left.

    Args:
        seed: of the run.
        taken: steps so far.
        steps: of the run.
        what: is new.
        rate: examples per second.
        batch: examples per step.
    """
    logging.info(
        "seed %d step %s/%s (%.0f%%) %s | %.0f examples/s, %.0f s left",
        seed,
        f"{taken:,}",
        f"{steps:,}",
        100 * taken / steps,
        what,
        rate,
        (steps - taken) * batch / rate,
    )


def check_finite(optimizer: AdamWeightDecay, seed: int) -> None:
    """Warns of updates that were skipped since the last call.

    Raises:
        FloatingPointError: they were too many in a row.
    """
    if in_a_row := optimizer.take_longest_skipped_row():
        logging.warning(
            "seed %d: %d updates in a row had a gradient that was not finite, and "
            "were skipped",
            seed,
            in_a_row,
        )
    if in_a_row >= MAX_SKIPPED_UPDATES:
        raise FloatingPointError(
            f"The gradient of seed {seed} was not finite in {in_a_row} updates in a "
            f"row: lower config.learning_rate={optimizer.learning_rate.peak}, and "
            "give another --output."
        )
