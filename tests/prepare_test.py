"""The command line: a corpus in, a data directory out; or one clear line."""

from electra_tf.data.manifest import Manifest
from tests import commands


def test_the_embedded_corpus_becomes_a_data_directory(tmp_path):
    output = tmp_path / "data"
    flags = ["--corpus=sample", "--sample_megabytes=1", "--vocab_size=500"]
    done = commands.run("prepare", *flags, f"--output={output}", "--num_workers=1")
    assert done.returncode == 0, done.stderr
    assert "100.0% in an example" in done.stdout
    assert f"--config.data.directory={output}" in done.stdout
    manifest = Manifest.load(str(output))
    assert manifest.examples("train") > 1000 and manifest.examples("valid") > 0
    assert manifest.unreachable_pieces == 0
    assert "--corpus=sample" in manifest.command

    adopted = tmp_path / "adopted"
    refused = commands.run(
        "prepare",
        f"--adopt_train={output}/train-*",
        f"--vocab={output}/vocab.txt",
        f"--output={adopted}",
    )
    assert refused.returncode == 1 and "input_mask" in refused.stderr
    assert not adopted.exists()


def test_a_user_s_error_is_one_line_without_a_traceback(tmp_path):
    failed = commands.run(
        "prepare", f"--corpus={tmp_path}/*.gz", f"--output={tmp_path}/data"
    )
    assert failed.returncode == 1
    errors = [line for line in failed.stderr.splitlines() if line.startswith("error:")]
    assert len(errors) == 1 and "No file matches" in errors[0]
    assert "Traceback" not in failed.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_rule_is_one_line_too(tmp_path):
    output = f"--output={tmp_path / 'data'}"
    failed = commands.run("prepare", "--corpus=sample", output, "--config.nothing=3")
    assert failed.returncode == 1
    assert "error: --config has no field 'nothing'. The fields are: " in failed.stderr
