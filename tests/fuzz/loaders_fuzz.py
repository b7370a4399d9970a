"""Searches, guided by coverage, for files that crash the loaders.

python -m tests.fuzz.loaders_fuzz PROPERTY DIRECTORY -max_total_time=600
python -m tests.fuzz.loaders_fuzz PROPERTY DIRECTORY/crash-...

PROPERTY is a test of loaders_test.py, such as `test_a_manifest`: inputs choose what its
strategies draw. What doesn't end in a value or in a ValueError that names the file is a
finding. Options are libFuzzer's.
"""

import pathlib
import sys

import atheris

with atheris.instrument_imports(
    include=["electra_tf", "tests.fuzz.loaders_test", "safetensors"]
):
    from tests.fuzz import loaders_test

if __name__ == "__main__":
    name = sys.argv.pop(1)
    place = pathlib.Path(sys.argv[1])
    directory = place.parent if place.is_file() else place
    directory.mkdir(parents=True, exist_ok=True)
    arguments = [*sys.argv, f"-artifact_prefix={directory}/", "-max_len=4096"]
    prop = getattr(loaders_test, name)
    atheris.Setup(arguments, prop.hypothesis.fuzz_one_input)
    atheris.Fuzz()
