"""Whatever a file holds, it is read correctly, or a ValueError names the file.

loaders_fuzz.py searches the same properties guided by coverage.
"""

import copy
import json
import pathlib
import tempfile
from typing import Any

import hypothesis
import pytest
import tensorflow as tf
from hypothesis import strategies as st

from electra_tf import files, validation
from electra_tf.config import Config
from electra_tf.interop import huggingface, huggingface_tokenizer, initial_weights
from electra_tf.shards import damage, pipeline, record_writer, records
from electra_tf.shards.manifest import Manifest
from electra_tf.text.vocabulary import TextRules
from tests import small
from tests.interop import models

_TEMPORARY = tempfile.TemporaryDirectory()
DIRECTORY = pathlib.Path(_TEMPORARY.name)
SHARD = "valid-00000.tfrecord"
RULES = TextRules()

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-1, 64)
    | st.floats()
    | st.text(max_size=8)
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
several = hypothesis.settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """A file that is whole, truncated, or overwritten in one place."""
    start = draw(st.integers(0, len(content)))
    way = draw(st.sampled_from(["whole", "cut", "overwritten", "inserted"]))
    if way == "whole":
        return content
    if way == "cut":
        return content[:start]
    other = draw(st.binary(min_size=1, max_size=16))
    end = start + len(other) * (way == "overwritten")
    return content[:start] + other + content[end:]


@st.composite
def edited(draw: st.DrawFn, document: dict[str, Any]) -> bytes:
    """A JSON document in which some values are changed, missing or added."""
    document = copy.deepcopy(document)
    for _ in range(draw(st.integers(0, 3))):
        place: Any = document
        while True:
            keys = list(place) if isinstance(place, dict) else range(len(place))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            inner = place[key]
            if isinstance(inner, dict | list) and draw(st.booleans()):
                place = inner
                continue
            if draw(st.booleans()):
                place[key] = draw(VALUES)
            else:
                del place[key]
            break
        if isinstance(place, dict) and draw(st.booleans()):
            place[draw(st.text(max_size=5))] = draw(VALUES)
    return json.dumps(document).encode()


def json_files(document: dict[str, Any]) -> st.SearchStrategy[bytes]:
    """JSON files that are whole but edited, or damaged."""
    whole = json.dumps(document, indent=2).encode()
    return edited(document) | damaged(whole) | st.binary(max_size=64)


def saved_manifest() -> dict[str, Any]:
    path = DIRECTORY / "data"
    if not path.exists():
        small.write(path, train_shards=1, per_shard=8)
    return json.loads((path / "manifest.json").read_text())


@several
@hypothesis.given(json_files(saved_manifest()))
def test_a_manifest(content: bytes):
    path = DIRECTORY / "manifest.json"
    path.write_bytes(content)
    try:
        manifest = Manifest.load(str(DIRECTORY))
    except ValueError as error:
        assert str(path) in str(error)
        return
    manifest.save(str(DIRECTORY))
    # As text: what is not a number is not equal to itself.
    assert repr(Manifest.load(str(DIRECTORY))) == repr(manifest)


@several
@hypothesis.given(json_files(json.loads(Config().to_json())))
def test_a_configuration(content: bytes):
    path = DIRECTORY / "run.json"
    path.write_bytes(content)
    try:
        config = files.read_json(str(path), Config)
    except ValueError as error:
        assert str(path) in str(error)
        return
    path.write_text(config.to_json())
    assert repr(files.read_json(str(path), Config)) == repr(config)
    try:
        validation.validate(config)
    except ValueError as error:
        assert str(error).startswith("config: "), error
        return
    # What follows from a valid run can be computed.
    assert config.phases[-1].end == config.num_train_steps
    assert config.max_predictions > 0


class _Network:
    """A Hugging Face directory of a discriminator, and the model that it fits."""

    def __init__(self):
        self.directory = DIRECTORY / "network"
        self.directory.mkdir()
        self.model = models.random_model()
        huggingface.write(str(self.directory), self.model, "discriminator", 0)
        huggingface_tokenizer.write(
            str(self.directory), models.VOCABULARY, RULES, models.LENGTH
        )
        self.whole = {path.name: path.read_bytes() for path in self.directory.iterdir()}

    def load(self, name: str, content: bytes) -> None:
        """Loads the model with other content in one of its files."""
        for other, whole in self.whole.items():
            (self.directory / other).write_bytes(whole)
        (self.directory / name).write_bytes(content)
        before = [variable.numpy() for variable in self.model.variables[:2]]
        try:
            initial_weights.give(
                self.model, str(self.directory), models.VOCABULARY, RULES
            )
        except ValueError as error:
            assert str(self.directory) in str(error)
            after = [variable.numpy() for variable in self.model.variables[:2]]
            assert all((a == b).all() for a, b in zip(before, after, strict=True))


NETWORK = _Network()


@several
@hypothesis.given(json_files(json.loads(NETWORK.whole["config.json"])))
def test_a_configuration_of_hugging_face(content: bytes):
    NETWORK.load("config.json", content)


@several
@hypothesis.given(json_files(json.loads(NETWORK.whole["tokenizer_config.json"])))
def test_a_tokenizer_configuration_of_hugging_face(content: bytes):
    NETWORK.load("tokenizer_config.json", content)


def _parts(content: bytes) -> tuple[dict[str, Any], bytes]:
    end = 8 + int.from_bytes(content[:8], "little")
    return json.loads(content[8:end]), content[end:]


HEADER, TENSORS = _parts(NETWORK.whole["model.safetensors"])


@st.composite
def safetensors_files(draw: st.DrawFn) -> bytes:
    """A file with an edited header, a right or wrong length, and any tensors."""
    header = draw(edited(HEADER))
    size = len(header) + draw(st.just(0) | st.integers(-8, 8) | st.integers(0, 2**63))
    tensors = TENSORS[: draw(st.just(len(TENSORS)) | st.integers(0, len(TENSORS)))]
    return (size % 2**64).to_bytes(8, "little") + header + tensors


@several
@hypothesis.given(
    safetensors_files()
    | damaged(NETWORK.whole["model.safetensors"])
    | st.binary(max_size=64)
)
def test_tensors_of_hugging_face(content: bytes):
    NETWORK.load("model.safetensors", content)


VALID = (DIRECTORY / "data" / SHARD).read_bytes()


@st.composite
def shard_files(draw: st.DrawFn) -> bytes:
    """Records with correct checksums, which need not be examples."""
    example = tf.train.Example()
    for name in draw(st.sets(st.sampled_from(["input_ids", "first_segment_length"]))):
        feature = example.features.feature[name]
        values = st.lists(st.integers(-(2**63), 2**63 - 1), max_size=20)
        if draw(st.booleans()):
            feature.int64_list.value.extend(draw(values))
        else:
            feature.bytes_list.value.append(draw(st.binary(max_size=4)))
    some = st.binary(max_size=24) | st.just(example.SerializeToString())
    return record_writer.frame(draw(st.lists(some, min_size=1, max_size=3)))


DATASET = pipeline.eval_dataset(
    Manifest.load(str(DIRECTORY / "data")), str(DIRECTORY / "data"), "valid", 4
)
"""Made once, for tracing takes longer than reading; opens the file each time."""


@hypothesis.settings(several, max_examples=50)
@hypothesis.given(damaged(VALID) | shard_files() | st.binary(max_size=64))
def test_a_shard(content: bytes):
    directory = DIRECTORY / "data"
    (directory / SHARD).write_bytes(content)
    manifest = Manifest.load(str(directory))
    (shard,) = manifest.split("valid")
    # What can be read of a damaged shard is what stands before the damage.
    left = damage.readable_records(str(directory), shard)
    assert left <= max(shard.examples, len(content) // record_writer.FRAME_BYTES)
    try:
        batches = list(DATASET)
    except records.UNREADABLE as error:
        with pytest.raises(ValueError, match=SHARD):
            damage.explain(manifest, str(directory), ["valid"], error)
        return
    for batch in batches:
        assert batch.input_ids_BS.shape == (4, small.LENGTH)
