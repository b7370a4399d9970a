"""Selects the recorded values of the reference implementation that the tests need.

python -m tests.golden.make_golden DIRECTORY

DIRECTORY holds golden_reference.npz and golden_reference_b.npz: activations, losses,
gradients and steps that google-research/electra (commit 8a46635, TensorFlow 2.15.1,
float32) computed on small random weights, with masks and samples fixed. Case A has no
projection in the generator; case B has one, and a position masked twice.

Writes reference_a.npz and reference_b.npz beside this file. The arrays of a case are
stored end to end, by dtype, with an index of names and shapes: a zip entry for each
would take half of the space.
"""

import json
import pathlib
import sys

import numpy as np

HERE = pathlib.Path(__file__).parent
BOTH = ("var/", "in/", "gen/", "disc/", "loss/", "grad_global_norm", "grad/electra/emb")
CASE_A = (
    *("grad/", "weight_decay_names", "no_weight_decay_names"),
    *("train/learning_rate", "train/total_loss", "train/grad_global_norm"),
    *("train/after_5/", "opt/", "helper/scatter", "helper/mask"),
)
CASE_B = ("grad/generator", "grad/electra/embeddings_project", "grad/disc")
"""The discriminator's layers are the same code in both cases."""


def save(source: pathlib.Path, target: pathlib.Path, prefixes: tuple) -> None:
    """Copies the arrays whose names begin with one of the prefixes."""
    index, parts = {}, {"float32": [], "int32": []}
    with np.load(source) as arrays:
        for name in arrays:
            if not name.startswith(prefixes):
                continue
            array = arrays[name]
            if array.dtype.kind == "U":
                index[name] = array.tolist()
                continue
            dtype = "int32" if array.dtype.kind == "i" else "float32"
            index[name] = {"dtype": dtype, "shape": array.shape}
            parts[dtype].append(array.astype(dtype).ravel())
    vectors = {dtype: np.concatenate(arrays) for dtype, arrays in parts.items()}
    np.savez_compressed(target, index=np.array(json.dumps(index)), **vectors)
    print(f"{target}: {len(index)} arrays, {target.stat().st_size:,} bytes")


def load(case: str) -> dict[str, np.ndarray]:
    """The arrays of case "a" or "b" by name."""
    with np.load(HERE / f"reference_{case}.npz") as file:
        index = json.loads(str(file["index"]))
        vectors = {dtype: file[dtype] for dtype in ("float32", "int32")}
    arrays, position = {}, {"float32": 0, "int32": 0}
    for name, entry in index.items():
        if isinstance(entry, list):
            arrays[name] = np.array(entry)
            continue
        dtype, shape = entry["dtype"], entry["shape"]
        start = position[dtype]
        position[dtype] += int(np.prod(shape))
        arrays[name] = vectors[dtype][start : position[dtype]].reshape(shape)
    return arrays


def main() -> None:
    """Selects from both cases."""
    source = pathlib.Path(sys.argv[1])
    save(source / "golden_reference.npz", HERE / "reference_a.npz", BOTH + CASE_A)
    save(source / "golden_reference_b.npz", HERE / "reference_b.npz", BOTH + CASE_B)


if __name__ == "__main__":
    main()
