"""Beam's own flags: which runner, and does what it needs go together?"""

import importlib
from collections.abc import Sequence

from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions

from electra_tf import files
from electra_tf.build import planning
from electra_tf.build.planning import BuildSettings

LOCAL_RUNNER = "FnApiRunner"
"""What DirectRunner stands for here. Beam's first looks for a binary on the network,
Prism, with which --direct_running_mode has no effect."""
STRICT_RUNNERS = (LOCAL_RUNNER, "DataflowRunner")
"""All of whose flags Beam knows; others have some that a job server tells it."""


def parsed(arguments: Sequence[str]) -> PipelineOptions:
    """Beam's flags.

    Raises:
        ValueError: one is unknown, where that can be told.
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
    return options


def check_dataflow(settings: BuildSettings, options: PipelineOptions) -> None:
    """Checks what Dataflow needs, before there is any work done.

    Raises:
        ValueError: a path is local, or a part of Beam isn't installed.
    """
    if options.view_as(StandardOptions).runner != "DataflowRunner":
        return
    paths = [source.path for source, _ in planning.sources(settings)]
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
