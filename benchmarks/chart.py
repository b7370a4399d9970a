"""Charts of results for the documents."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from matplotlib import pyplot


class Panel(NamedTuple):
    """A curve, with other curves and levels to compare it with."""

    title: str
    points: Sequence[tuple[float, float]]
    levels: Mapping[str, float]
    others: Mapping[str, Sequence[tuple[float, float]]] = {}


def bars(path: str, title: str, rows: Sequence[tuple[str, float]]) -> None:
    """Draws labelled horizontal bars; SVG or PNG, by the suffix of the path."""
    figure, axes = pyplot.subplots(figsize=(8, 0.5 + 0.4 * len(rows)))
    labels, values = zip(*reversed(rows), strict=True)
    ours = ["tab:orange" if "electra_tf" in name else "tab:gray" for name in labels]
    drawn = axes.barh(labels, values, color=ours)
    axes.bar_label(drawn, fmt="{:,.0f}", padding=3)
    axes.set_title(title, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(x=0.12)
    figure.savefig(path, bbox_inches="tight", metadata={"Date": None})
    pyplot.close(figure)


def curves(path: str, panels: Sequence[Panel], columns: int = 3) -> None:
    """Draws a curve per panel over the steps; SVG or PNG, by the suffix of the path."""
    rows = -(-len(panels) // columns)
    figure, grid = pyplot.subplots(
        rows, columns, figsize=(4 * columns, 2.7 * rows), squeeze=False
    )
    for axes, panel in zip(grid.flat, panels, strict=False):
        axes.plot(*zip(*panel.points, strict=True), color="tab:orange")
        for color, (name, level) in zip(
            ("0.3", "0.6"), panel.levels.items(), strict=False
        ):
            axes.axhline(level, color=color, linestyle="--", linewidth=1)
            place = (0.98, level)
            axes.annotate(
                f"{name} {level:.3g}", place, xycoords=axes.get_yaxis_transform(),
                ha="right", va="bottom", fontsize=8, color=color,
            )  # fmt: skip
        for name, points in panel.others.items():
            axes.plot(*zip(*points, strict=True), color="0.6", linestyle="--")
            axes.annotate(
                name, points[-1], ha="right", va="top", fontsize=8, color="0.4",
                xytext=(0, -6), textcoords="offset points",
            )  # fmt: skip
        axes.set_title(panel.title, loc="left", fontsize=10)
        axes.xaxis.set_major_formatter(lambda step, _: f"{step / 1000:g}k")
        axes.spines[["top", "right"]].set_visible(False)
    for axes in list(grid.flat)[len(panels) :]:
        axes.set_visible(False)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
