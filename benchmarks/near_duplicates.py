"""Measures recall and precision of the search for near-duplicates.

python -m benchmarks.near_duplicates --corpus='oscar/es_part_1.txt.gz'

Real documents, cut to the sizes of web pages, are copied with a share of their words
replaced, removed or doubled; copies, originals and twice as many other documents are
then searched as a build searches them. A predicted pair
is a false positive if its true similarity, that of the sets of trigrams, is below the
threshold by more than the error of an estimate.
"""

import itertools
import random
import re
import time

import numpy as np
from absl import flags

from benchmarks import processes
from electra_tf import cli, files
from electra_tf.console import aligned
from electra_tf.corpus import documents, formats, minhash
from electra_tf.corpus.minhash import PERMUTATIONS, WORDS
from electra_tf.quantities import ratio

_FLAGS = flags.FLAGS

EDITS = (0.0, 0.05, 0.1, 0.2)
"""Share of the words of a copy that are edited."""
SIZES = (50, 200, 1000)
"""Approximate number of words in a document."""
ERROR = 3 * 0.5 / PERMUTATIONS**0.5
"""Three standard deviations of an estimated similarity, at most."""


def main(_) -> None:
    """Measures all sizes and thresholds."""
    rows, numbers = [], []
    for size in SIZES:
        documents = pieces(_FLAGS.corpus, size, 3 * _FLAGS.documents)
        for threshold in map(float, _FLAGS.thresholds):
            found, _ = processes.alone(search, documents, threshold)
            numbers.append({"words": size, "threshold": threshold, **found})
            recalls = [f"{found[f'recall at {edit}']:.1%}" for edit in EDITS]
            rows.append(
                (
                    f"{size} words, threshold {threshold}",
                    *recalls,
                    f"{found['precision']:.2%}",
                    f"{found['genuine']:.0f}",
                    f"{found['megabytes_per_second']:.0f}",
                )
            )
    true = (
        f"{np.mean([found[f'similarity at {edit}'] for found in numbers]):.2f}"
        for edit in EDITS
    )
    header = ("recall of copies with", *(f"{edit:.0%} edited" for edit in EDITS))
    print(
        aligned(
            [
                (*header, "precision", "in the corpus", "MB/s"),
                ("true similarity, mean", *true, "", "", ""),
                *rows,
            ],
            "lr",
        )
    )
    if _FLAGS.output:
        files.write_json(_FLAGS.output, numbers)


def pieces(patterns: str, size: int, count: int) -> list[list[str]]:
    """Cuts documents of about `size` words, at line ends where there are any."""
    made: list[list[str]] = []
    for source in documents.expand(patterns):
        for block in source.blocks():
            for document in formats.read(block)[0]:
                words = "\n".join(document.lines).split(" ")
                for start in range(0, len(words) - size // 2, size):
                    text = " ".join(words[start : start + size])
                    made.append([line for line in text.split("\n") if line.strip()])
            if len(made) > 20 * count:  # So that they are of many documents.
                return random.Random(0).sample(made, count)
    return random.Random(0).sample(made, min(count, len(made)))


def search(documents: list[list[str]], threshold: float) -> dict[str, float]:
    """Adds edited copies of a third of the documents, and searches among all."""
    generator = random.Random(1)
    vocabulary = [
        word for lines in documents for line in lines for word in line.split()
    ]
    shares = list(itertools.islice(itertools.cycle(EDITS), len(documents) // 3))
    copies = [
        edited(lines, share, vocabulary, generator)
        for lines, share in zip(documents, shares, strict=False)
    ]
    everything = documents + copies
    start = time.process_time()
    # A thousand at a time, about as in the blocks of a build.
    chunks = [everything[i : i + 1000] for i in range(0, len(everything), 1000)]
    signatures_DP = np.concatenate([minhash.signatures(chunk) for chunk in chunks])
    bands_DB = minhash.bands(signatures_DP)
    seconds = time.process_time() - start

    orders_D = np.arange(len(everything)).repeat(bands_DB.shape[1])
    later, earlier = minhash.pairs(bands_DB.ravel(), orders_D)
    near = minhash.similarity(signatures_DP[later], signatures_DP[earlier]) >= threshold
    best: dict[int, float] = {}
    """True similarity of each dropped document with the most similar earlier one."""
    for one, other in {*zip(later[near].tolist(), earlier[near].tolist(), strict=True)}:
        similarity = jaccard(everything[one], everything[other])
        best[one] = max(best.get(one, 0.0), similarity)
    false = sum(similarity < threshold - ERROR for similarity in best.values())
    found = {
        "precision": 1 - ratio(false, len(best)),
        "genuine": float(sum(number < len(documents) for number in best)),
        "megabytes_per_second": _megabytes(everything) / seconds,
    }
    for edit in EDITS:
        planted = [number for number, share in enumerate(shares) if share == edit]
        found[f"recall at {edit}"] = float(
            np.mean([len(documents) + number in best for number in planted])
        )
        found[f"similarity at {edit}"] = float(
            np.mean([jaccard(documents[n], copies[n]) for n in planted])
        )
    return found


def edited(
    lines: list[str], share: float, vocabulary: list[str], generator: random.Random
) -> list[str]:
    """Copies lines, with a share of the words replaced, removed or doubled."""
    copy = []
    for line in lines:
        words = []
        for word in line.split():
            choices = [[word]]
            if generator.random() < share:
                choices = [[generator.choice(vocabulary)], [], [word, word]]
            words += generator.choice(choices)
        copy.append(" ".join(words))
    return copy


def jaccard(a: list[str], b: list[str]) -> float:
    """Jaccard similarity of the sets of trigrams of two documents."""
    trigrams = []
    for lines in (a, b):
        words = re.findall(r"\w+", "\n".join(lines).lower())
        padded = [*words, *[""] * (WORDS - 1)]
        trigrams.append({tuple(padded[i : i + WORDS]) for i in range(len(words))})
    return ratio(len(trigrams[0] & trigrams[1]), len(trigrams[0] | trigrams[1]))


def _megabytes(documents: list[list[str]]) -> float:
    return sum(len("\n".join(lines).encode()) for lines in documents) / 1e6


if __name__ == "__main__":
    # Not at the top, because a test imports the functions of several benchmarks.
    flags.DEFINE_string("corpus", None, "Globs of text files.", required=True)
    flags.DEFINE_list("thresholds", ["0.4", "0.5", "0.6", "0.7"], "Thresholds.")
    flags.DEFINE_integer(
        "documents", 2000, "Number of originals per size.", lower_bound=1
    )
    flags.DEFINE_string("output", "", "JSON file to write the numbers to.")
    cli.run(main)
