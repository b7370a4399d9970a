"""Texts for builds, and what they made."""

import hashlib
import pathlib
import random

WORDS = [
    "el",
    "la",
    "zorro",
    "rojo",
    "roja",
    "muy",
    "ser",
    "casa",
    "año",
    "niña",
    "corre",
    "salta",
    "dice",
    "que",
    "de",
    "y",
]


def documents(count: int, seed: int = 0) -> list[list[str]]:
    generator = random.Random(seed)
    return [
        [
            " ".join(generator.choices(WORDS, k=generator.randint(1, 40))) + "."
            for _ in range(generator.randint(1, 30))
        ]
        for _ in range(count)
    ]


def write_corpus(path: pathlib.Path, texts: list[list[str]]) -> str:
    path.write_text("\n\n".join("\n".join(lines) for lines in texts))
    return str(path)


def files(directory: str) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in pathlib.Path(directory).iterdir()
    }
