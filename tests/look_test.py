"""The command line of look.py: tables for a person, numbers as JSON, one error line."""

import functools
import json

from tests import commands, small

look = functools.partial(commands.run, "look")


def test_shards_become_tables_and_numbers(tmp_path):
    data = small.write(tmp_path / "data", train_shards=2, per_shard=24)
    output = tmp_path / "new" / "look.json"
    flags = [f"--data={data}", "--examples=3", f"--output={output}"]
    done = look(*flags, "--masked", "--seed=1")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Example ") == 3
    assert "[MASK]" in done.stdout
    assert f"train in {data}: 48 of 48 examples counted" in done.stdout
    numbers = json.loads(output.read_text())
    assert numbers["examples"] == sum(numbers["length_counts"].values()) == 48
    assert numbers["tokens_per_word"] == 1
    assert numbers["two_segments"] == 0

    plain = look(*flags, "--split=valid", "--examples_to_count=10")
    assert plain.returncode == 0, plain.stderr
    assert "[MASK]" not in plain.stdout
    assert f"valid in {data}: 10 of 24 examples counted" in plain.stdout


def test_two_vocabularies_become_a_table(tmp_path):
    paths = [str(tmp_path / name) for name in ("a.txt", "b.txt")]
    for path in paths:
        small.vocabulary().save(path)
    output = tmp_path / "numbers.json"
    (tmp_path / "text").write_text("w1 W2 w99\n")
    compare = [f"--compare={','.join(paths)}", f"--text={tmp_path}/text"]
    done = look(*compare, f"--output={output}", "--nolowercase")
    assert done.returncode == 0, done.stderr
    assert "No word is cut differently." in done.stdout
    numbers = json.loads(output.read_text())
    assert [counts["unknown"] for counts in numbers["vocabularies"]] == [2 / 3, 2 / 3]
    assert numbers["text_rules"]["lowercase"] is False


def test_an_error_is_one_line_that_names_the_cure(tmp_path):
    for flags, message in (
        ([], "Give one of --data and --compare"),
        (["--compare=a.txt,b.txt"], "--compare needs the --text"),
        ([f"--data={tmp_path}/none"], "doesn't exist"),
    ):
        failed = look(*flags)
        assert failed.returncode == 1
        assert message in failed.stderr
        assert "Traceback" not in failed.stderr
