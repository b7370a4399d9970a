"""Measures the memory of a fine-tuning with many labels.

python -m tests.chaos.labels --labels=10000
"""

import argparse
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

from electra_tf.interop import huggingface, huggingface_tokenizer
from electra_tf.text.vocabulary import TextRules
from tests.interop import models

ROOT = pathlib.Path(__file__).parents[2]
WORDS = models.WORDS.split()[:9]


def write(path: pathlib.Path, labels: int, examples: int, seed: int) -> str:
    """Writes a table of short texts, and returns its path."""
    rng = random.Random(seed)
    rows = [
        f"{' '.join(rng.choices(WORDS, k=5))} {i}\tlabel {i % labels}"
        for i in range(examples)
    ]
    path.write_text("sentence\tlabel\n" + "\n".join(rows))
    return str(path)


def main(labels: int) -> tuple[float, float]:
    """Fine-tunes for an epoch; prints and returns peak gigabytes and seconds."""
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        network = str(directory / "network")
        os.mkdir(network)
        huggingface.write(network, models.random_model(), "discriminator", 0)
        huggingface_tokenizer.write(
            network, models.VOCABULARY, TextRules(), models.LENGTH
        )
        start = time.monotonic()
        process = subprocess.Popen(
            [
                sys.executable,
                "finetune.py",
                f"--model={network}",
                "--task=classification",
                f"--train={write(directory / 'train.tsv', labels, 2 * labels, 0)}",
                f"--dev={write(directory / 'dev.tsv', labels, labels, 1)}",
                f"--config.max_seq_length={models.LENGTH}",
                "--config.num_epochs=1",
                "--config.batch_size=128",
                "--formats=",
                f"--output={directory / 'out'}",
            ],
            cwd=ROOT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
        assert os.waitstatus_to_exitcode(status) == 0
        events = sum(
            path.stat().st_size for path in directory.glob("out/seed-0/eval/*")
        )
    gigabytes = usage.ru_maxrss * 1024 / 1e9
    print(
        f"{labels:,} labels: {gigabytes:.2f} GB at most, {seconds:.0f} s, event file "
        f"of dev {events:,} bytes"
    )
    return gigabytes, seconds


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labels", type=int, default=10_000)
    main(parser.parse_args().labels)
