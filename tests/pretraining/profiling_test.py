"""A trace of some steps: which ones, where it is, and that it changes nothing."""

import os
import pathlib
import signal

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.tsl.profiler.protobuf import xplane_pb2

from electra_tf.pretraining import log, loop, profiling
from electra_tf.pretraining.profiling import Profiler, StepRange
from electra_tf.pretraining.summaries import RunWriter
from electra_tf.pretraining.workdir import Workdir
from electra_tf.training import checkpoint_files
from electra_tf.training import strategy as strategies
from tests import small
from tests.pretraining import loop_test


def traced(workdir: Workdir) -> list[list[int]]:
    """Step counts before the loops of each trace."""
    traces = sorted(pathlib.Path(workdir.path).glob("train/plugins/profile/*/*.pb"))
    return [sorted(marks(path)) for path in traces]


def marks(path: pathlib.Path) -> set[int]:
    space = xplane_pb2.XSpace.FromString(path.read_bytes())
    found = set()
    for plane in space.planes:
        numbers = {
            key for key, stat in plane.stat_metadata.items() if stat.name == "step_num"
        }
        for line in plane.lines:
            for event in line.events:
                if plane.event_metadata[event.metadata_id].name == "train":
                    found |= {
                        stat.int64_value or stat.uint64_value
                        for stat in event.stats
                        if stat.metadata_id in numbers
                    }
    return found


@pytest.mark.parametrize(
    "text", ["abc", "100", "110:100", "5:5", "-1:5", "5:21", "1:2:3", "٣:٤"]
)
def test_a_range_that_is_none_is_an_error_that_shows_one(text):
    with pytest.raises(
        ValueError, match=rf"{text} must be FIRST:LAST .*=20, .*=100:110"
    ):
        profiling.parse(text, num_train_steps=20)


def test_a_range_may_end_with_the_run():
    assert profiling.parse("10:20", num_train_steps=20) == StepRange(10, 20)


def test_loops_are_cut_at_the_bounds_alone():
    profiler = Profiler(StepRange(103, 108), Workdir(""), tf.distribute.get_strategy())
    assert [profiler.cut(100, 100), profiler.cut(103, 97)] == [3, 5]
    assert [profiler.cut(108, 92), profiler.cut(0, 100)] == [92, 100]


def test_a_traced_run_has_the_same_weights_and_one_trace_of_these_steps(data, tmp_path):
    config = small.config(data)
    plain, profiled = Workdir(str(tmp_path / "a")), Workdir(str(tmp_path / "b"))
    strategy = tf.distribute.get_strategy()
    loop.train(config, plain, strategy)
    loop.train(config, profiled, strategy, profile_steps="7:12")
    assert traced(plain) == []
    assert traced(profiled) == [[7, 10]]  # Loops of five steps: 5-7-10-12-15.
    ours, theirs = (loop_test.weights(config, run) for run in (plain, profiled))
    for path, value in ours.items():
        np.testing.assert_array_equal(value, theirs[path], err_msg=path)


def test_a_resumed_run_traces_what_is_left(data, tmp_path):
    workdir, strategy = Workdir(str(tmp_path / "run")), tf.distribute.get_strategy()
    loop.train(small.config(data, eval_every=0), workdir, strategy)
    # As after a run that was killed behind step 10.
    checkpoint_files.remove(workdir.checkpoints, 20)
    config = small.config(data, eval_every=0)
    loop.train(config, workdir, strategy, profile_steps="7:12")
    assert traced(workdir) == [[10]]
    loop.train(config, workdir, strategy, profile_steps="7:12")
    assert traced(workdir) == [[10]]


def test_a_run_that_ends_within_the_range_writes_what_it_traced(data, tmp_path):
    config = small.config(data, eval_every=0)
    workdir = Workdir(str(tmp_path / "run"))

    class Signalled(RunWriter):
        def scalars(self, step, values):
            super().scalars(step, values)
            if step == 10:  # A second signal would leave at once.
                os.kill(os.getpid(), signal.SIGTERM)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log, "RunWriter", Signalled)
        result = loop.train(
            config,
            workdir,
            tf.distribute.get_strategy(),
            profile_steps="7:20",
        )
    assert result.step < 20
    (numbers,) = traced(workdir)
    assert numbers[:2] == [7, 10]
    # None is running any more.
    tf.profiler.experimental.start(str(tmp_path / "other"))
    tf.profiler.experimental.stop()


def test_a_step_that_fails_leaves_no_trace_running(data, tmp_path, monkeypatch):
    def fail(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(log.Log, "training", fail)
    config, workdir = small.config(data), Workdir(str(tmp_path / "run"))
    steps = "2:20"
    with pytest.raises(ZeroDivisionError):
        loop.train(config, workdir, tf.distribute.get_strategy(), profile_steps=steps)
    assert traced(workdir) == [[2]]
    tf.profiler.experimental.start(str(tmp_path / "other"))
    tf.profiler.experimental.stop()


def test_only_the_chief_writes(tmp_path, monkeypatch):
    monkeypatch.setattr(strategies, "is_chief", lambda strategy: False)
    workdir, strategy = Workdir(str(tmp_path)), tf.distribute.get_strategy()
    with Profiler(StepRange(0, 4), workdir, strategy).around(0, 4) as is_traced:
        assert is_traced  # Its time is left out of the rates all the same.
    assert list(tmp_path.iterdir()) == []
