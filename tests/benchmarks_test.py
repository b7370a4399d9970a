"""What the benchmarks time is there under its name."""

import dataclasses
import pathlib
import signal
import time
from collections.abc import Callable

import pytest

from benchmarks import (
    ablations,
    chart,
    curves,
    data,
    input,
    loop,
    near_duplicates,
    our_step,
    processes,
    scaling,
    step,
    structure,
    tasks,
)
from benchmarks.turns import Contestant, together
from electra_tf import fields
from electra_tf.config import Config, Precision
from electra_tf.finetuning.config import FinetuneConfig
from tests import small


def test_the_stages_of_a_build_exist():
    for places in data.STAGES.values():
        for owner, name in places:
            assert callable(getattr(owner, name))


def test_what_is_timed_in_a_training_exists():
    for places in loop.PLACES.values():
        for owner, name in places:
            assert callable(getattr(owner, name))


def test_the_input_is_read_as_long_as_asked(tmp_path, monkeypatch):
    monkeypatch.setattr(input, "WARM_UP_SECONDS", 0.0)
    result = input.read(small.write(tmp_path / "data"), 8, seconds=0.2)
    assert result["examples_per_second"] > 8 / 0.2  # More than a batch.


def test_planted_copies_are_found_and_little_else(tmp_path):
    text = small.text(tmp_path, megabytes=2)
    documents = near_duplicates.pieces(text, 200, 60)
    found = near_duplicates.search(documents, threshold=0.7)
    assert [found[f"recall at {edit}"] for edit in (0.0, 0.2)] == [1.0, 0.0]
    assert found["similarity at 0.05"] > found["similarity at 0.1"] > 0.5
    assert found["precision"] == 1.0


def held() -> dict[str, float]:
    block = bytearray(b"x" * 100_000_000)
    time.sleep(4 * processes.SAMPLING_SECONDS)
    return {"bytes": len(block)}


def test_the_memory_of_a_process_is_seen():
    result, peak = processes.alone(held)
    assert result == {"bytes": 100_000_000}
    assert peak > 100


def sleeper(seconds: float) -> Callable[[int], None]:
    return lambda steps: time.sleep(seconds * steps)


def test_contestants_are_timed_per_step_and_at_the_same_time():
    with Contestant(sleeper, 0.1) as first, Contestant(sleeper, 0.2) as second:
        assert min(first.first_seconds, second.first_seconds) > 0.1
        start = time.perf_counter()
        turns = together([first, second], 5)
        took = time.perf_counter() - start
    assert 0.1 <= turns[0].seconds_per_step < 0.2 <= turns[1].seconds_per_step
    assert took < 1.5  # What both take one after the other.


@pytest.mark.slow
def test_a_step_and_a_loop_of_steps_get_a_row_each():
    config = step.configuration(small.config(""), batch=4, length=16)
    graph, xla = step.ours(config, Precision.FLOAT32, 1000, steps=2)
    assert (graph.mode, xla.mode) == ("graph", "XLA")
    results = step.measure([xla], rounds=1, steps=2)
    assert [row["mode"] for row in results] == ["XLA", "XLA, loop of 2"]
    for row in results:
        assert 0 < row["seconds_per_step"] <= row["median_seconds_per_step"] < 60
        assert row["first_step_seconds"] > row["seconds_per_step"]


@pytest.mark.slow
def test_two_processes_take_a_step_together():
    config = dataclasses.replace(small.config(""), precision=Precision.FLOAT32)
    variation = scaling.Variation("processes", 2, config, processes=2)
    row = scaling.measure(variation, vocabulary_size=1000, turns=1, steps=2)
    assert row["seconds_per_step"] > 0
    assert "processes" in scaling.table([row])


def test_batches_of_benchmarks_have_no_special_token_inside():
    batch = our_step.batch(4, 16, 1000)
    inside = batch.input_ids_BS[:, 1:-1].numpy()
    assert inside.min() >= len(our_step.SPECIAL_IDS)
    assert batch.input_mask_BS.numpy().all()


def test_the_tasks_are_those_that_finetune_knows():
    found = tasks.read("configs/tasks_es.toml", tasks.TaskRow)
    assert len(found) == 8
    modules = "electra_tf/commands/finetune.py", "electra_tf/finetuning/column_flags.py"
    source = "".join(pathlib.Path(path).read_text() for path in modules)
    for task in found.values():
        for flag in task.flags:
            name = flag.removeprefix("--").partition("=")[0]
            field = name.removeprefix("config.")
            known = hasattr(FinetuneConfig(), field) if field != name else False
            assert known or f'"{name}"' in source, name


def test_a_row_has_each_test_or_dev():
    def result(*splits: str) -> dict:
        scores = {split: {"f1": {"mean": 0.5, "sd": 0.012}} for split in splits}
        return {"scores": scores, "seconds": 90.0, "seeds": [0, 1]}

    both = {"pretrained": result("dev", "test"), "random": result("dev", "test")}
    line = "| NER | f1 | 50.0 ± 1.2 | 50.0 ± 1.2 | 1.5 min |"
    assert tasks.row("NER", "f1", both) == [line]
    both = {"pretrained": result("dev"), "random": result("dev")}
    assert tasks.row("NER", "f1", both) == [line.replace("NER", "NER (dev)")]
    names = ("dev", "test a", "test b")
    both = {"pretrained": result(*names), "random": result(*names)}
    lines = [line.replace("NER", f"NER ({name})") for name in "ab"]
    assert tasks.row("NER", "f1", both) == lines


def test_examples_that_stand_in_train_too_are_said_below_the_table():
    result = {
        "scores": {"dev": {}, "test": {}},
        "shared_with_train": {"dev": 530, "test": 309},
        "examples": {"train": "8323 ab", "dev": "1915 cd", "test": "1517 ef"},
    }
    line = "NER: 309 of 1,517 examples of test are in train too."
    assert tasks.overlap_notes("NER", result) == [line]
    del result["scores"]["test"]
    assert "530 of 1,915 examples of dev" in tasks.overlap_notes("NER", result)[0]


@pytest.mark.parametrize(
    ("content", "message"),
    [("[ner]\ntitle = 3\n", r"\[ner\]: title"), ("[ner\n", "is no TOML")],
)
def test_a_file_of_other_things_is_refused(tmp_path, content, message):
    path = tmp_path / "tasks.toml"
    path.write_text(content)
    with pytest.raises(ValueError, match=message):
        tasks.read(str(path), tasks.TaskRow)


def test_the_changes_are_those_that_pretrain_knows():
    changes = tasks.read("configs/ablations_es.toml", ablations.Change)
    assert len(changes) == 9 and list(tasks.select(changes, ["cased"])) == ["cased"]
    with pytest.raises(ValueError, match="There is no casing: choose among base, str"):
        tasks.select(changes, ["casing"])
    known = fields.flatten(Config())
    for change in changes.values():
        for flag in change.pretrain:
            assert flag.removeprefix("--config.").partition("=")[0] in known


def test_a_row_of_changes_has_means_and_deviations():
    readings = [dict.fromkeys(ablations.METRICS, value) for value in (0.5, 0.6)]
    base, scores = [(79.0, 79.0)], [(80.0, 81.0)]
    cells = " | ".join(["0.5500 ± 0.0707"] * len(ablations.METRICS))
    line = ablations.row("cased", readings, scores, base)
    assert line == f"| cased | {cells} | 80.5 ± 0.7 (+1.5 ± 0.7) |"
    line = ablations.row("none", readings, base, None)
    assert line == f"| none | {cells} | 79.0 ± 0.0 |"


def test_a_signal_is_passed_on_to_what_runs():
    saving = (
        "import os, signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (time.sleep(0.5), os._exit(75)))\n"
        "os.kill(os.getppid(), signal.SIGTERM)\n"
        "time.sleep(60)\n"
    )
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as stopped:
        tasks.run("-c", saving)
    assert stopped.value.code == 75
    assert signal.getsignal(signal.SIGTERM) is before
    tasks.run("-c", "")


def test_the_curves_have_the_lines_they_are_read_against(tmp_path):
    found = [
        {"step": step, "discriminator/trivial_accuracy": 1 - value}
        | dict.fromkeys(curves.PANELS, value)
        for step, value in ((10, 0.5), (20, 0.6))
    ]
    drawn = {panel.title: panel for panel in curves.panels(found)}
    accuracy = drawn["discriminator/accuracy"]
    assert accuracy.points == [(10, 0.5), (20, 0.6)]
    assert accuracy.levels == {"ELECTRICIDAD": 0.94}
    assert accuracy.others == {"all original": [(10, 0.5), (20, 0.4)]}
    assert drawn["discriminator/auc"].levels == {"ELECTRICIDAD": 0.92, "chance": 0.5}
    chart.curves(str(tmp_path / "curves.svg"), list(drawn.values()))
    assert "all original" in (tmp_path / "curves.svg").read_text()


@pytest.fixture
def tree(tmp_path) -> pathlib.Path:
    """A package of three rooms, with a program and a test."""
    body = "\n\n".join(f"line_{i} = {i}" for i in range(12))
    files = {
        "electra_tf/commands/pretrain.py": (
            '"""Two\nlines."""\n\nfrom electra_tf.upper import first\n'
        ),
        "electra_tf/__init__.py": "",
        "electra_tf/base.py": f"{body}\nlast = 0\n",
        "electra_tf/middle.py": f"import electra_tf.base\n# No code.\n{body}\n",
        "electra_tf/upper/__init__.py": '"""A room."""\n',
        "electra_tf/upper/first.py": "from electra_tf.upper.second import x\n",
        "electra_tf/upper/second.py": (
            'def x():\n    """Doc."""\n    from electra_tf import middle\n\n'
            "    return (\n        middle\n    )  # Three lines.\n"
        ),
        "tests/base_test.py": f"{body}\n",
    }
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return tmp_path


def test_what_a_program_reaches_is_counted(tree):
    reach = structure.measure(tree).reached["electra_tf/commands/pretrain.py"]
    assert reach.direct == structure.Size(files=3, lines=4 + 1 + 7, code=1 + 1 + 5)
    # With `middle` and, through it, `base`.
    later = structure.Size(files=5, lines=12 + 25 + 24, code=7 + 13 + 13)
    assert reach.deferred == later


def test_rooms_floors_and_repetitions_are_found(tree):
    found = structure.measure(tree)
    total = 24 + 25 + 1 + 1 + 7 + 4
    assert found.rooms == {
        "middle": 25 / total,
        "base": 24 / total,
        "upper": 9 / total,
        "commands": 4 / total,
        "__init__": 0.0,
    }
    assert found.floors == ["commands", "upper", "middle", "base"]
    assert (found.longest_file, found.longest_file_lines) == (
        "electra_tf/middle.py",
        25,
    )
    places = ("electra_tf/base.py:1", "electra_tf/middle.py:3")
    assert found.repetitions == [structure.Repetition(12, *places)]
