"""An export that needs no training."""

import pytest
import tensorflow as tf

from tests.interop.fake_detector import FakeDetector


@pytest.fixture(scope="module")
def export(tmp_path_factory) -> str:
    """A directory as export.py writes it; the page needs no more."""
    directory = tmp_path_factory.mktemp("export")
    model = FakeDetector()
    tf.saved_model.save(
        model,
        str(directory / "saved_model"),
        signatures={"detect": model.detect, "fill_mask": model.fill_mask},
    )
    return str(directory)
