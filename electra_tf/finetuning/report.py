"""What fine-tuning says at its end."""

from collections.abc import Mapping, Sequence
from typing import Any


def parse_seeds(texts: Sequence[str]) -> list[int]:
    """Numbers of --seeds.

    Raises:
        ValueError: one is no whole number from 0, is there twice, or there is none.
    """
    if not texts or not all(text.strip().isdecimal() for text in texts):
        raise ValueError(
            f"--seeds={','.join(texts)} must be numbers from 0, such as --seeds=0,1,2."
        )
    seeds = [int(text) for text in texts]
    if len(set(seeds)) < len(seeds):
        raise ValueError(f"--seeds={','.join(texts)} has a seed twice: give it once.")
    return seeds


def table(summary: Mapping[str, Any]) -> str:
    """Mean ± standard deviation of each score, on dev and on test.

    Args:
        summary: as of `seeds.summarize`.
    """
    seeds = len(summary["seeds"])
    title = f"{summary['task']}, {seeds} seed{'s' * (seeds > 1)}, "
    title += f"{summary['seconds']:.0f} s each"
    lines = [title, f"{'':<18}{'dev':>17}{'test':>17}"]
    for name in summary["dev"]:
        cells = [_cell(summary[split].get(name)) for split in ("dev", "test")]
        lines.append(f"{name:<18}{cells[0]:>17}{cells[1]:>17}")
    return "\n".join(lines)


def _cell(score: Mapping[str, float] | None) -> str:
    return "" if score is None else f"{score['mean']:.4f} ± {score['sd']:.4f}"
