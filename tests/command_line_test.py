"""From text to marked words through the commands that the README gives."""

import json
import pathlib

import pytest

from electra_tf.corpus import documents
from electra_tf.finetuning import exports, tasks
from electra_tf.interop import export
from tests import commands, small

TINY = [
    "--config=configs/mini.py",
    "--config.model.hidden_size=32",
    "--config.model.num_layers=2",
    "--config.model.intermediate_size=64",
    "--config.model.embedding_size=32",
    "--config.data.max_seq_length=32",
    "--config.data.global_batch_size=16",
    "--config.warmup_steps=2",
    "--config.steps_per_loop=5",
    "--config.log_every=5",
    "--config.eval_every=10",
    "--config.checkpoint_every=10",
]


def run(script: str, *flags: str) -> str:
    """Runs an entry point and returns what it printed."""
    result = commands.run(script, *flags)
    assert result.returncode == 0, result.stderr[-3000:]
    return result.stdout


@pytest.mark.slow
def test_text_becomes_a_model_that_marks_words(tmp_path: pathlib.Path):
    data, workdir = str(tmp_path / "data"), str(tmp_path / "run")
    output = str(tmp_path / "export")
    prepared = run(
        "prepare",
        f"--corpus={small.text(tmp_path / 'text')}",
        "--vocab_size=700",
        "--max_seq_length=32",
        "--valid_fraction=0.05",
        "--num_workers=1",
        f"--output={data}",
    )
    assert f"--config.data.directory={data}" in prepared
    assert "--config.data.max_seq_length=32" in prepared

    command = [*TINY, f"--config.data.directory={data}", f"--workdir={workdir}"]
    trained = run("pretrain", *command, "--config.num_train_steps=20")
    assert "Trained to step 20" in trained
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [5, 10, 10, 15, 20, 20]
    # A finished run is left as it is.
    assert "Trained to step 20" in run(
        "pretrain", *command, "--config.num_train_steps=20"
    )
    assert (tmp_path / "run" / "metrics.jsonl").read_text().splitlines() == lines

    table = run("evaluate", f"--workdir={workdir}", f"--output={tmp_path}/eval.json")
    metrics = json.loads((tmp_path / "eval.json").read_text())
    assert metrics["step"] == 20
    assert metrics["loss/generator"] > 0
    assert "discriminator/auc" in table

    run("export", f"--workdir={workdir}", f"--output={output}")
    card = run(
        "demo", f"--model={output}/saved_model", "--text=el zorro rojo es muy ser"
    )
    tokens, replaced, probability = card.splitlines()[:3]
    assert tokens.split()[0] == "el"
    assert len(replaced.split()) == len(probability.split()) == len(tokens.split())


def test_flags_offer_all_tasks_and_formats():
    def shown(program: str) -> str:
        return " ".join(commands.run(program, "--helpfull").stdout.split())

    assert f"--task: <{'|'.join(tasks.TASKS)}>" in shown("finetune")
    assert f"(default: '{','.join(exports.FORMATS)}')" in shown("finetune")
    assert f"--format: <{'|'.join(documents.FORMATS)}>" in shown("prepare")
    help_text = shown("export")
    assert all(
        f"{name} ({row.summary})" in help_text for name, row in export.FORMATS.items()
    )
