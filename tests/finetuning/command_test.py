"""finetune.py as a person calls it."""

import json
import os
import signal

import pytest

from tests import commands


@pytest.mark.slow
def test_the_command_line_gives_scores_and_refuses_what_is_wrong(
    network, files, tmp_path
):
    output = tmp_path / "out"
    flags = [
        f"--model={network}",
        "--task=classification",
        f"--train={files['train']}",
        f"--dev={files['dev']}",
        f"--output={output}",
    ]
    done = commands.run("finetune", *flags, "--config.num_epoch=1")
    assert done.returncode == 1
    assert "no field 'num_epoch'. Did you mean config.num_epochs?" in done.stderr
    done = commands.run("finetune", *flags, "--config.max_seq_length=13")
    assert done.returncode == 1
    assert "max_seq_length=13 must lie in [4, 12], the positions" in done.stderr
    assert not output.exists()
    short = ["--config.max_seq_length=12", "--config.num_epochs=1", "--seeds=0,5"]
    done = commands.run("finetune", *flags, *short)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Classification, 2 seeds" in done.stdout and " ± " in done.stdout
    assert f"Scores and predictions are in {output}." in done.stdout
    assert (output / "seed-5/result.json").exists()
    done = commands.run("finetune", *flags, *short, "--label_column=none")
    assert done.returncode == 1
    assert "no column 'none'; it has sentence, label" in done.stderr


@pytest.mark.slow
def test_a_batch_system_s_warning_ends_a_run_in_order(network, files, tmp_path):
    output, errors = tmp_path / "out", tmp_path / "stderr"
    process = commands.start(
        "finetune",
        f"--model={network}",
        "--task=classification",
        f"--train={files['train']}",
        f"--dev={files['dev']}",
        "--config.max_seq_length=12",
        "--config.num_epochs=10000",
        f"--output={output}",
        stdout=str(tmp_path / "stdout"),
        stderr=str(errors),
    )
    commands.wait_for(output / "seed-0/metrics.jsonl", process, errors)
    os.kill(process.pid, signal.SIGUSR1)
    process.join(120)
    assert process.exitcode == 75, errors.read_text()[-3000:]
    assert "Stopped by SIGUSR1. To resume:" in (tmp_path / "stdout").read_text()
    assert list((output / "seed-0/checkpoints").glob("step-*.index"))


@pytest.fixture(scope="module")
def others(tmp_path_factory) -> dict[str, str]:
    """A training file of each task other than classification."""
    directory = tmp_path_factory.mktemp("others")
    row, numbers = "\t".join(["_"] * 6), range(30)
    answer = {"text": "niño", "answer_start": 0}
    contents = {
        "ner.txt": "\n".join(
            f"el DA O\nniño NC B-PER\nx{i} AQ I-PER\n" for i in numbers
        ),
        "tagging.conllu": "\n".join(
            f"1\tel\t_\tDET\t{row}\n2\tx{i}\t_\tNOUN\t{row}\n" for i in numbers
        ),
        "regression.jsonl": "\n".join(
            json.dumps({"a": f"el {i}", "b": f"la {i}", "score": i % 4})
            for i in numbers
        ),
        "qa.json": json.dumps(
            {
                "data": [
                    {"title": str(i), "paragraphs": [{"context": f"niño {i}", "qas": [
                        {"id": str(i), "question": "la", "answers": [answer]}
                    ]}]}
                    for i in numbers
                ]
            }
        ),
    }  # fmt: skip
    for name, content in contents.items():
        (directory / name).write_text(content)
    return {name.partition(".")[0]: str(directory / name) for name in contents}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "more", "score"),
    [
        ("ner", [], "entity_f1"),
        ("tagging", ["--metric=macro_f1"], "macro_f1"),
        (
            "regression",
            ["--text_column=a", "--second_text_column=b", "--label_column=score"],
            "spearman",
        ),
        ("qa", ["--folds=3", "--max_folds=1"], "exact_match"),
    ],
)
def test_each_task_has_its_scores_by_command(
    network, others, tmp_path, task, more, score
):
    done = commands.run(
        "finetune",
        f"--model={network}",
        f"--task={task}",
        f"--train={others[task]}",
        f"--output={tmp_path}",
        "--formats=",
        "--config.max_seq_length=12",
        "--config.num_epochs=1",
        *more,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert score in done.stdout
    found = json.loads((tmp_path / "results.json").read_text())
    assert score in found["scores"]["dev"]
