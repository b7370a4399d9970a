"""What fine-tuning says at its end."""

from collections.abc import Mapping, Sequence
from typing import Any

from electra_tf.console import printable


def parse_seeds(texts: Sequence[str]) -> list[int]:
    """Numbers of --seeds.

    Raises:
        ValueError: one is no whole number from 0 to 2**31 - 1, is there twice, or there
            is none.
    """
    seeds = [int(text) for text in texts if text.strip().isdecimal()]
    if not seeds or len(seeds) < len(texts) or max(seeds) >= 2**31:
        raise ValueError(
            f"--seeds={','.join(texts)} must be numbers from 0 to 2147483647, such as "
            "--seeds=0,1,2."
        )
    if len(set(seeds)) < len(seeds):
        raise ValueError(f"--seeds={','.join(texts)} has a seed twice: give it once.")
    return seeds


def table(summary: Mapping[str, Any]) -> str:
    """Mean ± standard deviation of each score, on dev and on each test.

    Args:
        summary: as of `seeds.summarize`.
    """
    seeds, folds = len(summary["seeds"]), summary["folds"]
    title = f"{summary['task']}, {seeds} seed{'s' * (seeds > 1)}, "
    title += f"{folds} folds, " * (folds > 1) + f"{summary['seconds']:.0f} s each"
    scores = summary["scores"]
    splits = [printable(split) for split in scores]  # Tests bear the names of files.
    widths = [max(17, len(split) + 2) for split in splits]
    names = zip(splits, widths, strict=True)
    lines = [title, " " * 18 + "".join(f"{name:>{width}}" for name, width in names)]
    for name in scores["dev"]:
        cells = zip(scores.values(), widths, strict=True)
        line = "".join(
            f"{_cell(split[name], seeds):>{width}}" for split, width in cells
        )
        lines.append(f"{name:<18}{line}")
    return "\n".join(lines)


def _cell(score: Mapping[str, float], seeds: int) -> str:
    return f"{score['mean']:.4f}" + f" ± {score['sd']:.4f}" * (seeds > 1)
