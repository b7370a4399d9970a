"""What tests of fine-tuning start from."""

import json
import pathlib

import numpy as np
import pytest

from tests.interop import models

NOUNS, VERBS = ("niño", "niña", "rojo", "años"), ("tiene", "corre")


@pytest.fixture(scope="module")
def network(tmp_path_factory) -> str:
    """A Hugging Face directory with random weights."""
    return models.huggingface_directory(str(tmp_path_factory.mktemp("network")))


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, str]:
    """Sentences whose label is whether they have a verb, and words tagged by kind."""
    directory = tmp_path_factory.mktemp("files")
    rng = np.random.default_rng(0)
    paths = {}
    for split, number in (("train", 96), ("dev", 32), ("test", 20)):
        rows, lines, qas = ["sentence\tlabel"], [], []
        for _ in range(number):
            words = [str(word) for word in rng.choice(NOUNS, 3)]
            has_verb = bool(rng.integers(2))
            if has_verb:
                words[int(rng.integers(3))] = str(rng.choice(VERBS))
            rows.append(f"{' '.join(words)}\t{'verb' if has_verb else 'none'}")
            lines += [f"{word} {'V' if word in VERBS else 'N'}" for word in words]
            lines.append("")
            verbs = [word for word in words if word in VERBS]
            answers = [
                {"text": verb, "answer_start": " ".join(words).find(verb)}
                for verb in verbs
            ]
            qa = {"id": str(len(rows)), "question": "el", "answers": answers}
            qas.append({"context": " ".join(words), "qas": [qa]})
        paths[split] = str(directory / f"{split}.tsv")
        pathlib.Path(paths[split]).write_text("\n".join(rows))
        paths[f"{split} words"] = str(directory / f"{split}.txt")
        pathlib.Path(paths[f"{split} words"]).write_text("\n".join(lines))
        paths[f"{split} questions"] = str(directory / f"{split}.json")
        squad = json.dumps({"data": [{"paragraphs": qas}]})
        pathlib.Path(paths[f"{split} questions"]).write_text(squad)
    return paths
