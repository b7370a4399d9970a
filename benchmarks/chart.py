"""Charts of results, for pages that people read."""

from collections.abc import Sequence

from matplotlib import pyplot


def bars(path: str, title: str, rows: Sequence[tuple[str, float]]) -> None:
    """Horizontal bars, a label and a number each; SVG or PNG by the path's end."""
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
