"""The text that TensorBoard shows, and the curve."""

import numpy as np
import pytest
import tensorflow as tf
from tensorboard import plugin_util
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from electra_tf.batch import Batch
from electra_tf.model.masking import CorruptedBatch, MaskedBatch
from electra_tf.pretraining import metric_sums, metrics, summaries
from electra_tf.pretraining.step import Forward
from electra_tf.pretraining.summaries import RunWriter
from electra_tf.pretraining.workdir import Workdir
from electra_tf.training import readings
from tests import small

# [CLS] w0 w1 w2 w3 [SEP] [PAD]: w0 is guessed, w1 replaced and found, w2 replaced and
# missed, and w3, which was not masked, is judged replaced.
ORIGINAL = np.array([[2, 5, 6, 7, 8, 3, 0]])
MASKED = np.array([[2, 4, 4, 7, 8, 3, 0]])
GENERATED = np.array([[2, 5, 10, 11, 8, 3, 0]])
LOGITS = np.array([[-1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 9.0]])


def markdown() -> str:
    mask = (ORIGINAL > 0).astype(int)
    masked = MaskedBatch(
        MASKED,
        np.array([[1, 2, 3, 0]]),
        np.array([[5, 6, 7, 0]]),
        np.array([[1.0, 1.0, 1.0, 0.0]]),
    )
    result = Forward(None, None, CorruptedBatch(GENERATED, None), LOGITS, None, None)
    return summaries.replaced_tokens_markdown(
        Batch(ORIGINAL, mask, mask * 0), masked, result, small.vocabulary()
    )


def rows() -> dict[str, str]:
    lines = [line.split("|") for line in markdown().splitlines() if "|" in line]
    return {cells[1].strip(): cells[2].strip() for cells in lines}


def test_each_row_marks_what_its_name_says():
    table = rows()
    assert table["original"] == r"\[CLS\] w0 w1 w2 w3 \[SEP\]"
    assert (
        table["masked"] == r"\[CLS\] 🟨**\[MASK\]** 🟨**\[MASK\]** 🟨**w2** w3 \[SEP\]"
    )
    assert table["generated"] == r"\[CLS\] 🟩**w0** 🟧**w5** 🟧**w6** w3 \[SEP\]"
    assert table["predicted"] == r"\[CLS\] w0 🟥**w5** 🟧**w6** 🟦**w3** \[SEP\]"


def test_tensorboard_renders_a_table_with_every_colour():
    html = plugin_util.markdown_to_safe_html(markdown())
    assert html.count("<tr>") == 5
    assert "<td>[CLS] w0 🟥<strong>w5</strong> 🟧" in html


def test_a_line_that_was_cut_off_spoils_no_other(tmp_path, monkeypatch):
    workdir = Workdir(str(tmp_path))
    path = workdir.path
    writer, other = RunWriter(path, "train"), RunWriter(path, "eval")
    opened = tf.io.gfile.GFile

    class Full:
        def __init__(self, path, mode):
            self._file = opened(path, mode)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self._file.close()

        def write(self, text):
            self._file.write(text[:9])
            raise OSError("No space left on device")

    writer.scalars(5, {"loss": 1.0})
    with monkeypatch.context() as patch, pytest.raises(OSError, match="space"):
        patch.setattr(
            tf.io.gfile, "GFile", lambda *how: (Full if "a" in how else opened)(*how)
        )
        writer.scalars(10, {"loss": 2.0})
    other.scalars(10, {"loss": 4.0})
    writer.scalars(15, {"loss": 3.0})
    assert [one["step"] for one in workdir.readings("train")] == [5, 15]
    assert [one["step"] for one in workdir.readings("eval")] == [10]
    readings.drop_after(workdir.path, 15)
    assert len((tmp_path / "metrics.jsonl").read_text().splitlines()) == 3


def test_the_precision_recall_curve_is_in_the_event_file(tmp_path):
    histogram = np.zeros((2, metric_sums.BINS))
    histogram[0, metric_sums.BINS // 4] = 90  # Originals, judged so.
    histogram[1, 3 * metric_sums.BINS // 4] = 10  # Replaced, found.
    writer = RunWriter(str(tmp_path), "eval")
    writer.pr_curve(7, histogram)
    writer.close()
    events = EventAccumulator(str(tmp_path / "eval")).Reload()
    (event,) = events.Tensors("discriminator/pr_curve/pr_curves")
    curve = tf.make_ndarray(event.tensor_proto)
    assert event.step == 7
    assert curve.shape == (6, summaries.PR_CURVE_THRESHOLDS)
    middle = curve[:, summaries.PR_CURVE_THRESHOLDS // 2]
    # True and false positives, true and false negatives, precision, recall.
    assert middle.tolist() == [10, 0, 90, 0, 1, 1]
    assert curve[:, 0].tolist()[:4] == [10, 90, 0, 0]


def test_tensorboard_explains_each_metric(tmp_path):
    writer = RunWriter(str(tmp_path), "eval")
    writer.scalars(1, {"discriminator/auc": 0.5, "optimizer/learning_rate": 0.1})
    writer.close()
    events = EventAccumulator(str(tmp_path / "eval")).Reload()
    described = events.SummaryMetadata("discriminator/auc").summary_description
    assert described == metrics.DESCRIPTIONS["discriminator/auc"]
    assert not events.SummaryMetadata("optimizer/learning_rate").summary_description
