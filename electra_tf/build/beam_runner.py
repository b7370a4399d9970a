"""Runs a Beam pipeline: the runner's flags, what they need, and how a run ends."""

import importlib
import re
from collections.abc import Sequence

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions
from apache_beam.runners.runner import PipelineState

from electra_tf import files
from electra_tf.build.settings import BuildSettings

LOCAL_RUNNER = "FnApiRunner"
"""Used for DirectRunner. Beam's own choice first looks for a binary on the network,
Prism, with which --direct_running_mode has no effect."""
STRICT_RUNNERS = (LOCAL_RUNNER, "DataflowRunner")
"""Runners whose flags Beam knows completely; a job server may add some to others."""
_RAISED = re.compile(
    r"^(?:\w+: )*ValueError: (.*?)(?: \[while running|$)", re.MULTILINE
)
"""A worker's exception, in the text that is all that reaches the launcher."""


def pipeline_options(
    arguments: Sequence[str], settings: BuildSettings
) -> PipelineOptions:
    """Parses Beam's flags, and checks them before any work is done.

    Raises:
        ValueError: a flag is known to be unknown, or Dataflow can't run this build.
    """
    options = PipelineOptions(arguments)
    standard = options.view_as(StandardOptions)
    if standard.runner in (None, "DirectRunner"):
        standard.runner = LOCAL_RUNNER
    if standard.runner in STRICT_RUNNERS:
        given = options.get_all_options(retain_unknown_options=True)
        known = PipelineOptions([]).get_all_options()
        if unknown := sorted(given.keys() - known.keys()):
            raise ValueError(
                f"Unknown flags: --{', --'.join(unknown)}. They are neither this "
                "program's nor Beam's: --help lists the former, "
                "https://beam.apache.org/documentation/ the latter."
            )
    if standard.runner == "DataflowRunner":
        _check_dataflow(settings)
    return options


def _check_dataflow(settings: BuildSettings) -> None:
    paths = [source.path for source, _ in settings.sources]
    for path in (settings.output, *paths):
        if not files.is_remote(path):
            raise ValueError(
                f"{path} is a path of this machine, which Dataflow's workers don't "
                "see: copy it to gs://, or choose --runner=DirectRunner."
            )
    try:
        importlib.import_module("apache_beam.runners.dataflow.internal.apiclient")
    except ImportError as error:
        raise ValueError(
            f"--runner=DataflowRunner needs more of Beam ({error}): pip install "
            "'apache-beam[gcp]'."
        ) from error


def run(pipeline: beam.Pipeline) -> None:
    """Runs a pipeline to its end.

    Raises:
        ValueError: a worker raised one, e.g. for a truncated file.
        RuntimeError: the pipeline was cancelled or failed otherwise.
    """
    try:
        result = pipeline.run()
        try:
            state = result.wait_until_finish()
        except (KeyboardInterrupt, SystemExit):
            result.cancel()
            raise
    except Exception as error:
        text = f"{type(error).__name__}: {error}"
        if raised := _RAISED.findall(text):
            raise ValueError(raised[-1]) from error
        raise
    if state != PipelineState.DONE:
        raise RuntimeError(f"The pipeline ended as {state}: its runner's log says why.")
