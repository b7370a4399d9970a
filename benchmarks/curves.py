"""Draws the held-out curves of a run, beside the published values of ELECTRICIDAD.

python -m benchmarks.curves --workdir=runs/mini --output=docs/mini.svg
"""

from collections.abc import Sequence
from typing import Any

from absl import flags

from benchmarks import chart
from electra_tf import cli
from electra_tf.pretraining.workdir import Workdir

_FLAGS = flags.FLAGS
PUBLISHED = {
    "discriminator/accuracy": 0.94,
    "discriminator/precision": 0.76,
    "discriminator/auc": 0.92,
}
"""Source: the card of mrm8488/electricidad-small-discriminator. A model of 12 x 256 on
over 20 GB, evaluated on its own generator's samples: not comparable. The code
of the reference, which it was trained with, counts padding as easy negatives of an
AUC."""
PANELS = (
    "discriminator/accuracy",
    "discriminator/precision",
    "discriminator/recall",
    "discriminator/auc",
    "discriminator/lift",
    "loss/generator",
)


def panels(found: Sequence[dict[str, Any]]) -> list[chart.Panel]:
    """A panel for each metric, with the lines to compare it with."""
    drawn = []
    for tag in PANELS:
        levels = {"ELECTRICIDAD": PUBLISHED[tag]} if tag in PUBLISHED else {}
        if tag == "discriminator/auc":
            levels["chance"] = 0.5
        others = {}
        if tag == "discriminator/accuracy":
            others["all original"] = _points(found, "discriminator/trivial_accuracy")
        drawn.append(chart.Panel(tag, _points(found, tag), levels, others))
    return drawn


def _points(found: Sequence[dict[str, Any]], tag: str) -> list[tuple[float, float]]:
    return [(one["step"], one[tag]) for one in found if one.get(tag) is not None]


def main(_) -> None:
    """Reads the metrics of the run and draws them."""
    workdir = Workdir(_FLAGS.workdir)
    found = workdir.readings("eval")
    if not found:
        raise ValueError(
            f"{workdir.metrics} has no held-out reading: the first one is written at "
            "config.eval_every."
        )
    chart.curves(_FLAGS.output, panels(found))
    print(f"{len(found)} readings drawn in {_FLAGS.output}.")


if __name__ == "__main__":
    flags.DEFINE_string(
        "workdir", None, "Working directory of a run of pretrain.py.", required=True
    )
    flags.DEFINE_string("output", None, "Picture, .svg or .png.", required=True)
    cli.run(main)
